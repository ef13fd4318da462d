"""The same render on AWS: the only part of fanreel that knows boto3. Nothing is loaded here."""
