"""How far a render is, from nothing but names, sizes and dates."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import CATALOGUE, InvalidConfig
from fanreel.storage.invocations import (
    ASSEMBLE,
    DONE,
    MORE,
    PLAN,
    Invocation,
    InvocationRecord,
    chunk_work,
)
from fanreel.storage.layout import require_render_id
from fanreel.storage.progress import parse_progress
from fanreel.storage.store import StoredObject

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _stored(name: str, size_bytes: int = 0) -> StoredObject:
    return StoredObject(
        uri=s3_uri("bucket", f"renders/r/progress/{name}"), size_bytes=size_bytes, modified=NOW
    )


def _at(work: str, started_ms: int, request: str = "0a1b2c3d") -> Invocation:
    return Invocation(work=work, started_ms=started_ms, request=request)


def _run(work: str, started_ms: int, outcome: str, **numbers: int) -> StoredObject:
    invocation = _at(work, started_ms)
    return _stored(InvocationRecord(invocation=invocation, outcome=outcome, **numbers).name())


def _live(work: str, started_ms: int, frames: int) -> StoredObject:
    return _stored(_at(work, started_ms).live_name(), frames)


PLANNED = _run(PLAN, 1, DONE, total_frames=500, chunk_count=2, segment_frames=120)


@given(
    st.builds(
        InvocationRecord,
        invocation=st.builds(
            Invocation,
            work=st.sampled_from([PLAN, ASSEMBLE, chunk_work(0), chunk_work(9999)]),
            started_ms=st.integers(0, 10**13),
            request=st.text("0123456789abcdef", min_size=8, max_size=8),
        ),
        outcome=st.sampled_from([DONE, MORE, "Runtime.OutOfMemory", *CATALOGUE]),
        billed_ms=st.integers(0, 900_000),
        init_ms=st.integers(0, 10_000),
        memory_used_mb=st.integers(0, 10_240),
        memory_mb=st.integers(0, 10_240),
        tmp_mb=st.integers(0, 10_240),
        cold=st.integers(0, 1),
        frames=st.integers(0, 10**7),
        segments_rendered=st.integers(0, 10**5),
        segments_found=st.integers(0, 10**5),
        s3_writes=st.integers(0, 10**5),
        s3_reads=st.integers(0, 10**5),
        total_frames=st.integers(0, 10**7),
        chunk_count=st.integers(0, 10**4),
        segment_frames=st.integers(0, 10**4),
    )
)
@example(InvocationRecord(invocation=_at(PLAN, 1), outcome=DONE, total_frames=9, chunk_count=1))
@example(InvocationRecord(invocation=_at(PLAN, 1), outcome=DONE, chunk_count=1, segment_frames=9))
def test_a_name_holds_the_whole_record(record: InvocationRecord) -> None:
    """Writing and listing are inverse; names stay far below S3's 1024 bytes."""
    activity = parse_progress("r", [_stored(record.name())])
    assert activity.records == (record,)
    assert len(record.name()) < 300


def test_before_anything_was_written_a_render_is_queued() -> None:
    """No object, no error."""
    activity = parse_progress("r", [])
    assert (activity.stage, activity.total_frames, activity.chunks) == ("queued", None, ())


def test_stages_follow_the_objects() -> None:
    """Planning, rendering, assembling, done; and cancelled is seen at any time."""
    steps = [
        ("planning", _live(PLAN, 1, 0)),
        ("rendering", PLANNED),
        ("rendering", _run(chunk_work(0), 2, DONE)),
        ("assembling", _run(chunk_work(1), 2, DONE)),
        ("done", _run(ASSEMBLE, 3, DONE)),
    ]
    seen: list[StoredObject] = []
    for stage, item in steps:
        seen.append(item)
        assert parse_progress("r", seen).stage == stage
    marker = StoredObject(uri=s3_uri("bucket", "renders/r/cancelled"), size_bytes=0, modified=NOW)
    assert parse_progress("r", [marker, *seen]).cancelled


def test_a_counter_counts_by_its_size() -> None:
    """Frames of a chunk are those of its furthest invocation, never more than it has."""
    activity = parse_progress(
        "r",
        [
            PLANNED,
            _live(chunk_work(0), 2, 100),
            _live(chunk_work(0), 3, 40),
            _run("00001", 2, DONE),
        ],
    )
    assert activity.total_frames == 500
    assert [chunk.frames for chunk in activity.chunks] == [240, 260]
    assert [chunk.frames_done for chunk in activity.chunks] == [100, 260]
    assert activity.frames_done == 360
    assert [chunk.state for chunk in activity.chunks] == ["running", "done"]


def test_what_failed_and_what_was_killed_is_told_apart() -> None:
    """A failure leaves a record with its code; a killed worker only its counter."""
    work = chunk_work(0)
    killed, failed = _live(work, 2, 119), _live(work, 3, 50)
    activity = parse_progress("r", [PLANNED, killed, failed, _run(work, 3, "BROWSER_CRASHED")])
    chunk = activity.chunks[0]
    assert (chunk.attempts, chunk.failures, chunk.frames_done) == (2, 1, 119)
    assert [counter.invocation.started_ms for counter in activity.unended] == [2]
    assert activity.unended[0].last_seen == NOW
    assert [record.outcome for record in activity.records if record.failed] == ["BROWSER_CRASHED"]


def test_a_chunk_between_two_rounds_is_running() -> None:
    """Stopped at its deadline is not failed; failed and not begun again is."""
    for outcome, state in {MORE: "running", "CAPTURE_TIMEOUT": "failed"}.items():
        activity = parse_progress("r", [PLANNED, _run(chunk_work(1), 2, outcome, frames=120)])
        assert activity.chunks[1].state == state
        assert activity.chunks[1].frames_done == 120
        assert activity.chunks[0].state == "waiting"


def test_names_of_others_are_passed_over() -> None:
    """What a later version adds does not break this one."""
    newer = _stored(_run(chunk_work(0), 2, DONE).uri.name + ".zz9.q")
    others = [_stored(name) for name in ("run", "run.x", "live.00000.x.y", "else.00000.1.2")]
    activity = parse_progress("r", [PLANNED, newer, *others])
    assert activity.chunks[0].state == "done"
    assert len(activity.records) == 2


@pytest.mark.parametrize("render_id", ["", "-a", "a/b", "a.b", "ü", "a" * 81])
def test_a_render_id_can_name_everything(render_id: str) -> None:
    """It names an execution, a folder and a file."""
    with pytest.raises(InvalidConfig, match="render id"):
        require_render_id(render_id)
