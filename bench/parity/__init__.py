"""Every composition of the tests, rendered by fanreel and by the reference renderer."""
