"""What renders on Google Cloud cost."""
