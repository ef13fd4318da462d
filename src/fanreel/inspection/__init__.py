"""What a composition is found to be before any frame of it is rendered."""
