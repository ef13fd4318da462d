"""Frames to segments, segments to a chunk, chunks to a file. Only `encoders` is free of libav."""
