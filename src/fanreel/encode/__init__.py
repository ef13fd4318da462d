"""Formats as a table; frames to segments; segments to a chunk. Only `formats` is free of libav."""
