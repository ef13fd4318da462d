"""Renders on a deployed stack: started, watched, fetched, removed."""
