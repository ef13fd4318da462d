"""The function around the steps: fetch, verify, store, tell, clean up; with steps that carry."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import playwright.sync_api
import pytest

from fanreel import errors
from fanreel.aws.storage.s3_client import s3_uri
from fanreel.config import PLAN_DIR_SIZE_LIMIT_BYTES
from fanreel.errors import CATALOGUE, MediaUnreadable
from fanreel.processes import descendants
from fanreel.storage import layout
from fanreel.storage.journal import Journal
from fanreel.storage.progress import read_progress
from fanreel.storage.sites import upload_site
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri
from handler import heartbeat
from handler.naming import OUT_OF_MEMORY
from tests.aws.carrying import Carrying
from tests.aws.handling import Function, deployed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SEGMENTS = [f"{start:08d}-{start + 10:08d}" for start in range(0, 50, 10)]
CANCEL_LIMIT_S = 4.0
"""About two seconds are promised; a busy machine may take some more."""
LARGE_BYTES = 4321


def _raised(function: Function, event: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
        function.invoke(event)
    return caught.value


def test_a_render_from_project_to_video(function: Function, steps: Carrying) -> None:
    """Plan, two chunks, assemble: the documented replies, and the video in the bucket."""
    planned = function.planned()
    assert planned == {
        "PlanManifestS3Uri": f"{function.prefix}plan.json",
        "PlanHash": planned["PlanHash"],
        "ChunkCount": 2,
        "TotalFrames": 50,
        "Fps": "30000/1001",
        "Width": 64,
        "Height": 36,
        "Format": "mp4",
        "HasAudio": True,
        "FfmpegVersion": "62",
        "ProducerVersion": "1",
        "DurationMs": 7,
    }
    second, first = (function.invoke(function.chunk_event(index)) for index in (1, 0))
    assert (first["Done"], first["NextFrame"], first["FramesEncoded"]) == (True, 20, 20)
    assert (second["ChunkIndex"], second["NextFrame"], second["FramesEncoded"]) == (1, 50, 30)
    reply = function.invoke(function.assemble_event(Cfr=True))
    assert steps.called == ["plan", "chunk 1", "chunk 0", "assemble cfr=True"]
    video = function.store.read_bytes(ObjectUri.parse(reply["OutputS3Uri"]), limit_bytes=1000)
    assert video == "".join(f"[{name}]" for name in SEGMENTS).encode() + b"audio.m4a"
    assert reply["FileSize"] == len(video)
    assert set(reply) == {"OutputS3Uri", "FramesEncoded", "FileSize", "Sha256", "DurationMs"}


def test_progress_follows_the_render(function: Function) -> None:
    """Every invocation leaves its record; frames and segments add up."""
    function.planned()
    function.invoke(function.chunk_event(0))
    activity = read_progress("r1", s3_uri(function.bucket), function.store)
    assert (activity.stage, activity.frames_done, activity.total_frames) == ("rendering", 20, 50)
    function.invoke(function.chunk_event(1))
    function.invoke(function.assemble_event())
    activity = read_progress("r1", s3_uri(function.bucket), function.store)
    assert (activity.stage, activity.frames_done) == ("done", 50)
    assert activity.unended == ()
    plan, first, second, assembled = activity.records
    assert (plan.cold, plan.init_ms, first.cold, first.init_ms) == (1, 1234, 0, 0)
    assert plan.billed_ms >= 1234
    assert (first.segments_rendered, second.segments_rendered, second.frames) == (2, 3, 30)
    assert assembled.frames == 50
    for record in activity.records:
        assert record.memory_mb == 3008
        assert record.memory_used_mb > 0
        assert record.s3_writes > 0
        assert record.s3_reads > 0


def test_a_second_render_renders_nothing(function: Function, steps: Carrying) -> None:
    """Neither in the same execution nor in a later one; no step is even begun for its chunks."""
    function.planned()
    for index in (0, 1):
        function.invoke(function.chunk_event(index))
    assert sorted(steps.rendered) == SEGMENTS
    function.render_id = "r2"
    function.planned()
    steps.called.clear()
    reply = function.invoke(function.chunk_event(1))
    assert (reply["Done"], reply["NextFrame"], reply["FramesEncoded"]) == (True, 50, 0)
    assert steps.called == []
    activity = read_progress("r2", s3_uri(function.bucket), function.store)
    assert activity.chunks[1].frames_done == 30
    assert activity.records[-1].segments_found == 3


def test_two_workers_on_one_chunk_are_harmless(function: Function, steps: Carrying) -> None:
    """The second one to finish changes nothing, and what is no segment is replaced."""
    function.planned()
    uri = s3_uri(function.bucket, f"segments/{function.plan['PlanHash']}/{SEGMENTS[0]}.mp4")
    anything = [b"anything"]

    def interfere(*_: object) -> None:
        while anything:
            function.store.write_bytes(uri, anything.pop())

    steps.during = interfere
    function.invoke(function.chunk_event(0))
    assert function.store.read_bytes(uri, limit_bytes=100) == f"[{SEGMENTS[0]}]".encode()


def test_a_worker_stops_in_time_and_another_goes_on(function: Function, steps: Carrying) -> None:
    """One segment per round, none twice, until it is done."""
    function.planned()
    replies: list[dict[str, Any]] = []
    while not replies or not replies[-1]["Done"]:
        replies.append(function.invoke(function.chunk_event(1), remaining_ms=15_000))
    assert [reply["NextFrame"] for reply in replies] == [30, 40, 50]
    assert steps.rendered == SEGMENTS[2:]
    outcomes = [
        r.outcome for r in read_progress("r1", s3_uri(function.bucket), function.store).records
    ]
    assert outcomes == ["done", "more", "more", "done"]


def test_each_error_leaves_under_its_code(function: Function, steps: Carrying) -> None:
    """The class has the code's name, the message is JSON with the facts, a record says it too."""

    def fail(*_: object) -> None:
        raise CATALOGUE[function.render_id]("what happened", path="/tmp/x", limit_bytes=7)  # noqa: S108

    steps.during = fail
    for code, error in CATALOGUE.items():
        function.render_id = code
        raised = _raised(function, function.plan_event())
        assert type(raised).__name__ == code
        assert json.loads(str(raised)) == {
            "Code": code,
            "Message": "what happened",
            "Retryable": error.retryable,
            "Action": "plan",
            "RenderId": code,
            "Facts": {"path": "/tmp/x", "limit_bytes": 7},  # noqa: S108
        }
        record = read_progress(code, s3_uri(function.bucket), function.store).records[0]
        assert record.outcome == code
        folder = layout.render(s3_uri(function.bucket), code)
        assert Journal.read(record, folder, function.store).message == "what happened"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{tmp}/run-x7/project holds no index.html", "project holds no index.html"),
        ("{tmp}/run-x7/project/a/b.mp4 is damaged", "a/b.mp4 is damaged"),
        ("chunk '{tmp}/run-x7/segments/0-9.mp4': no", "chunk 'segments/0-9.mp4': no"),
        ("no room in {tmp}/run-x7; free some", "no room in the function's disk; free some"),
        (
            "planning needs 2 GB in {tmp}, which",
            "planning needs 2 GB in the function's disk, which",
        ),
        ("{tmp}x/y and /etc/hosts", "{tmp}x/y and /etc/hosts"),
    ],
)
def test_no_path_of_the_function_s_disk_gets_into_a_message(
    function: Function, steps: Carrying, text: str, told: str
) -> None:
    """Neither into the exception, its facts, nor the record: of a path what means something."""
    text, told = (one.format(tmp=function.tmp_dir) for one in (text, told))

    def fail(*_: object) -> None:
        raise MediaUnreadable(text, path=text, paths=[text])

    steps.during = fail
    message = json.loads(str(_raised(function, function.plan_event())))
    assert message["Message"] == told
    assert message["Facts"] == {"path": told, "paths": [told]}
    record = read_progress("r1", s3_uri(function.bucket), function.store).records[0]
    folder = layout.render(s3_uri(function.bucket), "r1")
    assert Journal.read(record, folder, function.store).message == told


