"""What a configuration is made of: its fields' types, and what is said of wrong ones."""
