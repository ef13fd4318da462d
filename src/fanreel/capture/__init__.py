"""A composition in a browser: opened, put to any frame, and its picture taken."""
