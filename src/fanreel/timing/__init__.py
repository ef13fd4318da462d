"""Exact time: frame rates, frames and seconds, the ways of speed ramps; no I/O."""
