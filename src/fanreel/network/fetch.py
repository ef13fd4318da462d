"""
Fetching outside responses while planning, from public addresses only.

The address is checked and then connected to, so a name cannot answer one thing to the check and
another to the connection; redirects are followed by hand and checked the same way.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

TIMEOUT_S = 20.0
"""Longest silence."""
DEADLINE_S = 120.0
"""For all of it, redirects too."""
MAX_REDIRECTS = 5
MAX_BODY_BYTES = 512 * 1024**2
_MOST_SERVICE_BYTES = 64 * 1024**2

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, deprecated; holds :: and ::1 too

_URL_SIGNS = "!#$%&'()*+,/:;=?@[]~"

Resolve = Callable[[str, int], list[str]]
"""Host and port to addresses; replaced in tests."""


class Refused(Exception):
    """The address is not one that a page may reach, or the answer is not usable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back, at the end of redirects."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of *host*."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def fetch(url: str, headers: Mapping[str, str], *, resolver: Resolve = resolve) -> Response:
    """
    GET *url*.

    Args:
        url: `http:` or `https:`.
        headers: Sent as they are, but for those that the connection owns.
        resolver: Host to addresses.
    Raises:
        Refused: Not a public address, no URL at all, too many redirects, or too large.
        OSError: No connection, or no whole answer in time.
    """
    end = time.monotonic() + DEADLINE_S
    try:
        for _ in range(MAX_REDIRECTS + 1):
            response = _get(url, headers, resolver, end)
            location = response.headers.get("location")
            if response.status not in {301, 302, 303, 307, 308} or not location:
                return response
            # A Location is bytes; what is no ASCII of it is UTF-8 that was not escaped.
            target = urllib.parse.quote(location, safe=_URL_SIGNS, encoding="latin-1")
            before, url = url, urllib.parse.urljoin(url, target)
            if _origin(before) != _origin(url):
                headers = _without_secrets(headers)
    except ValueError as exc:  # UnicodeError too: a host or port that is none
        raise Refused(f"{url} is no URL: {exc}") from exc
    raise Refused(f"more than {MAX_REDIRECTS} redirects")


def read_service(url: str, headers: Mapping[str, str]) -> Response:
    """
    GET *url* of a service that whoever runs fanreel has named: it may be of this machine.

    Raises:
        Refused: It is no URL.
        OSError: No connection, or no whole answer.
    """
    if not url.startswith(("https://", "http://")):
        raise Refused(f"{url}: a service is an http(s) address")
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 (checked)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return Response(url=url, status=200, headers={}, body=answer.read(_MOST_SERVICE_BYTES))
    except urllib.error.HTTPError as exc:
        return Response(url=url, status=exc.code, headers={}, body=b"")
    except urllib.error.URLError as exc:
        raise OSError(str(exc.reason)) from exc


def require_success(response: Response) -> Response:
    """Return *response*. Raises `HTTPError` where it has an error's status."""
    if response.status >= 400:  # noqa: PLR2004 (HTTP errors)
        raise urllib.error.HTTPError(response.url, response.status, "", None, None)  # type: ignore[arg-type]
    return response


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Leave out what was meant for the first host only (Fetch standard, HTTP-redirect fetch)."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in {"authorization", "proxy-authorization"}
    }


def public_address(host: str, port: int, resolver: Resolve = resolve) -> str:
    """
    Return an address of *host*.

    Raises:
        Refused: Any of its addresses is loopback, private, link-local or otherwise not public.
    """
    try:
        addresses = resolver(host, port)
    except OSError as exc:
        raise Refused(f"{host} does not resolve: {exc}") from exc
    for address in addresses:
        if not _is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise Refused(f"{host} is {address}, which is not a public address")
    if not addresses:
        raise Refused(f"{host} has no address")
    return addresses[0]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried is not None:
            return _is_public(carried)
        if address.is_site_local or address in _LOCAL_NAT64 or address in _COMPATIBLE:
            return False
    # Python calls most multicast addresses global.
    return address.is_global and not address.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a gateway, or this machine, makes of *address*."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _get(url: str, headers: Mapping[str, str], resolver: Resolve, end: float) -> Response:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused(f"{parts.scheme}: is not fetched")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(parts.hostname, port, resolver)
    plain = socket.create_connection((address, port), min(TIMEOUT_S, _left(end)))
    with closing(http.client.HTTPConnection(parts.hostname, port)) as connection:
        # Its own from here on; what happens to the handshake, it is closed.
        connection.sock = plain
        with _shut_down_at(end, plain):
            if parts.scheme == "https":
                context = ssl.create_default_context()
                connection.sock = context.wrap_socket(plain, server_hostname=parts.hostname)
            return _exchange(connection, url, headers)


def _exchange(
    connection: http.client.HTTPConnection, url: str, headers: Mapping[str, str]
) -> Response:
    parts = urllib.parse.urlsplit(url)
    sent = {
        name: value
        for name, value in headers.items()
        if name.lower() not in {"host", "connection", "accept-encoding", "cookie"}
        and not name.startswith(":")
    }
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.request("GET", target, headers=sent | {"Accept-Encoding": "identity"})
        answer = connection.getresponse()
        body = answer.read(MAX_BODY_BYTES + 1)
    except http.client.InvalidURL as exc:
        raise Refused(f"{url} is no URL: {exc}") from exc
    except http.client.HTTPException as exc:
        raise OSError(f"the answer is not HTTP: {exc!r}") from exc
    if len(body) > MAX_BODY_BYTES:
        raise Refused(f"the answer is larger than {MAX_BODY_BYTES // 1024**2} MiB")
    received = {name.lower(): value for name, value in answer.getheaders()}
    return Response(url=url, status=answer.status, headers=received, body=body)


def _left(end: float) -> float:
    left_s = end - time.monotonic()
    if left_s <= 0:
        raise TimeoutError(f"no whole answer in {DEADLINE_S:.0f} s")
    return left_s


@contextmanager
def _shut_down_at(end: float, connected: socket.socket) -> Iterator[None]:
    """
    End what is read from or written to *connected* at time *end*.

    A server that sends a byte now and then never meets the time-out of a socket.
    """
    # TLS takes the socket's descriptor over; another one of the connection outlives that.
    with closing(connected.dup()) as watched:

        def shut_down() -> None:
            with suppress(OSError):
                watched.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(_left(end), shut_down)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, http.client.HTTPException):
            _left(end)  # the cause, if it is
            raise
        finally:
            timer.cancel()
            timer.join()
    # An answer that ends when the connection does looks whole.
    _left(end)
