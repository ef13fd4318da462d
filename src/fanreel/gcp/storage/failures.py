"""The errors of Google's libraries become ours, in the layer that touched Cloud Storage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import requests
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

from fanreel.errors import (
    ArtifactDigestMismatch,
    AssetNotFound,
    RenderError,
    S3UriNotAllowed,
    StorageUnavailable,
    UnexpectedError,
)
from fanreel.storage.disk import disk_failure
from fanreel.storage.uris import ObjectUri

ATTEMPTS_S = 60.0
"""An operation is tried again for as long, with longer and longer pauses."""
WAIT_S = (5.0, 60.0)
"""For a connection, and for more of an answer."""
_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    ConnectionError,
    TimeoutError,
    TransportError,
)


@contextmanager
def gcs_failures(uri: ObjectUri, missing: type[RenderError] = AssetNotFound) -> Iterator[None]:
    """Raise what Cloud Storage or the disk did to *uri* as `fanreel.storage.store` has it."""
    try:
        yield
    except (GoogleAPICallError, InvalidResponse) as exc:
        raise _from_answer(exc, uri, missing) from exc
    except DataCorruption as exc:
        raise ArtifactDigestMismatch(
            f"{uri} arrived damaged; it will be fetched afresh", uri=str(uri)
        ) from exc
    except RetryError as exc:
        if isinstance(exc.cause, GoogleAPICallError | InvalidResponse):
            raise _from_answer(exc.cause, uri, missing) from exc
        raise _silent(exc, uri) from exc
    except _NO_ANSWER as exc:
        raise _silent(exc, uri) from exc
    except GoogleAuthError as exc:
        raise S3UriNotAllowed(
            f"{uri}: no usable Google credentials ({exc}); "
            "`gcloud auth application-default login`, or a service account, gives some",
            uri=str(uri),
            reason="credentials",
        ) from exc
    except requests.RequestException as exc:
        raise _silent(exc, uri) from exc
    except OSError as exc:
        raise disk_failure(exc) from exc


def retrying(each: Callable[[], None]) -> Retry:
    """
    Return how an operation is tried again.

    Args:
        each: Called before another attempt; what it raises ends the operation.
    """

    def before_another(_exc: Exception) -> None:
        each()

    return Retry(
        predicate=_is_passing,
        initial=0.5,
        maximum=8.0,
        timeout=ATTEMPTS_S,
        on_error=before_another,
    )


def status_of(exc: BaseException) -> int:
    """Return the status that the service answered with, 0 where it did not."""
    if isinstance(exc, GoogleAPICallError):
        return int(exc.code or 0)
    if isinstance(exc, InvalidResponse):
        return int(exc.response.status_code)
    return 0


def _is_passing(exc: BaseException) -> bool:
    return isinstance(exc, _NO_ANSWER) or _is_passing_status(status_of(exc))


def _is_passing_status(status: int) -> bool:
    return status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _silent(exc: BaseException, uri: ObjectUri) -> StorageUnavailable:
    return StorageUnavailable(f"Cloud Storage did not answer for {uri}: {exc}", uri=str(uri))


def _from_answer(exc: BaseException, uri: ObjectUri, missing: type[RenderError]) -> RenderError:
    status = status_of(exc)
    facts = {"uri": str(uri), "reason": status}
    if status == HTTPStatus.NOT_FOUND and "bucket does not exist" not in str(exc):
        return missing(f"{uri} does not exist", **facts)
    if status in _DENIED or status == HTTPStatus.NOT_FOUND:
        return S3UriNotAllowed(
            f"Cloud Storage refused {uri} ({status}): check the bucket's name, and that the "
            "service account may read and write it and list the bucket",
            **facts,
        )
    if _is_passing_status(status):
        return StorageUnavailable(f"Cloud Storage failed for {uri} ({status})", **facts)
    return UnexpectedError(f"Cloud Storage refused {uri}: {exc}", **facts)
