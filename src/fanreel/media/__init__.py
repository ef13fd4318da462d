"""Probe media, read source frames in presentation order, mix the sound track."""
