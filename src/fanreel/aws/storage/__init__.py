"""What lies in the bucket, and how it gets there and back: all that workers need of AWS."""
