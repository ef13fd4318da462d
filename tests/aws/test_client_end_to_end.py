"""The client, the state machine and the real function: the same video as the local render."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fanreel.config import RenderConfig
from fanreel.files.digest import sha256_file
from fanreel.local import render
from fanreel.storage.uris import ObjectUri
from tests.aws.handling import Event, Function, deployed
from tests.aws.render_lab import Lab, open_lab
from tests.aws.scripted_worker import ScriptedWorker
from tests.aws.telling import progress_teller, tell, tell_same_frames

COMPOSITION = Path(__file__).parents[1] / "compositions" / "everything-moves"
pytestmark = pytest.mark.media


@dataclass(kw_only=True)
class RealWorker(ScriptedWorker):
    """Hands each event to the handler, one at a time, as one warm container would."""

    function: Function
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, event: Event) -> Event:
        """Answer one invocation."""
        with self.one_at_a_time:
            self.invocations.append(event)
            return self.function.invoke(event)


@pytest.fixture
def lab(s3_endpoint: str, tmp_path: Path) -> Iterator[Lab]:
    """Deploy a stack."""
    with open_lab(s3_endpoint, tmp_path) as opened:
        yield opened


def check_report(lab: Lab, page: Path) -> None:
    """See that the page tells of each chunk, the frames' reasons, memory, faces, cost."""
    kept = lab.client.report("real", page, keep=True)
    text = page.read_text()
    assert lab.store.read_bytes(ObjectUri.parse(kept), limit_bytes=10**8).decode() == text
    lanes = re.findall(r'<text x="6" y="\d+">(\D+ ?\d*)</text>', text)
    spans = re.findall(r"<title>frames (\d+) to (\d+): [\d.]+ s, opening pages [\d.]+ s", text)
    starts = sorted(int(start) for start, _ in spans)
    assert (lanes[0], sorted(lanes[1:3]), lanes[3]) == ("plan", ["chunk 0", "chunk 1"], "assemble")
    assert starts == [0, 15, 30, 45]
    assert "fetch: " in text
    assert re.search(r"frame \d+: (script and layout|drawing|encoding) \d+ of \d+ ms", text)
    assert re.search(r"chunk 0: at most [1-9]\d+ MiB", text)
    assert re.search(r"<td>0\.\d+ USD</td><td>in all</td>", text)
    assert len(re.findall('<img alt="" src="data:image', text)) >= 12
    assert "is drawn with" in text


def test_a_render_on_aws_is_the_local_render(lab: Lab, tmp_path: Path) -> None:
    """Site, plan, chunks, progress to 100 %, download: byte for byte the video rendered here."""
    config: dict[str, Any] = {"chunkSize": 30, "segmentFrames": 15, "variables": {"a": "x"}}
    with deployed(lab.s3, lab.bucket, tmp_path, None, COMPOSITION) as function:
        worker = RealWorker(store=tmp_path, function=function)
        lab.endpoint.workers["real"] = worker
        lab.client.start_render(COMPOSITION, config, render_id="real")
        tell("site uploaded, execution started")
        end = lab.client.wait("real", timeout_s=240, poll_s=1, on_progress=progress_teller())
    fetched = lab.client.download("real", tmp_path / "aws.mp4")
    local = render(COMPOSITION, tmp_path / "local.mp4", RenderConfig.from_json(config), workers=1)
    tell_same_frames(tmp_path / "aws.mp4", tmp_path / "local.mp4")
    assert end.fraction == 1
    assert end.total_frames == local.total_frames
    assert worker.count("renderChunk") == len(end.chunks) > 1
    assert fetched.sha256 == local.sha256 == sha256_file(tmp_path / "local.mp4")
    check_report(lab, tmp_path / "report.html")
    cost = lab.client.cost("real")
    assert cost.gb_seconds > 0
    assert cost.s3_usd > 0
