"""The account's limits, read over Lambda's own protocol."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest

from fanreel.aws.cost.quotas import read_quotas
from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.errors import InvalidConfig, StorageUnavailable

SESSION = boto3.Session("a", "b", region_name="eu-west-1")


@contextmanager
def account(status: int, body: dict[str, object]) -> Iterator[str]:
    """Answer GetAccountSettings, which no emulator knows, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path.rstrip("/") == "/2016-08-19/account-settings"
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def limits(concurrency: int, unreserved: int) -> dict[str, object]:
    """Lambda's answer."""
    return {
        "AccountLimit": {
            "ConcurrentExecutions": concurrency,
            "UnreservedConcurrentExecutions": unreserved,
        }
    }


def test_a_usual_account_gets_two_vcpus() -> None:
    """1000 at once: no warning."""
    with account(200, limits(1000, 950)) as url:
        found = read_quotas(SESSION, endpoint_url=url)
    assert (found.region, found.concurrency, found.memory_mb) == ("eu-west-1", 1000, 3538)
    assert found.reservable == 850
    assert found.warnings == ()


def test_a_new_account_gets_what_it_may_have(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints both warnings."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with account(200, limits(10, 10)) as url:
        argv = ["lambda", "quotas", "--region", "eu-west-1", "--endpoint-url", url]
        assert run(app, argv) == 0
        said = capsys.readouterr().out
        assert run(app, [*argv, "--json"]) == 0
    assert "memory to deploy with: 3008 MB" in said
    assert said.count("warning:") == 2
    answer = json.loads(capsys.readouterr().out)
    assert (answer["isNewAccount"], answer["memoryLimitMb"]) == (True, 3008)


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, InvalidConfig), (500, StorageUnavailable)],
)
def test_a_refusal_and_an_outage_are_told_apart(
    status: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One has to be changed, the other only waited for."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with (
        account(status, {"Message": "no"}) as url,
        pytest.raises(error, match="reading the account"),
    ):
        read_quotas(boto3.Session("a", "b", region_name="eu-west-1"), endpoint_url=url)
