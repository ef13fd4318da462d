"""What the labs of both clouds stand on."""

from tests.aws.conftest import s3_endpoint
from tests.gcp.conftest import storage_service

__all__ = ["s3_endpoint", "storage_service"]
