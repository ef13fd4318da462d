"""fanreel on Google Cloud: Cloud Run renders, Workflows orders it, Cloud Storage keeps it."""
