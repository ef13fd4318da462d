"""Cloud Storage on loopback."""

import gc
import uuid
import warnings
from collections.abc import Iterator

import pytest
from google.auth.credentials import AnonymousCredentials

from fanreel.gcp.storage.gcs_client import connect
from fanreel.gcp.storage.gcs_store import GcsObjectStore
from tests.gcp.storage_service import StorageService, serve_storage


@pytest.fixture(scope="session")
def storage_service() -> Iterator[StorageService]:
    """Serve one for the whole run."""
    with serve_storage() as service:
        yield service


@pytest.fixture
def gcs(storage_service: StorageService) -> Iterator[GcsObjectStore]:
    """Return the store as the service makes it."""
    client = connect(AnonymousCredentials(), "project", storage_service.url)
    yield GcsObjectStore(client)
    client.close()
    # The library leaves the body of a refused download to the collector.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def gcs_bucket(storage_service: StorageService) -> str:
    """Make a bucket of its own for the test."""
    name = f"render-{uuid.uuid4().hex[:12]}"
    storage_service.create(name)
    storage_service.faults.clear()
    return name
