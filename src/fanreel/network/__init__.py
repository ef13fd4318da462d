"""What a page can reach: its own origin, and outside responses, recorded and replayed."""
