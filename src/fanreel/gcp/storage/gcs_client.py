"""Cloud Storage clients."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials, Signing
from google.auth.transport.requests import Request
from google.cloud.storage import Blob, Client

from fanreel.errors import InvalidConfig
from fanreel.storage.uris import ObjectUri

SCHEME = "gs"


_RULE_DAYS = 1
"""The bucket's rule deletes an object so many days after its custom time."""


def dies_after(days: int) -> datetime:
    """Return the custom time of an object that is to be deleted in so many days, from 1."""
    return datetime.now(UTC) + timedelta(days=days - _RULE_DAYS)


def gs_uri(bucket: str, key: str = "") -> ObjectUri:
    """Return the URI of an object in Cloud Storage."""
    return ObjectUri(SCHEME, bucket, key)


def connect(
    credentials: Credentials | None = None,
    project: str | None = None,
    endpoint_url: str | None = None,
) -> Client:
    """
    Open a client.

    Args:
        credentials: None takes the application's default ones.
        project: None takes the environment's.
        endpoint_url: Of an emulator; None also honours `STORAGE_EMULATOR_HOST`.
    """
    # Or it asks for the bucket itself beside the first request, for traces that nobody takes.
    os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    options = ClientOptions(api_endpoint=endpoint_url) if endpoint_url else None
    return Client(project=project, credentials=credentials, client_options=options)


def sign(blob: Blob, expires: timedelta, disposition: str | None) -> str:
    """
    Return a link to an object, signed with the key of the credentials or, without one, by IAM.

    Raises:
        InvalidConfig: Whoever acts has neither key nor service account. Terminal.
    """
    credentials = blob.client._credentials  # noqa: SLF001 (a client tells it no other way)
    given: dict[str, Any] = {}
    if not isinstance(credentials, Signing):
        if not credentials.valid:
            credentials.refresh(Request())  # the metadata server tells the account's name with it
        email = getattr(credentials, "service_account_email", None)
        if email is None:
            raise InvalidConfig(
                "these Google credentials cannot sign links; act as a service account "
                "(`gcloud auth application-default login --impersonate-service-account=EMAIL`)"
            )
        given = {"service_account_email": email, "access_token": credentials.token}
    return str(
        blob.generate_signed_url(
            version="v4", expiration=expires, response_disposition=disposition, **given
        )
    )
