"""
Requests of a page that wait for our answer, over DevTools' Fetch domain.

Where Playwright adds to what it is told to answer, so does this: the same page gets the same.
"""

import asyncio
import base64
import http
import re
import urllib.parse
from collections.abc import Mapping

from fanreel.browser.cdp import Params, Session
from fanreel.browser.driver import Answer

_PREFLIGHT_ASKS = "Access-Control-Request-Method"


class Interceptor:
    """
    Has the requests of some URLs answered, and lets all others pass.

    Args:
        urls: Those that are answered; see `re.Pattern.match()`.
        answer: Answers one, or refuses it.
    """

    def __init__(self, urls: re.Pattern[str], answer: Answer) -> None:
        self._urls, self._answer = urls, answer
        self._sessions: set[Session] = set()
        self._answering: set[asyncio.Future[None]] = set()
        self._active = True

    def attach(self, session: Session) -> None:
        """Take over the requests of a page, of a frame with a process of its own, or a worker."""
        session.on("Fetch.requestPaused", lambda event: self._note(session, event))
        # What was answered once is asked for again: answers are kept by us, not by Chromium.
        session.post("Network.setCacheDisabled", {"cacheDisabled": True})
        session.post("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})
        self._sessions.add(session)

    def detach(self) -> None:
        """Let requests pass; those under way are left to whoever answers them."""
        self._active = False
        for session in self._sessions:
            session.post("Fetch.disable")
            session.post("Network.setCacheDisabled", {"cacheDisabled": False})

    def _note(self, session: Session, event: Params) -> None:
        if not self._active:  # somebody else's by now
            return
        request = _PausedRequest(session, event)
        if not self._urls.match(request.url):
            session.post("Fetch.continueRequest", {"requestId": event["requestId"]})
            return
        answering = _allow(request) if request.is_preflight else self._answer(request)
        task = asyncio.ensure_future(answering)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)


class _PausedRequest:
    """One request; see `OutsideRequest`."""

    def __init__(self, session: Session, event: Params) -> None:
        self._session, self._id = session, event["requestId"]
        asked = event["request"]
        self.url: str = asked["url"] + asked.get("urlFragment", "")
        self.method: str = asked["method"]
        self.resource_type: str = event["resourceType"].lower()
        self._headers = {name.lower(): value for name, value in asked["headers"].items()}

    @property
    def is_preflight(self) -> bool:
        """Whether the browser asks if it may ask; no script can send this header."""
        return self.method == "OPTIONS" and _PREFLIGHT_ASKS.lower() in self._headers

    async def headers(self) -> dict[str, str]:
        """Return all headers that the request would be sent with."""
        return self._headers

    async def fulfil(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer it."""
        sent = {"content-length": str(len(body)), **headers, **self._cors(headers)}
        self._session.post(
            "Fetch.fulfillRequest",
            {
                "requestId": self._id,
                "responseCode": status,
                "responsePhrase": _phrase(status),
                "responseHeaders": [{"name": n, "value": v} for n, v in sent.items()],
                "body": base64.b64encode(body).decode(),
            },
        )

    async def refuse(self) -> None:
        """Fail it."""
        reason = {"requestId": self._id, "errorReason": "AddressUnreachable"}
        self._session.post("Fetch.failRequest", reason)

    def allowed(self) -> dict[str, str]:
        """Return the headers that allow what a preflight asks for."""
        asked = self._headers
        headers = {
            "Access-Control-Allow-Origin": asked.get("origin", "*"),
            "Access-Control-Allow-Methods": asked[_PREFLIGHT_ASKS.lower()],
            "Access-Control-Allow-Credentials": "true",
        }
        if wanted := asked.get("access-control-request-headers"):
            headers["Access-Control-Allow-Headers"] = wanted
        return headers

    def _cors(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Let a page read an answer whose headers say nothing of who may."""
        origin = self._headers.get("origin", "").strip()
        parts = urllib.parse.urlsplit(self.url)
        known = "access-control-allow-origin" in {name.lower() for name in headers}
        if not origin or known or origin == f"{parts.scheme}://{parts.netloc}":
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "vary": "Origin",
        }


async def _allow(request: _PausedRequest) -> None:
    await request.fulfil(http.HTTPStatus.NO_CONTENT, request.allowed(), b"")


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
