"""Google's REST APIs, with the credentials of whoever asks; their failures become ours."""

import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import google.auth
import requests
from google.auth import impersonated_credentials
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token

from fanreel.errors import InvalidConfig, StorageUnavailable, UnexpectedError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TIMEOUT_S = 20.0
_ATTEMPTS = 4
_PASSING = {429, 500, 502, 503, 504}
_LOG_IN = "`gcloud auth application-default login`, or a service account, gives some"


class Rest:
    """
    Sends requests. Thread-safe.

    Args:
        credentials: None takes the application's default ones.
        endpoint_url: Where all of Google's APIs are, for stand-ins.
    """

    def __init__(
        self, credentials: Credentials | None = None, endpoint_url: str | None = None
    ) -> None:
        if credentials is None:
            try:
                credentials, _ = google.auth.default(scopes=[SCOPE])
            except DefaultCredentialsError as exc:
                raise InvalidConfig(f"no usable Google credentials: {exc}; {_LOG_IN}") from exc
        self.credentials = credentials
        self._endpoint_url = endpoint_url
        self._session = AuthorizedSession(credentials)

    def get(self, url: str, **query: Any) -> dict[str, Any] | None:
        """Return what is at *url*; None if nothing is. Tried again while it fails passingly."""
        return self._send("GET", url, query=query, attempts=_ATTEMPTS)

    def post(self, url: str, body: dict[str, Any], *, again: bool = True) -> dict[str, Any]:
        """Post *body*; *again* says whether it may be sent more than once."""
        answer = self._send("POST", url, body=body, attempts=_ATTEMPTS if again else 1)
        if answer is None:
            raise InvalidConfig(f"Google Cloud has no {urlsplit(url).path}", url=url)
        return answer

    def _send(
        self,
        method: str,
        url: str,
        *,
        attempts: int,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        for attempt in range(1, attempts + 1):
            try:
                answer = self._session.request(
                    method, self._place(url), params=query, json=body, timeout=TIMEOUT_S
                )
            except GoogleAuthError as exc:
                raise InvalidConfig(f"no usable Google credentials: {exc}; {_LOG_IN}") from exc
            except requests.RequestException as exc:
                if attempt == attempts:
                    raise StorageUnavailable(f"Google Cloud did not answer: {exc}") from exc
            else:
                if answer.status_code not in _PASSING or attempt == attempts:
                    return _read(answer)
            time.sleep(0.5 * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _place(self, url: str) -> str:
        if self._endpoint_url is None:
            return url
        return self._endpoint_url.rstrip("/") + urlsplit(url).path

    def identity_token(self, audience: str) -> str | None:
        """
        Return a token that says who asks a Cloud Run service; None where there is nobody to ask.

        Raises:
            InvalidConfig: Whoever acts has none to give. Terminal.
        """
        if self._endpoint_url is not None:
            return None
        if isinstance(self.credentials, impersonated_credentials.Credentials):
            identity = impersonated_credentials.IDTokenCredentials(
                self.credentials, target_audience=audience, include_email=True
            )
            identity.refresh(Request())
            return str(identity.token)
        try:
            return str(id_token.fetch_id_token(Request(), audience))
        except (DefaultCredentialsError, GoogleAuthError):
            # A person's credentials bring one of their own as they are refreshed.
            self.credentials.refresh(Request())
            token = getattr(self.credentials, "id_token", None)
        if not token:
            raise InvalidConfig(
                "these Google credentials have no identity to show to Cloud Run; act as a service "
                "account (`gcloud auth application-default login --impersonate-service-account=…`)"
            )
        return str(token)


def _read(answer: requests.Response) -> dict[str, Any] | None:
    status = answer.status_code
    if status == HTTPStatus.NOT_FOUND:
        return None
    if status in _PASSING:
        raise StorageUnavailable(f"Google Cloud failed ({status}) for {answer.url}")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise InvalidConfig(f"Google Cloud refused {answer.url} ({status}): {_told(answer)}")
    if not answer.ok:
        raise UnexpectedError(f"Google Cloud refused {answer.url} ({status}): {_told(answer)}")
    found: dict[str, Any] = answer.json()
    return found


def _told(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:500]
