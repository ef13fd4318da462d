"""Cloud Storage, as `fanreel.storage` asks for it: all that workers need of Google Cloud."""
