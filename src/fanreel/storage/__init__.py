"""What lies in a bucket, and how it gets there and back, whichever cloud the bucket is in."""
