"""The Lambda function: an event becomes one of the three steps, between S3 and a scratch disk."""
