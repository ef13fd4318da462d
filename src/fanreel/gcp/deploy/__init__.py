"""What is deployed on Google Cloud, by Terraform."""