@pytest.mark.parametrize(
    ("exc", "code"),
    [
        (playwright.sync_api.Error("Page.evaluate: Target closed"), "UNEXPECTED_ERROR"),
        (playwright.sync_api.TimeoutError("Timeout 30000ms"), "UNEXPECTED_ERROR"),
        (KeyError("x"), "UNEXPECTED_ERROR"),
        (SystemExit(3), "UNEXPECTED_ERROR"),
        (MemoryError(), OUT_OF_MEMORY),
    ],
    ids=["playwright", "playwright timeout", "key", "exit", "memory"],
)
def test_anything_else_is_named_too(
    function: Function, steps: Carrying, exc: BaseException, code: str
) -> None:
    """No library's class becomes an error type; no exit ends the process."""

    def fail(*_: object) -> None:
        raise exc

    steps.during = fail
    raised = _raised(function, function.plan_event())
    assert type(raised).__name__ == code
    assert type(exc).__name__ in json.loads(str(raised))["Message"]
    assert raised.__cause__ is None
    assert read_progress("r1", s3_uri(function.bucket), function.store).records[0].outcome == code


def test_a_worker_leaves_no_file_and_no_process(function: Function, steps: Carrying) -> None:
    """Not even what ignores TMPDIR, or a child that outlived its owner."""
    children: list[subprocess.Popen[bytes]] = []

    def litter(*_: object) -> None:
        (function.tmp_dir / ".X99-lock").touch()
        (function.tmp_dir / ".X11-unix").mkdir()
        (function.tmp_dir / "link").symlink_to("/")
        children.append(subprocess.Popen(["sleep", "60"]))
        raise errors.BrowserCrashed

    steps.during = litter
    environment = dict(os.environ)
    (function.tmp_dir / "left by an invocation that was killed").mkdir()
    assert type(_raised(function, function.plan_event())).__name__ == "BROWSER_CRASHED"
    assert list(function.tmp_dir.iterdir()) == []
    assert children[0].pid not in descendants()
    children[0].wait(timeout=5)
    assert dict(os.environ) == environment


