"""The function with the real steps: a browser, an encoder, and S3 on loopback."""

import contextlib
import http.server
import ipaddress
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import psutil
import pytest

from fanreel.assembly import assemble
from fanreel.aws.storage.s3_client import s3_uri
from fanreel.config import RenderConfig
from fanreel.local import render
from fanreel.planning import plan
from fanreel.processes import descendants
from fanreel.rendering import render_chunk
from fanreel.storage import layout
from fanreel.storage.progress import read_progress
from fanreel.storage.store import ObjectStore
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri
from tests.aws.handling import deployed, short_tmp_dir
from tests.aws.runtime_api import container
from tests.aws.scripted_worker import wait_until
from tests.media.sources import clicks, write_sound_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.media

CONFIG = {"quality": "draft", "targetChunkFrames": 20, "segmentFrames": 4}
FRAMES, SEGMENTS = 40, 10
CANCEL_LIMIT_S = 5.0
"""About two seconds are promised; with a browser to end, a busy machine takes more."""


def _project(folder: Path, body: str, duration_s: str = "0.2") -> Path:
    folder.mkdir()
    (folder / "index.html").write_text(
        "<!doctype html><style>@keyframes go {to {transform: translateX(90px) rotate(1turn)}} "
        "b {position: absolute; background: #4de2c5; animation: go 2s linear both}</style>"
        f'<div data-composition-id="main" data-start="0" data-duration="{duration_s}" '
        f'data-width="160" data-height="90">{body}</div>'
    )
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project in which a word moves for 40 frames."""
    return _project(tmp_path / "moving", "<b>word</b>", f"{FRAMES / 30:.4f}")


@contextlib.contextmanager
def _watching_children() -> Iterator[dict[str, set[str]]]:
    """Collect, by command, the names in the environments of all processes that are started."""
    seen: dict[str, set[str]] = {}
    of_other_tests = descendants()  # such as a browser that several share
    ourselves = Path("/proc/self/cmdline").read_bytes()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            for pid in descendants() - of_other_tests:
                with contextlib.suppress(OSError, psutil.Error):
                    # Between fork and exec a child is still a copy of us, environment and all.
                    if Path(f"/proc/{pid}/cmdline").read_bytes() == ourselves:
                        continue
                    names = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                    command = psutil.Process(pid).name()
                    seen.setdefault(command, set()).update(
                        name.partition(b"=")[0].decode() for name in names if name
                    )

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def test_lambda_renders_what_this_machine_renders(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path, project: Path
) -> None:
    """
    Through the handler in two chunks, and by the bare steps in one: the very same bytes.

    Meanwhile no browser, display server or driver sees an AWS variable, and afterwards none runs.
    """
    before = descendants()
    with (
        deployed(s3, bucket, tmp_path, None, project) as function,
        _watching_children() as seen,
    ):
        planned = function.planned(Config=CONFIG)
        assert (planned["TotalFrames"], planned["ChunkCount"], planned["Fps"]) == (FRAMES, 2, 30)
        for index in (1, 0):
            reply = function.invoke(function.chunk_event(index))
            assert (reply["Done"], reply["FramesEncoded"]) == (True, FRAMES // 2)
        assembled = function.invoke(function.assemble_event())
        assert assembled["FramesEncoded"] == FRAMES
    assert descendants() - before == set()
    assert any("chrom" in command for command in seen)
    for command, names in seen.items():
        leaked = {n for n in names if n.startswith(("AWS_", "LAMBDA_", "_X_AMZN", "FANREEL_R"))}
        assert not leaked, command
    fetch_file(store, ObjectUri.parse(assembled["OutputS3Uri"]), tmp_path / "lambda.mp4")
    config = RenderConfig.from_json(CONFIG | {"targetChunkFrames": FRAMES})
    assert plan(project, config, tmp_path / "plan").plan_hash == planned["PlanHash"]
    chunk = render_chunk(tmp_path / "plan", 0, tmp_path / "chunk.mp4")
    assert chunk.path is not None
    assemble(tmp_path / "plan", [chunk.path], None, tmp_path / "local.mp4")
    assert (tmp_path / "local.mp4").read_bytes() == (tmp_path / "lambda.mp4").read_bytes()


@pytest.mark.parametrize(
    ("config", "extension", "codec"),
    [
        ({"format": "webm"}, "webm", "vp9"),
        ({"format": "gif", "fps": 15}, "gif", "gif"),
        ({"hdrMode": "force-hdr"}, "mp4", "hevc"),
        ({"format": "mov"}, "mov", "prores"),
    ],
)
def test_every_format_is_rendered_in_chunks(
    s3: "S3Client",
    store: ObjectStore,
    bucket: str,
    tmp_path: Path,
    config: dict[str, Any],
    extension: str,
    codec: str,
) -> None:
    """
    By the function in two chunks: the bytes that this machine makes of one, and transparent.

    What is joined by packets is so by parts, as if there were no room on the disk for the whole.
    """
    project = _project(tmp_path / "moving", "<b>word</b>", "0.4")
    config = config | {"quality": "draft", "targetChunkFrames": 1, "segmentFrames": 3}
    if extension in ("mov", "gif"):
        del config["quality"]
    environ = {} if extension == "gif" else {"FANREEL_ASSEMBLY_ROOM_BYTES": "1"}
    with deployed(s3, bucket, tmp_path, None, project, environ) as function:
        planned = function.planned(Config=config | {"maxParallelChunks": 2})
        assert planned["ChunkCount"] == 2
        for index in (1, 0):
            function.invoke(function.chunk_event(index))
        uri = f"s3://{bucket}/outputs/r1.{extension}"
        reply = function.invoke(function.assemble_event(OutputS3Uri=uri))
    content = fetch_file(store, ObjectUri.parse(uri), tmp_path / f"lambda.{extension}")
    assert (reply["Sha256"], reply["FileSize"]) == (content.sha256, content.size_bytes)
    local = tmp_path / f"local.{extension}"
    render(project, local, RenderConfig.from_json(config), workers=1)
    assert local.read_bytes() == (tmp_path / f"lambda.{extension}").read_bytes()
    with av.open(str(local)) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name == codec
        if extension == "webm":
            tags = {name.lower(): value for name, value in stream.metadata.items()}
            assert tags["alpha_mode"] == "1"


@pytest.mark.parametrize("output_format", ["wav", "m4a", "mp3"])
def test_a_sound_alone_is_what_this_machine_makes(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path, output_format: str
) -> None:
    """It is planned and put in its place; its progress waits for no frames."""
    project = _project(tmp_path / "heard", '<audio src="pulse.wav" data-start="0.1"></audio>')
    write_sound_file(project / "pulse.wav", clicks(0.1, [0]))
    config = {"format": output_format}
    with deployed(s3, bucket, tmp_path, None, project) as function:
        assert function.planned(Config=config)["ChunkCount"] == 0
        uri = f"s3://{bucket}/outputs/r1.{output_format}"
        reply = function.invoke(function.assemble_event(OutputS3Uri=uri))
    assert (reply["FramesEncoded"], reply["DurationMs"]) == (0, 200)
    fetch_file(store, ObjectUri.parse(uri), tmp_path / f"lambda.{output_format}")
    local = tmp_path / f"local.{output_format}"
    result = render(project, local, RenderConfig.from_json(config))
    assert (result.total_frames, result.duration_s) == (0, 0.2)
    assert local.read_bytes() == (tmp_path / f"lambda.{output_format}").read_bytes()
    activity = read_progress("r1", s3_uri(bucket), store)
    assert (activity.stage, activity.total_frames) == ("done", 0)


def test_a_worker_that_is_killed_loses_one_segment_at_most(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path, project: Path
) -> None:
    """`kill -9` in the middle; the next worker finds what was kept and renders the rest."""
    with deployed(s3, bucket, tmp_path, None, project) as function:
        plan_hash = function.planned(Config=CONFIG | {"targetChunkFrames": FRAMES})["PlanHash"]
        event = function.chunk_event(0)
    folder = s3_uri(bucket, f"segments/{plan_hash}/")
    names = [name for name in os.environ if name.startswith("AWS_")]
    environment = {name: os.environ[name] for name in names} | {"FANREEL_RENDER_BUCKET": bucket}
    with short_tmp_dir() as tmp_dir, container(environment, tmp_dir) as runtime:
        runtime.send(event)
        while len(list(store.list_objects(folder))) < SEGMENTS // 2:
            assert (answer := runtime.answer()) is None, answer
            time.sleep(0.02)
        family = psutil.Process(runtime.process.pid).children(recursive=True)
        runtime.process.kill()
        for process in family:  # as the end of the sandbox does
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    kept = {found.uri.name: found.modified for found in store.list_objects(folder)}
    assert SEGMENTS // 2 <= len(kept) < SEGMENTS
    with short_tmp_dir() as tmp_dir, container(environment, tmp_dir) as runtime:
        assert runtime.invoke(event).json["Done"] is True
    activity = read_progress("r1", s3_uri(bucket), store)
    assert activity.records[-1].segments_found == len(kept)
    assert activity.records[-1].segments_rendered == SEGMENTS - len(kept)
    assert len(activity.unended) == 1  # the killed one left a counter and no record
    after = {found.uri.name: found.modified for found in store.list_objects(folder)}
    assert {name: after[name] for name in kept} == kept


class _Counting(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.hits.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def secret_server() -> Iterator[http.server.ThreadingHTTPServer]:
    """Serve on this machine what no page may reach, as the Runtime API is; count who comes."""
    server = http.server.ThreadingHTTPServer(("", 0), _Counting)
    server.hits = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def _hits(server: http.server.ThreadingHTTPServer) -> list[str]:
    return list(server.hits)  # type: ignore[attr-defined]


def _private_addresses() -> list[str]:
    """Return this machine's addresses in private networks: there a request would be counted."""
    found = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET
    ]
    return [address for address in found if ipaddress.ip_address(address).is_private]


