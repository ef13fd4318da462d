"""The composition's own origin serves the project, and nothing beside it."""

import http.client
import socket
import struct
import time
from pathlib import Path

import pytest

from fanreel.browser.launch import HOST
from fanreel.network.site import SiteRequest, SiteServer, content_type


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a secret beside it."""
    root = tmp_path / "project"
    (root / "sub dir").mkdir(parents=True)
    (root / "index.html").write_text("<p>page")
    (root / "sub dir" / "bild ü#1.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "in.txt").symlink_to(root / "index.html")
    return root


def get(
    server: SiteServer, path: str, method: str = "GET", host: str = HOST
) -> tuple[int, str, bytes]:
    """Ask the running server."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host, "Sec-Fetch-Dest": "image"})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def test_files_are_served_with_their_types_and_requests_are_told(project: Path) -> None:
    """Names with spaces and signs work; each request is told with what wanted it."""
    seen: list[SiteRequest] = []
    with SiteServer(on_request=seen.append) as server:
        server.serve(project)
        assert get(server, "/index.html") == (200, "text/html; charset=utf-8", b"<p>page")
        assert get(server, "/sub%20dir/bild%20%C3%BC%231.svg")[:2] == (200, "image/svg+xml")
        assert get(server, "/none.png")[0] == 404
        assert get(server, "/favicon.ico")[0] == 204
    assert [(r.path, r.found, r.destination) for r in seen] == [
        ("index.html", True, "image"),
        ("sub dir/bild ü#1.svg", True, "image"),
        ("none.png", False, "image"),
    ]


def test_asking_whether_a_file_is_there_is_no_fault(project: Path) -> None:
    """HEAD: a hit counts as used, a miss is not told; neither has a body."""
    seen: list[SiteRequest] = []
    with SiteServer(on_request=seen.append) as server:
        server.serve(project)
        assert get(server, "/index.html", "HEAD") == (200, "text/html; charset=utf-8", b"")
        assert get(server, "/none.png", "HEAD")[::2] == (404, b"")
    assert [request.path for request in seen] == ["index.html"]


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1", "", "fanreel.localhost.example"])
def test_only_the_compositions_own_name_is_answered(project: Path, host: str) -> None:
    """A page whose name was pointed here during a render (DNS rebinding) reads nothing."""
    seen: list[SiteRequest] = []
    with SiteServer(on_request=seen.append) as server:
        server.serve(project)
        status, _, body = get(server, "/index.html", host=host)
        assert (status, b"page" in body) == (421, False)
        assert get(server, "/index.html", host=f"{HOST}:{server.port}")[0] == 200
    assert len(seen) == 1


@pytest.mark.parametrize("name", [".env", ".git/config", "sub dir/.env.local", ".ssh/id"])
def test_what_begins_with_a_dot_is_not_served(project: Path, name: str) -> None:
    """Keys and histories lie beside a page, and its scripts come from anywhere."""
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("KEY=1")
    with SiteServer() as server:
        server.serve(project)
        assert get(server, f"/{name}".replace(" ", "%20"))[0] == 404
        assert get(server, "/./sub%20dir/../index.html")[0] == 200


def test_a_large_file_is_sent_whole(project: Path) -> None:
    """Piece by piece; three megabytes are more than a socket takes at once."""
    content = bytes(range(256)) * 12_000
    (project / "film.mp4").write_bytes(content)
    with SiteServer() as server:
        server.serve(project)
        assert get(server, "/film.mp4") == (200, "video/mp4", content)


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/out.txt", "//etc/passwd"]
)
def test_nothing_outside_the_project_is_served(project: Path, path: str) -> None:
    """Neither by climbing nor through a link; links inside the project are fine."""
    with SiteServer() as server:
        server.serve(project)
        assert get(server, path)[0] == 404
        assert get(server, "/in.txt")[0] == 200


def test_own_paths_never_reach_the_project(project: Path) -> None:
    """What lies under /__fanreel__/ is answered by us alone."""
    with SiteServer(own=lambda path: (200, "text/plain", path.encode())) as server:
        server.serve(project)
        assert get(server, "/__fanreel__/frame/m0/7")[2] == b"frame/m0/7"


def test_answers_carry_no_wall_clock(project: Path) -> None:
    """Not even the Date header differs between runs."""
    with SiteServer() as server:
        server.serve(project)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/index.html")
        assert connection.getresponse().headers["Date"] == "Thu, 01 Jan 1970 00:00:00 GMT"
        connection.close()


def test_content_types_do_not_come_from_the_machine() -> None:
    """Modules and fonts have the types Chromium insists on."""
    assert content_type(Path("a.mjs")).startswith("text/javascript")
    assert content_type(Path("a.WOFF2")) == "font/woff2"


def test_a_browser_that_goes_away_is_no_news(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A killed browser resets its connections; nobody wants to read that on the terminal."""
    with SiteServer() as server:
        server.serve(tmp_path)
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.send(b"GET / HTTP/1.1\r\n")
            # Closed so, it is reset instead of ended.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert get(server, "/none")[0] == 404  # and the server goes on
    time.sleep(0.1)
    assert capfd.readouterr().err == ""