@pytest.mark.parametrize("action", ["plan", "renderChunk", "assemble"])
def test_no_uri_may_leave_the_bucket(
    function: Function, action: str, record_calls: Callable[[], list[str]]
) -> None:
    """Each URI of each event; S3 is not even asked."""
    function.planned()
    event = {
        "plan": function.plan_event(),
        "renderChunk": function.chunk_event(0),
        "assemble": function.assemble_event(),
    }[action]
    keys = [key for key in event if "S3" in key and event[key]]
    assert len(keys) >= 2
    for key in keys:
        record_calls()
        elsewhere = event[key].replace(function.bucket, "somebody-elses")
        raised = _raised(function, event | {key: elsewhere})
        assert type(raised).__name__ == "S3_URI_NOT_ALLOWED"
        assert json.loads(str(raised))["Facts"]["uri"] == elsewhere
        assert record_calls() == []


def test_a_cancelled_render_does_not_begin(function: Function, steps: Carrying) -> None:
    """The marker is looked at before any work."""
    function.planned()
    steps.called.clear()
    function.store.write_bytes(layout.cancelled(layout.render(s3_uri(function.bucket), "r1")), b"")
    for event in (function.plan_event(), function.chunk_event(0), function.assemble_event()):
        assert type(_raised(function, event)).__name__ == "RENDER_CANCELLED"
    assert steps.called == []
    assert read_progress("r1", s3_uri(function.bucket), function.store).records[-1].failed


def test_a_worker_hears_that_its_render_is_cancelled(function: Function, steps: Carrying) -> None:
    """Between two frames; nothing of the segment is kept."""
    function.planned()
    marker = layout.cancelled(layout.render(s3_uri(function.bucket), "r1"))

    def draw(heartbeat: Callable[[int], None]) -> None:
        function.store.write_bytes(marker, b"")
        for frame in range(100_000):  # nine minutes and more, if nobody heard
            heartbeat(frame)
            time.sleep(0.005)

    steps.during = draw
    started = time.monotonic()
    assert type(_raised(function, function.chunk_event(0))).__name__ == "RENDER_CANCELLED"
    assert time.monotonic() - started < CANCEL_LIMIT_S
    assert steps.rendered == []