_ASKS = {
    "quietly": """
      fetch(url, {mode: "no-cors"}).catch(() => {});
      try { new WebSocket(url.replace("http", "ws")); } catch {}
      try { new EventSource(url); } catch {}
      try { new Worker(url); } catch {}
      navigator.sendBeacon?.(url);""",
    "as elements": """
      new Image().src = url;
      for (const [tag, key] of [["iframe", "src"], ["script", "src"], ["object", "data"]]) {
        const element = document.createElement(tag);
        element[key] = url;
        document.body.append(element);
      }""",
}


@pytest.mark.parametrize("how", _ASKS)
def test_a_page_cannot_reach_the_runtime_or_the_metadata(
    s3: "S3Client",
    bucket: str,
    tmp_path: Path,
    secret_server: http.server.ThreadingHTTPServer,
    how: str,
) -> None:
    """Loopback by each of its names, private, link-local, file: refused, planning and rendering."""
    port = secret_server.server_port
    urls = [
        f"http://127.0.0.1:{port}/a",
        f"http://localhost:{port}/b",
        f"http://[::ffff:127.0.0.1]:{port}/c",
        f"http://2130706433:{port}/d",
        f"http://fanreel.localhost:{port}/e",
        *(f"http://{address}:{port}/f" for address in _private_addresses()),
        f"http://10.0.0.1:{port}/g",
        f"http://192.168.0.1:{port}/h",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
    ]
    script = f"<script>for (const url of {json.dumps(urls)}) {{{_ASKS[how]}}}</script>"
    project = _project(tmp_path / "hostile", script)
    with deployed(s3, bucket, tmp_path, None, project) as function:
        try:
            function.planned(Config={"quality": "draft"})
            function.invoke(function.chunk_event(0))
            outcome = "rendered"
        except Exception as exc:  # noqa: BLE001 (its class is made at run time)
            outcome = type(exc).__name__
    assert _hits(secret_server) == []
    assert outcome in ("rendered", "ASSET_NOT_FOUND", "ASSET_NOT_IN_PLAN")


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:{port}/hls.ts\n",
        "ffconcat version 1.0\nfile http://127.0.0.1:{port}/concat.mp4\n",
    ],
    ids=["hls", "concat"],
)
def test_a_media_file_cannot_name_another(
    s3: "S3Client",
    bucket: str,
    tmp_path: Path,
    secret_server: http.server.ThreadingHTTPServer,
    content: str,
) -> None:
    """Playlists under a video's name are no media; nothing they name is opened."""
    project = _project(
        tmp_path / "hostile",
        '<video id="v" src="clip.mp4" data-start="0" data-duration="0.2" data-track-index="0">'
        "</video>",
    )
    (project / "clip.mp4").write_text(content.format(port=secret_server.server_port))
    with deployed(s3, bucket, tmp_path, None, project) as function:
        with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
            function.planned(Config={"quality": "draft"})
        assert type(caught.value).__name__ == "NOT_MEDIA"
        assert "clip.mp4" in str(caught.value)
    assert _hits(secret_server) == []


_NEVER_READY = {
    "waits": "window.__renderReady = false;",
    "is busy": "setTimeout(() => { for (;;); }, 0);",
}


@pytest.mark.parametrize("how", _NEVER_READY)
def test_planning_a_page_that_hangs_is_cancelled(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path, how: str
) -> None:
    """About two seconds after the marker it is over, and no browser is left."""
    project = _project(tmp_path / "hanging", f"<script>{_NEVER_READY[how]}</script>")
    before = descendants()
    cancelled_at: list[float] = []

    def cancel() -> None:
        wait_until(lambda: any("chrom" in _command(pid) for pid in descendants() - before))
        time.sleep(1)
        store.write_bytes(layout.cancelled(layout.render(s3_uri(bucket), "r1")), b"")
        cancelled_at.append(time.monotonic())

    with deployed(s3, bucket, tmp_path, None, project) as function:
        thread = threading.Thread(target=cancel)
        thread.start()
        with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
            function.planned(Config={"quality": "draft"})
        ended_at = time.monotonic()
        thread.join()
    assert type(caught.value).__name__ == "RENDER_CANCELLED"
    assert ended_at - cancelled_at[0] < CANCEL_LIMIT_S
    assert descendants() - before == set()


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text()
    return ""
