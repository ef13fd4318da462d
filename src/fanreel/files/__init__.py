"""Projects, plans and temporary directories on disk, and files that appear whole or not at all."""