@pytest.mark.parametrize("action", ["plan", "assemble"])
def test_a_step_that_says_nothing_is_cancelled_too(
    function: Function, steps: Carrying, action: str
) -> None:
    """Its child is ended, on which it waits, and others with it; the container is as before."""
    function.planned()
    for index in (0, 1):
        function.invoke(function.chunk_event(index))
    event = function.plan_event() if action == "plan" else function.assemble_event()
    folder = layout.render(s3_uri(function.bucket), "r1")
    children: list[subprocess.Popen[bytes]] = []

    def wait() -> None:
        function.store.write_bytes(layout.cancelled(folder), b"")
        children.append(subprocess.Popen(["sleep", "600"]))
        assert steps.cancelled.wait(600)
        raise errors.RenderCancelled

    steps.during = wait
    started = time.monotonic()
    assert type(_raised(function, event)).__name__ == "RENDER_CANCELLED"
    assert time.monotonic() - started < CANCEL_LIMIT_S
    children[0].wait(timeout=0)  # gone, or this raises
    record = read_progress("r1", s3_uri(function.bucket), function.store).records[-1]
    assert (record.invocation.work, record.outcome) == (action, "RENDER_CANCELLED")
    function.store.delete_objects([layout.cancelled(folder)])
    steps.during = lambda *_: None
    assert function.invoke(event)


def test_a_transfer_is_cancelled_too(function: Function, steps: Carrying, tmp_path: Path) -> None:
    """In the middle of an object, on whatever thread it is read; here a byte takes 50 ms."""
    (tmp_path / "large").mkdir()
    (tmp_path / "large/index.html").write_bytes(b"x" * LARGE_BYTES)
    site = upload_site(tmp_path / "large", s3_uri(function.bucket), function.store)
    marker = layout.cancelled(layout.render(s3_uri(function.bucket), "r1"))
    reads: list[None] = []

    def dribble(parsed: dict[str, Any], **_answer: Any) -> None:
        if parsed.get("ContentLength") != LARGE_BYTES:
            return
        read = parsed["Body"].read

        def read_slowly(_amt: int | None = None) -> bytes:
            if not reads:
                function.store.write_bytes(marker, b"")
            reads.append(None)
            time.sleep(0.05)
            return bytes(read(1))

        parsed["Body"].read = read_slowly

    function.s3.meta.events.register("after-call.s3.GetObject", dribble)
    started = time.monotonic()
    event = function.plan_event(ProjectS3Uri=site.uri)
    assert type(_raised(function, event)).__name__ == "RENDER_CANCELLED"
    assert time.monotonic() - started < CANCEL_LIMIT_S
    assert 0 < len(reads) < LARGE_BYTES
    assert steps.called == []


def test_nothing_is_stored_after_a_cancel(function: Function, steps: Carrying) -> None:
    """A plan that was cancelled while it was made leaves no manifest."""
    marker = layout.cancelled(layout.render(s3_uri(function.bucket), "r1"))
    steps.during = lambda *_: function.store.write_bytes(marker, b"")
    assert type(_raised(function, function.plan_event())).__name__ == "RENDER_CANCELLED"
    names = {o.uri.name for o in function.store.list_objects(s3_uri(function.bucket, "renders/"))}
    assert "plan.json" not in names


