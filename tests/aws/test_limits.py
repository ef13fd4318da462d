"""Time and money of a render: the function ends it itself, whoever started it."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fanreel.aws.deploy.stack_settings import Settings
from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import CALLER_CODES, InvalidConfig, RenderCancelled
from fanreel.remote.inputs import build_request
from fanreel.storage import layout
from fanreel.storage.invocations import Invocation, InvocationRecord
from fanreel.storage.uris import ObjectUri
from handler import heartbeat
from tests.aws.carrying import Carrying
from tests.aws.handling import Function

MINUTE_MS = 60_000


def _limits(*, ago_s: float = 0.0, **given: float) -> dict[str, Any]:
    started = datetime.now(UTC) - timedelta(seconds=ago_s)
    return {"StartedAt": started.isoformat(), **given}


def _failure(function: Function, event: Any) -> dict[str, Any]:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
        function.invoke(event)
    message: dict[str, Any] = json.loads(str(caught.value))
    assert type(caught.value).__name__ == message["Code"]
    return message


def _spent(function: Function, minutes: float) -> None:
    """Leave the record of a worker that was billed so long."""
    record = InvocationRecord(
        invocation=Invocation(work="00000", started_ms=1, request="other"),
        outcome="more",
        billed_ms=int(minutes * MINUTE_MS),
        memory_mb=3008,
    )
    folder = ObjectUri.parse(function.prefix)
    function.store.write_bytes(layout.progress(folder).joined(record.name()), record.to_json())


@pytest.mark.parametrize("action", ["plan", "chunk", "assemble"])
def test_a_render_whose_time_is_over_begins_nothing(
    function: Function, steps: Carrying, action: str
) -> None:
    """Whatever its next task is."""
    function.planned(Limits=_limits(TimeoutSeconds=60))
    for index in (0, 1):
        function.invoke(function.chunk_event(index, Limits=_limits(ago_s=50, TimeoutSeconds=60)))
    steps.called.clear()
    over = _limits(ago_s=61, TimeoutSeconds=60)
    event = {
        "plan": function.plan_event(Limits=over),
        "chunk": function.chunk_event(1, Limits=over),
        "assemble": function.assemble_event(Limits=over),
    }[action]
    message = _failure(function, event)
    assert message["Code"] == "RENDER_TIMED_OUT"
    assert message["Facts"]["limit_s"] == 60
    assert steps.called == []


def test_a_render_is_ended_when_its_time_is_over(
    function: Function, steps: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a step, as if somebody had cancelled it."""
    monkeypatch.setattr(heartbeat, "POLL_S", 0.1)

    def work(*_: Any) -> None:
        assert steps.cancelled.wait(30)
        raise RenderCancelled

    steps.during = work
    began = time.monotonic()
    event = function.plan_event(Limits=_limits(ago_s=59, TimeoutSeconds=60))
    assert _failure(function, event)["Code"] == "RENDER_TIMED_OUT"
    assert 0.5 < time.monotonic() - began < 20


def test_a_render_that_cost_enough_begins_nothing(function: Function, steps: Carrying) -> None:
    """All its workers' records together; a minute of 3 GB is 0.003 USD in this region."""
    _spent(function, minutes=1)
    assert function.planned(Limits=_limits(MaxCostUsd=0.01))["ChunkCount"] == 2
    steps.called.clear()
    message = _failure(function, function.chunk_event(0, Limits=_limits(MaxCostUsd=0.003)))
    assert message["Code"] == "RENDER_COST_LIMIT"
    assert message["Facts"]["spent_usd"] == pytest.approx(0.0034, rel=0.2)
    assert steps.called == []


def test_a_render_is_ended_once_it_costs_too_much(
    function: Function, steps: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what others have used meanwhile, too."""
    monkeypatch.setattr(heartbeat, "COST_POLL_S", 0.1)
    working = threading.Event()

    def work(*_: Any) -> None:
        if not working.is_set():
            working.set()
            _spent(function, minutes=10)
        assert steps.cancelled.wait(30)
        raise RenderCancelled

    steps.during = work
    event = function.plan_event(Limits=_limits(MaxCostUsd=0.01))
    assert _failure(function, event)["Code"] == "RENDER_COST_LIMIT"


def test_limits_raise_no_alarm() -> None:
    """Whoever set them wanted it so."""
    assert {"RENDER_TIMED_OUT", "RENDER_COST_LIMIT"} <= set(CALLER_CODES)


def test_the_client_sends_limits() -> None:
    """As fields of the execution's input, if they are given."""
    given: dict[str, Any] = {"bucket": s3_uri("b-1"), "project_uri": "s3://b-1/sites/a/site.json"}
    document = build_request(**given, timeout_s=600, cost_limit_usd=0.5).to_json()
    assert (document["TimeoutSeconds"], document["MaxCostUsd"]) == (600, 0.5)
    assert {"TimeoutSeconds", "MaxCostUsd"}.isdisjoint(build_request(**given).to_json())
    for wrong in ({"timeout_s": 0}, {"cost_limit_usd": float("nan")}):
        with pytest.raises(InvalidConfig, match="a number above 0"):
            build_request(**given, **wrong)


def test_the_settings_agree() -> None:
    """What a render gets by default may not be more than it may ask for."""
    with pytest.raises(InvalidConfig, match="more than concurrency_limit"):
        Settings.chosen({"concurrency_limit": "50"})
    assert Settings.chosen({"concurrency_limit": "50", "max_concurrency": "50"})
