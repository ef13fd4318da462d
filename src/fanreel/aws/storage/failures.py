"""Botocore's errors become ours, in the layer that touched AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
)
from urllib3.exceptions import HTTPError

from fanreel.aws.storage.credentials import credential_problem
from fanreel.errors import (
    ArtifactDigestMismatch,
    AssetNotFound,
    InvalidConfig,
    RenderError,
    S3UriNotAllowed,
    StorageUnavailable,
    UnexpectedError,
)
from fanreel.storage.disk import disk_failure
from fanreel.storage.uris import ObjectUri

_MISSING = {"404", "NoSuchKey", "NotFound"}
# Waiting does not help against these: the URI, the role or the key policy is wrong.
_DENIED = {
    "403", "AccessDenied", "AllAccessDisabled", "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException", "InvalidBucketName",
    "KMS.AccessDeniedException", "KMS.DisabledException", "KMS.NotFoundException",
    "NoSuchBucket", "PermanentRedirect",
}  # fmt: skip
_PASSING = {
    "BadDigest", "ConditionalRequestConflict", "IncompleteBody", "InternalError",
    "OperationAborted", "RequestTimeout", "RequestTimeTooSkewed", "ServiceUnavailable", "SlowDown",
    "Throttling", "ThrottlingException", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
}  # fmt: skip


# Parts of the codes of other services.
_PASSING_PARTS = (
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Internal",
)


@contextmanager
def s3_failures(uri: ObjectUri, missing: type[RenderError] = AssetNotFound) -> Iterator[None]:
    """
    Raise what S3 or the disk did to *uri* as one of our errors.

    Raises:
        StorageUnavailable: No answer or a passing failure, after botocore's retries. Retryable.
        S3UriNotAllowed: Access denied, no such bucket, no credentials. Terminal.
        ArtifactDigestMismatch: The bytes are not what S3's checksum promises. Retryable.
        DiskFull: No room for the download. Retryable.
        UnexpectedError: Any other refusal. Terminal.
        missing: There is no such object; the class is the caller's choice.
    """
    try:
        yield
    except ClientError as exc:
        raise _from_answer(exc, uri, missing) from exc
    except FlexibleChecksumError as exc:
        raise ArtifactDigestMismatch(
            f"{uri} arrived damaged; it will be fetched afresh", uri=str(uri)
        ) from exc
    except (BotoCoreError, Boto3Error, HTTPError, ConnectionError, TimeoutError) as exc:
        raise _refused_or_silent(exc, uri) from exc
    except OSError as exc:
        raise disk_failure(exc) from exc


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """
    Turn botocore's errors while *doing* something ("describing stack x") into ours.

    Raises:
        StorageUnavailable: AWS did not answer, or answered with a passing failure. Retryable.
        InvalidConfig: It refused: credentials, rights, names. Terminal.
    """
    try:
        yield
    except RenderError:
        raise
    except (BotoCoreError, ClientError) as exc:
        if problem := credential_problem(exc):
            raise InvalidConfig(f"{doing}: {problem}") from exc
        if isinstance(exc, BotoCoreError):
            raise StorageUnavailable(f"{doing}: {exc}") from exc
        code = error_code(exc)
        text = f"{doing}: {code}: {exc.response.get('Error', {}).get('Message', exc)}"
        status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or any(word in code for word in _PASSING_PARTS):  # noqa: PLR2004 (server side)
            raise StorageUnavailable(text, aws_code=code) from exc
        if "AccessDenied" in code or "Unauthorized" in code:
            text += "; `fanreel lambda policies validate` lists the rights that are missing"
        raise InvalidConfig(text, aws_code=code) from exc


def error_code(exc: ClientError) -> str:
    """Return S3's own code for a failure, such as `NoSuchKey`."""
    return str(exc.response.get("Error", {}).get("Code", ""))


def is_missing(exc: ClientError) -> bool:
    """Tell whether S3 says that there is no such object."""
    return error_code(exc) in _MISSING


def _refused_or_silent(exc: BaseException, uri: ObjectUri) -> RenderError:
    if problem := credential_problem(exc):
        return S3UriNotAllowed(f"{uri}: {problem}", uri=str(uri), reason="credentials")
    return StorageUnavailable(f"S3 did not answer for {uri}: {exc}", uri=str(uri))


def _from_answer(exc: ClientError, uri: ObjectUri, missing: type[RenderError]) -> RenderError:
    code = error_code(exc)
    status = int(exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    where, facts = str(uri), {"uri": str(uri), "reason": code}
    if problem := credential_problem(exc):
        return S3UriNotAllowed(f"{where}: {problem}", **facts)
    if code in _MISSING:
        return missing(f"{where} does not exist", **facts)
    if code in _DENIED or status in (301, 403):
        return S3UriNotAllowed(
            f"S3 refused {where} ({code}): check the bucket's name and region, and that the role "
            "may read and write it, list the bucket, and use its KMS key",
            **facts,
        )
    if code in _PASSING or status >= 500 or status in (409, 429):  # noqa: PLR2004 (HTTP)
        return StorageUnavailable(f"S3 failed for {where} ({code or status})", **facts)
    if status == HTTPStatus.NOT_FOUND:  # whatever a service that is only like S3 calls it
        return missing(f"{where} does not exist", **facts)
    return UnexpectedError(f"S3 refused {where}: {exc}", **facts)
