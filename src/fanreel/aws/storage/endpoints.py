"""
Buckets of other S3-compatible services, where outputs may go: how to reach each.

A deployment lists them as `BUCKET=https://HOST=SECRET`. The secret is one of Secrets Manager, with
the keys of that service: `{"AccessKeyId": "...", "SecretAccessKey": "...", "Region": "..."}`.
"""

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

import boto3
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from fanreel.aws.storage.failures import aws_errors
from fanreel.aws.storage.objects import connect
from fanreel.aws.storage.uris import S3Uri
from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_USUAL_REGION = "us-east-1"
ENTRY = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
    r"=(?P<url>https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)/?"
    r"=(?P<secret>[A-Za-z0-9/_+.@-]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputEndpoint:
    """One bucket of another service."""

    bucket: str
    url: str
    secret: str
    """Name of the secret with its keys."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read `BUCKET=https://HOST=SECRET`.

        Raises:
            ValueError: It is not written so.
        """
        found = ENTRY.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r}: allowed: BUCKET=https://HOST=SECRET, such as "
                "films=https://s3.example.com=fanreel/films; the secret is the name of one in "
                "Secrets Manager with AccessKeyId and SecretAccessKey"
            )
        return cls(**found.groupdict())


def parse_endpoints(texts: Iterable[str]) -> dict[str, OutputEndpoint]:
    """
    Read the setting `output_endpoints`, by bucket.

    Raises:
        ValueError: One is not written as `OutputEndpoint.parse()` has it, or a bucket comes twice.
    """
    found: dict[str, OutputEndpoint] = {}
    for endpoint in (OutputEndpoint.parse(text) for text in texts if text):
        if endpoint.bucket in found:
            raise ValueError(f"bucket {endpoint.bucket} is listed twice; leave it with one service")
        found[endpoint.bucket] = endpoint
    return found


_Text = Annotated[str, Field(min_length=1)]


class _Keys(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal)

    access_key_id: _Text
    secret_access_key: _Text
    region: _Text = _USUAL_REGION


class OutputClients:
    """
    The clients by which outputs are reached: the stack's own, or that of a bucket's service.

    Args:
        own: For every bucket that has no endpoint.
        endpoints: By bucket.
        session: Reads their secrets; None takes boto3's default one.
        endpoint_url: Where AWS is, for emulators.
    """

    def __init__(
        self,
        own: "S3Client",
        endpoints: Mapping[str, OutputEndpoint],
        session: boto3.Session | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self.own, self._endpoints = own, endpoints
        self._session, self._endpoint_url = session, endpoint_url
        self._made: dict[str, S3Client] = {}
        self._handlers: list[tuple[str, Callable[..., Any]]] = []
        self._making = threading.Lock()

    def of(self, uri: S3Uri) -> "S3Client":
        """
        Return the client for an output at *uri*; the keys of a service are read once.

        Raises:
            InvalidConfig: Its secret cannot be read, or holds no keys. Terminal.
            StorageUnavailable: Secrets Manager did not answer. Retryable.
        """
        endpoint = self._endpoints.get(uri.bucket)
        if endpoint is None:
            return self.own
        with self._making:
            if uri.bucket not in self._made:
                client = self._connect(endpoint)
                for event, handler in self._handlers:
                    client.meta.events.register(event, handler)
                self._made[uri.bucket] = client
            return self._made[uri.bucket]

    def register(self, event: str, handler: Callable[..., Any]) -> None:
        """Register a handler with every client, also with those that are made later."""
        with self._making:
            self._handlers.append((event, handler))
            for client in (self.own, *self._made.values()):
                client.meta.events.register(event, handler)

    def unregister(self, event: str, handler: Callable[..., Any]) -> None:
        """Take back a `register()`."""
        with self._making:
            self._handlers.remove((event, handler))
            for client in (self.own, *self._made.values()):
                client.meta.events.unregister(event, handler)

    def _connect(self, endpoint: OutputEndpoint) -> "S3Client":
        keys = self._read_keys(endpoint)
        session = boto3.Session(
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            region_name=keys.region,
        )
        return connect(session, endpoint.url, own_service=False)

    def _read_keys(self, endpoint: OutputEndpoint) -> _Keys:
        with aws_errors(f"reading the secret {endpoint.secret} of bucket {endpoint.bucket}"):
            client = (self._session or boto3.Session()).client(
                "secretsmanager", endpoint_url=self._endpoint_url
            )
            text = client.get_secret_value(SecretId=endpoint.secret).get("SecretString", "")
        try:
            return _Keys.model_validate(json.loads(text))
        except (ValueError, ValidationError) as exc:
            # Not chained: the message would quote the keys.
            told = type(exc).__name__
            raise InvalidConfig(
                f"the secret {endpoint.secret} does not hold the keys of bucket {endpoint.bucket} "
                f'({told}): it is a JSON object {{"AccessKeyId": "...", "SecretAccessKey": "..."}}'
            ) from None
