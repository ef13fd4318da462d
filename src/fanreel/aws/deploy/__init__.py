"""The stack: deployed, removed, and the rights that takes."""
