"""Only public addresses are fetched from, whatever a name or a redirect says."""

import contextlib
import gc
import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from fanreel.network import fetch as fetching
from fanreel.network.fetch import Refused, fetch, public_address


def resolver_to(*addresses: str) -> fetching.Resolve:
    """Return a resolver that answers every name with *addresses*."""
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 (an address to refuse)
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "::",
        "fec0::1",
        # NAT64, which a network's gateway takes to the IPv4 address within
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::192.168.1.1",
        "64:ff9b:1::10.0.0.1",
        # 6to4, likewise
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:a9fe:a9fe::",
        "2002:c0a8:101::",
        "224.0.0.1",
        "239.255.255.250",
        "ff02::1",
        "ff0e::1",
        "64:ff9b::224.0.0.1",
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    """Loopback, private, link-local and mapped addresses are no places for a page's requests."""
    with pytest.raises(Refused, match="not a public address"):
        public_address("example.com", 443, resolver_to(address))


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "2606:2800:220:1::1",
        "::ffff:93.184.216.34",
        "64:ff9b::93.184.216.34",
        "2002:5db8:d822::1",
    ],
)
def test_public_addresses_are_given_in_every_form(address: str) -> None:
    """A network with IPv6 only reaches IPv4 through NAT64."""
    assert public_address("example.com", 443, resolver_to(address)) == address


def test_one_private_answer_among_public_ones_is_refused() -> None:
    """A name that also points inside could be connected to there."""
    with pytest.raises(Refused):
        public_address("example.com", 443, resolver_to("93.184.216.34", "10.0.0.1"))


def test_other_schemes_are_refused() -> None:
    """No files, no FTP."""
    for url in ("file:///etc/passwd", "ftp://example.com/x", "http:///nothing"):
        with pytest.raises(Refused):
            fetch(url, {})


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://host:99999/",
        "http://host:port/",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        "http://a b.example/",
        "http://public.example/\x7f\n",
        "http://public.example/\ud800",
    ],
    ids=ascii,
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """Whatever Python makes of it."""
    with pytest.raises(Refused):
        fetch(url, {}, resolver=fetching.resolve)


class _Redirector(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send `/out` and others elsewhere, take ages over `/slow` and answer the rest."""
        if self.path == "/slow":
            self._dribble()
            return
        port = self.connection.getsockname()[1]
        targets = {
            "/out": "http://metadata.internal/latest",
            "/along": f"http://public.example:{port}/key",
            "/over": f"http://other.example:{port}/key",
        }
        self.send_response(302 if self.path in targets else 200)
        if self.path in targets:
            self.send_header("Location", targets[self.path])
        body = self.headers.get("Authorization" if self.path == "/key" else "Host", "").encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _dribble(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(200):
                self.wfile.write(b".")
                time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve on loopback, and let `public.example` stand for it, as if it were public."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Redirector) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        real = fetching.public_address

        def address(host: str, port: int, resolver: fetching.Resolve) -> str:
            return "127.0.0.1" if host.endswith(".example") else real(host, port, resolver)

        monkeypatch.setattr(fetching, "public_address", address)
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_checked_address_is_the_one_connected_to(server_port: int) -> None:
    """The request carries the name, the connection goes to the address that was checked."""
    response = fetch(f"http://public.example:{server_port}/", {"X-Any": "1", "Cookie": "secret"})
    assert response.status == 200
    assert response.body == f"public.example:{server_port}".encode()


def test_a_redirect_is_checked_like_the_first_address(server_port: int) -> None:
    """A public server cannot send the request inside."""
    with pytest.raises(Refused, match=r"169\.254\.169\.254"):
        fetch(
            f"http://public.example:{server_port}/out",
            {},
            resolver=resolver_to("169.254.169.254"),
        )


def test_a_key_stays_with_the_host_it_is_for(server_port: int) -> None:
    """A redirect within the origin keeps it, one to another host does not (Fetch standard)."""
    site, key = f"http://public.example:{server_port}", {"authorization": "Bearer 1"}
    assert fetch(f"{site}/along", key).body == b"Bearer 1"
    assert fetch(f"{site}/over", key).body == b""


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(
    server_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No single wait is long; what came by then is no answer."""
    monkeypatch.setattr(fetching, "DEADLINE_S", 0.3)
    with pytest.raises(TimeoutError, match="no whole answer"):
        fetch(f"http://public.example:{server_port}/slow", {})


def test_a_server_that_speaks_no_tls_is_named(server_port: int) -> None:
    """And no socket is left open, or this would warn."""
    with pytest.raises(OSError, match=r"(?i)ssl"):
        fetch(f"https://public.example:{server_port}/", {})
    gc.collect()
