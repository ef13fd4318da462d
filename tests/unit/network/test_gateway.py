"""A process that may connect to nothing has another one fetch, and gets no more than it may."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.landlock import require_landlock
from tests.loopback import Answering, Loopback

_CONNECTIONS_ABI = 4
ASKING = """
import json, psutil, socket, sys, threading, time
from pathlib import Path
from fanreel.engine.confinement import confine
from fanreel.engine.reach import Reach
from fanreel.network import gateway
confine(Reach(temp_dir=Path(sys.argv[1]), reads=(), fetches=True))
named, other = sys.argv[2:]

def told(ask, *question):
    try:
        answer = ask(*question)
    except Exception as exc:
        return f"{type(exc).__name__}: {exc}"
    return answer.decode()

def connected(url):
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), 5).close()
    except OSError as exc:
        return type(exc).__name__
    return "connected"

found = {
    "named": told(gateway.read, f"{named}/font", {"X-Own": "1"}),
    "missing": told(gateway.read, f"{named}/none"),
    "of a page": told(gateway.fetch, f"{other}/secret", {}),
    "not named": told(gateway.read, f"{other}/secret"),
    "alike": told(gateway.read, f"{named}0/secret"),
    "by itself": [connected(named), connected(other)],
}
many = []
ask = lambda n: many.append(told(gateway.read, f"{named}/{n}", {"X-Own": str(n)}))
threads = [threading.Thread(target=ask, args=[n]) for n in range(20)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
[child] = psutil.Process().children()
gateway.stop()
found |= {"child runs": child.is_running(), "after": told(gateway.read, f"{named}/font")}
print(json.dumps(found | {"many": sorted(many)}))
"""


class _Service(Answering):
    def do_GET(self) -> None:  # noqa: N802 (the base class looks the name up)
        own = self.headers.get("X-Own", "")
        self.give(404 if self.path == "/none" else 200, f"{self.path} {own}".encode())


def test_another_process_fetches_what_is_named_or_public(tmp_path: Path) -> None:
    """By itself the process connects to neither; twenty questions at once keep apart."""
    require_landlock(_CONNECTIONS_ABI)
    with Loopback(_Service) as named, Loopback(_Service) as other:
        argv = [sys.executable, "-c", ASKING, str(tmp_path), named.url, other.url]
        environ = os.environ | {"FANREEL_WEB_FONTS_URL": named.url}
        done = subprocess.run(
            argv, check=True, capture_output=True, text=True, timeout=60, env=environ
        )
    found = json.loads(done.stdout)
    assert found.pop("after").startswith("OSError: ")
    assert found.pop("child runs") is False
    refused = "Refused: 127.0.0.1 is 127.0.0.1, which is not a public address"
    assert found.pop("alike").startswith("Refused: ")
    assert found == {
        "named": "/font 1",
        "missing": "HTTPError: HTTP Error 404: ",
        "of a page": refused,
        "not named": refused,
        "by itself": ["PermissionError"] * 2,
        "many": sorted(f"/{n} {n}" for n in range(20)),
    }
