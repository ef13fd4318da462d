"""What a machine has of what fanreel needs, and how it gets the rest."""
