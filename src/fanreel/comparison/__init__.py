"""Two videos, or two projects, frame beside frame: how far apart they are, and where."""
