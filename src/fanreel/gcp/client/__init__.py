"""Renders on Google Cloud: started, watched, fetched, removed."""
