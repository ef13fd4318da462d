"""
Fetching outside responses while planning, from public addresses only.

The address is checked and then connected to, so a name cannot answer one thing to the check and
another to the connection; redirects are followed by hand and checked the same way.
"""

import http.client
import ipaddress
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TIMEOUT_S = 20.0
MAX_REDIRECTS = 5
MAX_BODY_BYTES = 512 * 1024**2

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
    """Give the addresses of *host*."""
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
        Refused: Not a public address, too many redirects, or too large.
        OSError: No connection, or none in time.
    """
    for _ in range(MAX_REDIRECTS + 1):
        response = _get(url, headers, resolver)
        location = response.headers.get("location")
        if response.status not in {301, 302, 303, 307, 308} or not location:
            return response
        url = urllib.parse.urljoin(url, location)
    raise Refused(f"more than {MAX_REDIRECTS} redirects")


def public_address(host: str, port: int, resolver: Resolve = resolve) -> str:
    """
    Give an address of *host*.

    Raises:
        Refused: Any of its addresses is loopback, private, link-local or otherwise not public.
    """
    try:
        addresses = resolver(host, port)
    except OSError as exc:
        raise Refused(f"{host} does not resolve: {exc}") from exc
    for address in addresses:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(parsed, "ipv4_mapped", None)
        if not (mapped or parsed).is_global:
            raise Refused(f"{host} is {address}, which is not a public address")
    if not addresses:
        raise Refused(f"{host} has no address")
    return addresses[0]


def _get(url: str, headers: Mapping[str, str], resolver: Resolve) -> Response:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused(f"{parts.scheme}: is not fetched")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = _connect(parts.scheme, parts.hostname, port, resolver)
    try:
        sent = {
            name: value
            for name, value in headers.items()
            if name.lower() not in {"host", "connection", "accept-encoding", "cookie"}
            and not name.startswith(":")
        }
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request("GET", target, headers=sent | {"Accept-Encoding": "identity"})
        answer = connection.getresponse()
        body = answer.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Refused(f"the answer is larger than {MAX_BODY_BYTES // 1024**2} MiB")
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Response(url=url, status=answer.status, headers=received, body=body)
    except http.client.HTTPException as exc:
        raise OSError(f"the answer is not HTTP: {exc!r}") from exc
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int, resolver: Resolve) -> http.client.HTTPConnection:
    address = public_address(host, port, resolver)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    plain = socket.create_connection((address, port), TIMEOUT_S)
    if scheme == "https":
        context = ssl.create_default_context()
        connection.sock = context.wrap_socket(plain, server_hostname=host)
    else:
        connection.sock = plain
    return connection
