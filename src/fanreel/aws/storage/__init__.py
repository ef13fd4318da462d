"""S3, as `fanreel.storage` asks for it, and who acts there: all that workers need of AWS."""
