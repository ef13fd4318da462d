"""Who acts, as far as AWS knows: credentials missing, halved or expired, and how long they live."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidRegionError,
    LoginTokenLoadError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN = {
    "InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}  # fmt: skip
_SIGN_IN = "sign in again (`aws sso login`, or new keys), then repeat the command"


_PROBLEMS: tuple[tuple[tuple[type[BotoCoreError], ...], str], ...] = (
    (
        (SSOError, UnauthorizedSSOTokenError, TokenRetrievalError, LoginTokenLoadError),
        f"the AWS session has expired or was never begun; {_SIGN_IN}",
    ),
    (
        (PartialCredentialsError,),
        "only half of the AWS credentials is there ({exc}); give both parts, or none",
    ),
    (
        (NoCredentialsError, CredentialRetrievalError),
        "no usable AWS credentials ({exc}); `aws configure`, AWS_PROFILE or a role gives some",
    ),
    (
        (NoRegionError, InvalidRegionError),
        "no usable AWS region ({exc}); give --region, AWS_DEFAULT_REGION or one in the profile",
    ),
)


def credential_problem(exc: BaseException) -> str | None:
    """
    Say what is wrong with whoever acts, and what to do; None where *exc* is about something else.

    Trying again does not help against any of these.
    """
    if isinstance(exc, ClientError):
        return _refused(str(exc.response.get("Error", {}).get("Code", "")))
    for kinds, text in _PROBLEMS:
        if isinstance(exc, kinds):
            return text.format(exc=str(exc).rstrip("."))
    if isinstance(exc, EndpointConnectionError) and (region := _unknown_region(exc)):
        return f"there is no AWS region {region!r} that boto3 knows; check its name"
    return None


def _refused(code: str) -> str | None:
    if code in _EXPIRED:
        return f"the AWS session has expired ({code}); {_SIGN_IN}"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}); check the profile or keys"
    return None


def _unknown_region(exc: EndpointConnectionError) -> str | None:
    """Return the region in the address that could not be reached, if no service has such a one."""
    host = str(exc.kwargs.get("endpoint_url", "")).partition("://")[2].partition("/")[0]
    parts = host.partition(":")[0].split(".")
    if "amazonaws" not in parts:
        return None
    region = parts[parts.index("amazonaws") - 1]
    session = boto3.session.Session()
    known = {
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("s3", partition_name=partition)
    }
    return None if region in known or "-" not in region else region


def session_left(session: Any) -> timedelta | None:
    """
    Return how long the credentials of a boto3 session still live; None if they are lasting ones.

    Temporary credentials whose end boto3 was not told (a token in the environment) have no time
    left as far as anybody knows.
    """
    credentials = session.get_credentials()
    if credentials is None or not credentials.get_frozen_credentials().token:
        return None
    ends: datetime | None = getattr(credentials, "_expiry_time", None)  # botocore tells it so only
    return timedelta(0) if ends is None else max(ends - datetime.now(UTC), timedelta(0))
