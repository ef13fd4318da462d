"""Requests that leave the composition's origin: recorded while planning, replayed by workers."""

import asyncio
import hashlib
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from fanreel.browser.driver import Driver, OutsideRequest
from fanreel.files.plan_dir import RecordedResponse
from fanreel.network.fetch import Refused, Response
from fanreel.network.gateway import fetch
from fanreel.network.redirects import stand_in
from fanreel.network.site import ORIGIN

OUTSIDE = re.compile(rf"^(?!{re.escape(ORIGIN)}(?:/|$))(?:https?|wss?):", re.IGNORECASE)
"""URLs that leave the composition's origin; `data:` and `blob:` are the page's own."""

_SOCKET = re.compile("wss?:", re.IGNORECASE)

# What decides how a page may use a response. All else (dates, request ids, cache states) differs
# from one fetch to the next and would give an unchanged composition another plan hash.
_KEPT_HEADER = re.compile(
    r"content-type|access-control-.*|cross-origin-.*|timing-allow-origin|location", re.IGNORECASE
)

MAX_RECORDED_BYTES = 2 * 1024**3
"""Of all answers together: what a plan may hold on Lambda; a page could ask for ever."""

Fetch = Callable[[str, Mapping[str, str]], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRequest:
    """An outside request that got no answer, and why."""

    url: str
    destination: str
    """`font`, `stylesheet`, `script`, `image`, ... as DevTools names what wants it."""
    reason: str


class Recorder:
    """
    Answers a page's outside requests from the network and keeps each answer, by URL.

    Attributes:
        failed: Requests without an answer, in order.
        broken: Why an answer that came could not be kept; nothing that follows counts then.
    """

    broken: OSError | None = None

    def __init__(
        self,
        bodies_dir: Path,
        *,
        fetcher: Fetch = fetch,
        limit_bytes: int = MAX_RECORDED_BYTES,
    ) -> None:
        self._bodies_dir, self._fetch = bodies_dir, fetcher
        self._left_bytes = limit_bytes
        self._recorded: dict[str, RecordedResponse] = {}
        self._lock = threading.Lock()
        self.failed: list[FailedRequest] = []

    @property
    def responses(self) -> list[RecordedResponse]:
        """What was recorded, sorted by URL."""
        return [self._recorded[url] for url in sorted(self._recorded)]

    async def attach(self, driver: Driver) -> None:
        """Take over the page's outside requests."""
        await driver.intercept(OUTSIDE, self._answer)

    def note(self, url: str) -> None:
        """Hear of a request; but for sockets, those that matter come through the route."""
        if _SOCKET.match(url):
            reason = "what a socket says could not be replayed"
            self.failed.append(FailedRequest(url=url, destination="websocket", reason=reason))

    async def _answer(self, request: OutsideRequest) -> None:
        url = request.url.partition("#")[0]
        try:
            known = self._recorded.get(url) or await self._fetched(request, url)
            if known.status >= 400:  # noqa: PLR2004 (HTTP errors)
                self._note_failure(request, url, f"HTTP {known.status}")
            await _fulfil(request, known, self._bodies_dir)
        except Exception as exc:  # noqa: BLE001 (left unanswered, the page would wait for ever)
            named = isinstance(exc, Refused | OSError)
            self._note_failure(request, url, str(exc) if named else f"{type(exc).__name__}: {exc}")
            await request.refuse()

    def _note_failure(self, request: OutsideRequest, url: str, reason: str) -> None:
        self.failed.append(FailedRequest(url=url, destination=request.resource_type, reason=reason))

    async def _fetched(self, request: OutsideRequest, url: str) -> RecordedResponse:
        if request.method != "GET":
            raise Refused(f"a {request.method} has no answer that could be replayed")
        headers = await request.headers()
        response = await asyncio.to_thread(self._fetch, url, headers)
        try:
            return self._keep(url, response)
        except OSError as exc:
            self.broken = self.broken or exc
            raise

    def _keep(self, url: str, response: Response) -> RecordedResponse:
        body = response.body
        with self._lock:
            self._left_bytes -= len(body)
        if self._left_bytes < 0:
            raise Refused(
                "with it the page's outside requests come to more than may be recorded; put large "
                "files into the project"
            )
        if response.url != url and (instead := stand_in(response)) is not None:
            self._keep(response.url, response)
            body = instead
        digest = hashlib.sha256(body).hexdigest()
        kept = RecordedResponse(
            url=url,
            status=response.status,
            headers={
                name: value
                for name, value in sorted(response.headers.items())
                if _KEPT_HEADER.fullmatch(name)
            },
            sha256=digest,
        )
        self._bodies_dir.mkdir(parents=True, exist_ok=True)
        (self._bodies_dir / digest).write_bytes(body)
        with self._lock:
            return self._recorded.setdefault(url, kept)


class Replayer:
    """
    Answers outside requests from a plan, and remembers those it cannot answer.

    Args:
        responses: What was recorded.
        bodies_dir: Where the bodies lie.
        refused: URLs that had no answer while planning either; they fail again, as planned.
    Attributes:
        missing: URLs that the plan did not record.
    """

    def __init__(
        self,
        responses: list[RecordedResponse],
        bodies_dir: Path,
        refused: Collection[str] = frozenset(),
    ) -> None:
        self._responses = {response.url: response for response in responses}
        self._bodies_dir, self._refused = bodies_dir, frozenset(refused)
        self.missing: list[str] = []

    async def attach(self, driver: Driver) -> None:
        """Take over the page's outside requests."""
        # Interception costs each request a round trip, so a page without outside requests keeps
        # its network closed instead (see `browser_argv`) and is only watched.
        if self._responses:
            await driver.intercept(OUTSIDE, self._answer)

    def note(self, url: str) -> None:
        """Hear of a request, answered or not."""
        known = self._responses.keys() | self._refused
        if OUTSIDE.match(url) and url.partition("#")[0] not in known:
            self.missing.append(url)

    async def _answer(self, request: OutsideRequest) -> None:
        known = self._responses.get(request.url.partition("#")[0])
        if known is None:
            await request.refuse()
        else:
            await _fulfil(request, known, self._bodies_dir)


async def _fulfil(request: OutsideRequest, response: RecordedResponse, bodies_dir: Path) -> None:
    body = (bodies_dir / response.sha256).read_bytes()
    await request.fulfil(response.status, response.headers, body)