def test_a_counter_is_written_every_two_seconds_at_most(
    function: Function, steps: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the step says how far it is."""
    written: list[str] = []

    write = function.store.write_bytes

    def count(uri: ObjectUri, data: bytes) -> None:
        written.append(uri.name)
        write(uri, data)

    monkeypatch.setattr(function.store, "write_bytes", count)
    monkeypatch.setattr(heartbeat, "WRITE_S", 3600.0)

    def draw(heartbeat: Callable[[int], None]) -> None:
        for frame in range(10_000):
            heartbeat(frame)

    function.planned()
    written.clear()
    steps.during = draw
    function.invoke(function.chunk_event(0))
    assert len([name for name in written if name.startswith("live.")]) == 1
    assert len([name for name in written if name.startswith("run.")]) == 1


def test_a_worker_that_is_stopped_ends_its_request(function: Function, steps: Carrying) -> None:
    """By a code of its own that is retryable, in the record too; and it begins no other."""
    steps.during = lambda *_: function.worker.stop()
    raised = _raised(function, function.plan_event())
    assert type(raised).__name__ == "INSTANCE_STOPPED"
    assert json.loads(str(raised))["Retryable"] is True
    [record] = read_progress("r1", s3_uri(function.bucket), function.store).records
    assert record.outcome == "INSTANCE_STOPPED"
    steps.during = lambda *_: None
    assert type(_raised(function, function.plan_event())).__name__ == "INSTANCE_STOPPED"


def test_progress_is_worth_less_than_a_render(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it cannot be written, the render goes on; the log says so."""
    write = function.store.write_bytes

    def refuse(uri: ObjectUri, data: bytes) -> None:
        if layout.PROGRESS in uri.key:
            raise errors.StorageUnavailable("S3 failed")
        write(uri, data)

    monkeypatch.setattr(function.store, "write_bytes", refuse)
    assert function.planned()["ChunkCount"] == 2
    continued = [line for line in function.lines() if line["message"] == "continued"]
    assert continued
    assert continued[0]["code"] == "STORAGE_UNAVAILABLE"


def test_each_invocation_tells_a_start_and_an_end(function: Function, steps: Carrying) -> None:
    """JSON lines with render id, chunk and code; never those of the invocation before."""
    function.planned()
    function.invoke(function.chunk_event(1))
    steps.during = lambda *_: 1 / 0
    _raised(function, function.chunk_event(0))
    _raised(function, {"Action": "nothing"})
    lines = [line for line in function.lines() if line["message"] != "composition"]
    assert [line["message"] for line in lines] == [
        "start", "end", "start", "end", "start", "error", "error",
    ]  # fmt: skip
    assert [line.get("ChunkIndex") for line in lines] == [None, None, 1, 1, 0, 0, None]
    assert [line.get("RenderId") for line in lines] == ["r1"] * 6 + [None]
    assert [line["cold_start"] for line in lines if line["message"] == "start"] == [
        True, False, False,
    ]  # fmt: skip
    assert lines[5]["code"] == "UNEXPECTED_ERROR"
    assert "ZeroDivisionError" in lines[5]["exception"]
    assert lines[6]["code"] == "INVALID_CONFIG"
    assert len({line["function_request_id"] for line in lines}) == 4
    warned = [line for line in function.lines() if line["message"] == "composition"]
    assert warned[0]["reason"] == "clips overlap"


def test_metrics_are_published(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    """One EMF object per invocation, of few names and values: each pair is billed as a metric."""
    function.planned()
    function.invoke(function.chunk_event(1))
    plan, chunk = map(json.loads, capsys.readouterr().out.splitlines())
    assert (plan["work"], chunk["work"]) == ("plan", "chunk")
    (published,) = chunk["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in published["Metrics"]} == {"Billed", "MemoryUsed"}
    assert [set(names) for names in published["Dimensions"]] == [{"service", "work"}]
    assert chunk["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "fanreel"


def test_the_extraction_cache_is_used_where_one_is_named(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """A container that keeps a disk may name a folder; its numbers are logged and recorded."""
    cache = {"FANREEL_EXTRACT_CACHE_DIR": str(tmp_path / "cache")}
    with deployed(s3, bucket, tmp_path, Carrying(), environ=cache) as function:
        function.planned()
        function.invoke(function.chunk_event(1))
        ended = [line for line in function.lines() if line["message"] == "end"][-1]
        assert (ended["cache_hits"], ended["cache_freed_bytes"]) == (3, 7)
        record = read_progress("r1", s3_uri(bucket), store).records[-1]
        assert (record.cache_hits, record.cache_freed_bytes, record.cache_misses) == (3, 7, 0)


def test_variables_may_come_from_s3(function: Function, steps: Carrying) -> None:
    """When they are too big for the event; what is no JSON object is refused."""
    uri = s3_uri(function.bucket, "renders/r1/variables-x.json")
    function.store.write_bytes(uri, json.dumps({"title": "x" * 300_000}).encode())
    function.planned(VariablesS3Uri=str(uri))
    assert steps.config is not None
    assert len(steps.config.variables["title"]) == 300_000
    for body in (b"[1]", b"{"):
        function.store.write_bytes(uri, body)
        raised = _raised(function, function.plan_event(VariablesS3Uri=str(uri)))
        assert type(raised).__name__ == "INVALID_VARIABLES"


@pytest.mark.parametrize(
    ("environ", "cap"),
    [
        ({}, PLAN_DIR_SIZE_LIMIT_BYTES),
        ({"FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES": "5000000000"}, 5_000_000_000),
        ({"FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES": "5000"}, 5000),
    ],
)
def test_the_deployment_caps_the_plan(
    s3: "S3Client", bucket: str, tmp_path: Path, environ: dict[str, str], cap: int
) -> None:
    """Also above the default; a caller may lower it, never raise it above what the disk holds."""
    steps = Carrying()
    with deployed(s3, bucket, tmp_path, steps, environ=environ) as function:
        asked = "planDirSizeLimitBytes"
        for config, given in (({}, cap), ({asked: 1000}, 1000), ({asked: 2**40}, cap)):
            function.planned(Config=config)
            assert steps.config is not None
            assert steps.config.plan_dir_size_limit_bytes == given
            assert steps.config.runtime_cap == "lambda"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ChunkIndex": 2}, "CHUNK_INDEX_OUT_OF_RANGE"),
        ({"PlanHash": "0" * 64}, "PLAN_HASH_MISMATCH"),
        ({"Format": "mov"}, "INVALID_CONFIG"),
    ],
)
def test_another_plan_than_asked_for_is_refused(
    function: Function, steps: Carrying, change: dict[str, Any], code: str
) -> None:
    """Before a browser starts."""
    function.planned()
    steps.called.clear()
    assert type(_raised(function, function.chunk_event(0, **change))).__name__ == code
    assert steps.called == []


def test_a_missing_segment_is_named(function: Function) -> None:
    """Assembling before all is rendered can be tried again."""
    function.planned()
    function.invoke(function.chunk_event(0))
    raised = _raised(function, function.assemble_event())
    assert type(raised).__name__ == "MISSING_PLAN_ARTIFACT"
    assert any(name in str(raised) for name in SEGMENTS[2:])


@pytest.mark.parametrize("output", ["outputs/r1.tar", "outputs/r1/"])
def test_a_png_sequence_is_one_tar_or_many_objects(function: Function, output: str) -> None:
    """As the output's URI says."""
    function.planned(Config={"format": "png-sequence"})
    for index in (0, 1):
        function.invoke(function.chunk_event(index))
    uri = f"s3://{function.bucket}/{output}"
    reply = function.invoke(function.assemble_event(OutputS3Uri=uri))
    stored = list(function.store.list_objects(s3_uri(function.bucket, "outputs/")))
    assert len(stored) == (1 if output.endswith(".tar") else 5)
    if output.endswith(".tar"):
        assert reply["FileSize"] == stored[0].size_bytes


@pytest.mark.parametrize("output", ["outputs/r1.mov", "outputs/r1/", "outputs/r1"])
def test_an_output_that_does_not_fit_is_refused(function: Function, output: str) -> None:
    """An mp4 is not stored under another name; said before anything is fetched."""
    function.planned()
    uri = f"s3://{function.bucket}/{output}"
    raised = _raised(function, function.assemble_event(OutputS3Uri=uri))
    assert type(raised).__name__ == "INVALID_CONFIG"
    assert "ends in .mp4" in str(raised)


def test_an_output_that_does_not_fit_is_refused_before_planning(
    function: Function, steps: Carrying
) -> None:
    """Whoever starts the execution hears of it at once, and of a foreign bucket too."""
    for uri, code in {
        f"s3://{function.bucket}/outputs/r1.mov": "INVALID_CONFIG",
        f"s3://{function.bucket}/r1.mp4": "INVALID_CONFIG",
        "s3://elsewhere/outputs/r1.mp4": "S3_URI_NOT_ALLOWED",
    }.items():
        raised = _raised(function, function.plan_event(OutputS3Uri=uri))
        assert type(raised).__name__ == code
    assert steps.called == []


def test_a_full_disk_while_fetching_is_told(
    function: Function, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And a missing project, and storage that fails: each by its name."""
    gone = f"s3://{function.bucket}/sites/gone/site.json"
    raised = _raised(function, function.plan_event(ProjectS3Uri=gone))
    assert type(raised).__name__ == "ASSET_NOT_FOUND"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/index.html").write_text("x")
    site = upload_site(tmp_path / "other", s3_uri(function.bucket), function.store)
    for found in function.store.list_objects(s3_uri(function.bucket, layout.SITE_FILES)):
        function.store.write_bytes(found.uri, b"damaged")
    raised = _raised(function, function.plan_event(ProjectS3Uri=site.uri))
    assert type(raised).__name__ == "ARTIFACT_DIGEST_MISMATCH"
