"""
The keys of other services' buckets, from Secrets Manager.

A secret is `{"AccessKeyId": "...", "SecretAccessKey": "...", "Region": "..."}`.
"""

import json
from collections.abc import Mapping
from typing import Annotated

import boto3
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from fanreel.aws.storage.failures import aws_errors
from fanreel.aws.storage.s3_client import connect
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.errors import InvalidConfig
from fanreel.storage.endpoints import OutputEndpoint, OutputStores
from fanreel.storage.store import ObjectStore

_USUAL_REGION = "us-east-1"
_Text = Annotated[str, Field(min_length=1)]


class _Keys(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal)

    access_key_id: _Text
    secret_access_key: _Text
    region: _Text = _USUAL_REGION


def output_stores(
    own: ObjectStore,
    endpoints: Mapping[str, OutputEndpoint],
    session: boto3.Session | None = None,
    endpoint_url: str | None = None,
) -> OutputStores:
    """
    Return what outputs are reached by.

    Its `of()` raises `InvalidConfig` (terminal) where a secret cannot be read or holds no keys, and
    `StorageUnavailable` (retryable) where Secrets Manager does not answer.

    Args:
        own: For every bucket that has no endpoint.
        endpoints: By bucket.
        session: Reads their secrets; None takes boto3's default one.
        endpoint_url: Where AWS is, for emulators.
    """

    def open_service(endpoint: OutputEndpoint) -> ObjectStore:
        keys = _read_keys(endpoint, session or boto3.Session(), endpoint_url)
        service = boto3.Session(
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            region_name=keys.region,
        )
        return S3ObjectStore(connect(service, endpoint.url, own_service=False))

    return OutputStores(own, endpoints, open_service)


def _read_keys(endpoint: OutputEndpoint, session: boto3.Session, endpoint_url: str | None) -> _Keys:
    with aws_errors(f"reading the secret {endpoint.secret} of bucket {endpoint.bucket}"):
        client = session.client("secretsmanager", endpoint_url=endpoint_url)
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
