"""What a composition gets wrong, and how each kind of it is mended."""
