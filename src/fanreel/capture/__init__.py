"""One browser and its frames: where it is, how it starts, what it shows."""
