"""What only the Lambda image holds: a check of itself."""
