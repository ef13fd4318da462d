"""A project's pages as text: what they declare and name, at which line; no browser."""
