"""`progress.json`: written by whichever worker, read by anybody with a link."""

import json
import time
import urllib.request
from typing import Any

import pytest

from fanreel.aws import RenderClient
from fanreel.storage import layout
from fanreel.storage.invocations import Invocation
from fanreel.storage.uris import ObjectUri
from handler import heartbeat, publishing
from handler.publishing import ProgressDocument
from tests.aws.carrying import Carrying
from tests.aws.handling import Function
from tests.aws.scripted_worker import wait_until


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Have the function keep the document, and often."""
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.1)
    monkeypatch.setattr(heartbeat, "WRITE_S", 0.1)
    monkeypatch.setattr(publishing, "_OTHERS_AT_FIRST", 1)
    return {"FANREEL_PROGRESS_DOCUMENT": "1"}


def _document(function: Function) -> ObjectUri:
    return layout.progress_document(ObjectUri.parse(function.prefix))


def _read(function: Function) -> dict[str, Any]:
    uri = _document(function)
    body = function.s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
    read: dict[str, Any] = json.loads(body)
    return read


def test_anybody_with_a_link_sees_how_far_a_render_is(
    function: Function, steps: Carrying, bucket: str
) -> None:
    """While it is planned, and while its chunks are rendered."""
    client = RenderClient(
        bucket=bucket, state_machine_arn="arn:aws:states:eu-central-1:1:stateMachine:render"
    )
    link = client.progress_url("r1", expires_s=60)
    seen: list[dict[str, Any]] = []

    def work(*_: Any) -> None:
        count = len(seen)

        def told() -> bool:
            if function.store.look_up(_document(function)) is None:
                return False
            with urllib.request.urlopen(link) as answer:  # noqa: S310 (loopback)
                assert answer.headers["Content-Type"] == "application/json"
                assert answer.headers["Cache-Control"] == "no-store"
                now = json.loads(answer.read())
            if now["Stage"] != ("rendering" if count else "planning"):
                return False
            seen.append(now)
            return True

        wait_until(told)

    steps.during = work
    function.planned()
    function.invoke(function.chunk_event(0))
    planning, rendering = seen[0], seen[-1]
    assert planning["RenderId"] == "r1"
    assert (planning["Status"], planning["Fraction"], planning["TotalFrames"]) == (
        "RUNNING", 0.0, None,
    )  # fmt: skip
    assert (rendering["TotalFrames"], rendering["ChunkCount"]) == (50, 2)
    assert abs(rendering["UpdatedAtMs"] / 1000 - time.time()) < 60


def _worker(function: Function, started_ms: int) -> ProgressDocument:
    invocation = Invocation(work="00000", started_ms=started_ms, request="abc")
    return ProgressDocument(function.store, ObjectUri.parse(function.prefix), invocation)


def test_the_end_is_not_overwritten_by_a_worker_that_runs_on(function: Function) -> None:
    """One that began after it, as after a redrive, may."""
    function.planned()
    ended = {"RenderId": "r1", "Status": "FAILED", "StoppedAtMs": 2000}
    function.store.write_bytes(_document(function), json.dumps(ended).encode())
    _worker(function, 1000).write()
    assert _read(function) == ended
    _worker(function, 3000).write()
    assert _read(function)["Status"] == "RUNNING"


@pytest.mark.parametrize("there", [b"no json", b"[]", b""])
def test_whatever_lies_there_is_replaced(function: Function, there: bytes) -> None:
    """Anyone who may write to the bucket may leave anything."""
    function.planned()
    function.store.write_bytes(_document(function), there)
    _worker(function, 1000).write()
    assert _read(function)["Status"] == "RUNNING"


def test_many_workers_write_as_often_as_one(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by a lot that grows smaller with their number."""
    written: list[int] = []
    monkeypatch.setattr(ProgressDocument, "write", lambda _self: written.append(1))
    workers = [_worker(function, number) for number in range(100)]
    for worker in workers:
        worker._running = 100
    for _ in range(50):
        for worker in workers:
            worker.beat()
    assert 20 < len(written) < 100
