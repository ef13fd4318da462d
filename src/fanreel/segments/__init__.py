"""Segments: how one is rendered, where it is kept, and the loop over them."""
