"""`RenderClient` of each cloud: the same methods, answers and failures; scripted workers."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel.errors import (
    AssetNotFound,
    BrowserCrashed,
    InvalidConfig,
    S3UriNotAllowed,
)
from fanreel.storage.segments import pack
from fanreel.storage.uris import ObjectUri
from tests.aws import render_lab as aws_lab
from tests.aws.recording_worker import VIDEO
from tests.aws.scripted_worker import FunctionFailed, Killed, Step
from tests.gcp import render_lab as gcp_lab

AnyLab = aws_lab.Lab | gcp_lab.Lab


@pytest.fixture(scope="module", params=["aws", "gcp"])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AnyLab]:
    """Deploy once on each cloud for all tests."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "aws":
        with aws_lab.open_lab(request.getfixturevalue("s3_endpoint"), folder) as on_aws:
            yield on_aws
    else:
        with gcp_lab.open_lab(request.getfixturevalue("storage_service"), folder) as on_gcp:
            yield on_gcp


def test_a_render_from_folder_to_file(lab: AnyLab) -> None:
    """Upload, start, wait, download, cost, list, delete."""
    worker = lab.worker(chunks=3)
    render_id = worker.render_id
    started = lab.start(worker, {"fps": 30})
    assert started.output_uri == f"{lab.root}outputs/{render_id}.mp4"
    assert not started.already_started
    seen: list[float] = []
    end = lab.wait(worker, on_progress=lambda p: seen.append(p.fraction))
    assert (end.stage, end.fraction, seen[-1]) == ("done", 1.0, 1.0)
    assert end.frames_done == end.total_frames == worker.total_frames
    assert {chunk.state for chunk in end.chunks} == {"done"}
    assert seen == sorted(seen)
    fetched = lab.client.download(render_id, lab.folder)
    assert Path(fetched.path).read_bytes() == VIDEO
    assert Path(fetched.path).name == f"{render_id}.mp4"
    cost = lab.client.cost(render_id)
    assert cost.invocations == 5
    assert cost.total_usd > 0
    assert cost == end.cost
    assert (render_id, "SUCCEEDED") in [(r.render_id, r.status) for r in lab.client.list_renders()]
    assert lab.client.delete_render(render_id) > 0
    assert not any(render_id in key for key in lab.objects())


def test_a_site_is_uploaded_once_and_rendered_often(lab: AnyLab) -> None:
    """The project may be a folder, the site it became, or its URI."""
    site = lab.client.deploy_site(lab.project)
    assert lab.client.deploy_site(lab.project).uploaded == 0
    for project in (site, site.uri, lab.project):
        worker = lab.worker()
        started = lab.client.start_render(project, render_id=worker.render_id)
        assert started.project_uri == site.uri
        lab.wait(worker)
    assert [found.site_id for found in lab.client.list_sites()] == [site.site_id]
    assert lab.client.delete_site(site.site_id) >= 1


def test_the_same_id_and_input_are_one_render(lab: AnyLab) -> None:
    """Running or ended, a second start finds the first."""
    gate = threading.Event()
    worker = lab.worker().on("plan", None, Step(before=gate.wait))
    first, again = lab.start(worker), lab.start(worker)
    gate.set()
    lab.wait(worker)
    after = lab.start(worker, {"format": "mp4"})
    assert first.execution_arn == again.execution_arn == after.execution_arn
    known = [started.already_started for started in (first, again, after)]
    assert known == [False, True, True]
    assert worker.count("plan") == 1


def test_the_same_id_with_other_input_is_refused(lab: AnyLab) -> None:
    """The error names what differs, whether the render runs or has ended."""
    gate = threading.Event()
    worker = lab.worker().on("plan", None, Step(before=gate.wait))
    lab.start(worker)
    for _ in range(2):
        with pytest.raises(InvalidConfig, match=r"taken.*Config") as caught:
            lab.start(worker, {"fps": 60})
        assert caught.value.facts["differing"] == ["Config"]
        gate.set()
        lab.wait(worker)


def test_variables_too_large_for_the_input_reach_the_worker(lab: AnyLab) -> None:
    """300 KB of variables go through the bucket by themselves; a smaller set stays in the event."""
    for variables in ({"text": "ä" * 150_000}, {"a": 1}):
        worker = lab.worker()
        lab.start(worker, {"variables": variables})
        lab.wait(worker)
        assert worker.variables() == variables


def test_frames_come_as_a_folder(lab: AnyLab) -> None:
    """A PNG sequence travels as one tar; it is unpacked unless it is to be one."""
    frames = lab.folder / "frames"
    frames.mkdir()
    for number in (1, 2):
        (frames / f"frame_{number:06}.png").write_bytes(b"png")
    pack(frames, lab.folder / "packed.tar")
    worker = lab.worker(
        output_format="png-sequence", video=(lab.folder / "packed.tar").read_bytes()
    )
    started = lab.start(worker, {"format": "png-sequence"})
    assert started.output_uri.endswith(f"{worker.render_id}.tar")
    lab.wait(worker)
    lab.client.download(worker.render_id, lab.folder / "unpacked")
    assert sorted(path.name for path in (lab.folder / "unpacked").iterdir()) == [
        "frame_000001.png",
        "frame_000002.png",
    ]
    kept = lab.client.download(worker.render_id, lab.folder / "kept.tar")
    assert Path(kept.path).read_bytes() == worker.video


def test_a_folder_of_frames_is_fetched_and_deleted_whole(lab: AnyLab) -> None:
    """An output URI that ends in a slash is a folder of single objects."""
    worker = lab.worker(output_format="png-sequence")
    output = f"{lab.root}outputs/{worker.render_id}/"
    lab.client.start_render(
        lab.project,
        {"format": "png-sequence"},
        render_id=worker.render_id,
        output_uri=output,
    )
    lab.wait(worker)
    for number in (1, 2):
        lab.store.write_bytes(ObjectUri.parse(f"{output}frame_{number:06}.png"), b"png")
    fetched = lab.client.download(worker.render_id, lab.folder / "single")
    assert fetched.size_bytes == 6
    with pytest.raises(InvalidConfig, match="folder of frames"):
        lab.client.presigned_url(worker.render_id)
    lab.client.delete_render(worker.render_id)
    assert not any(worker.render_id in key for key in lab.objects())


def test_a_failure_is_raised_as_its_own_class(lab: AnyLab) -> None:
    """Code, message, chunk and advice; and there is no video to fetch."""
    worker = lab.worker()
    worker.on("renderChunk", 1, Step(ending=FunctionFailed("ASSET_NOT_FOUND"), segments=1))
    lab.start(worker)
    with pytest.raises(AssetNotFound, match=f"render {worker.render_id}: as scripted") as caught:
        lab.wait(worker)
    assert caught.value.facts["render_id"] == worker.render_id
    now = lab.client.progress(worker.render_id)
    assert (now.stage, now.status, now.retries) == ("failed", "FAILED", 0)
    assert now.failure
    assert (now.failure.code, now.failure.chunk_index) == ("ASSET_NOT_FOUND", 1)
    assert now.failure.advice == AssetNotFound.__doc__
    assert not now.failure.retryable
    with pytest.raises(InvalidConfig, match="no video"):
        lab.client.download(worker.render_id, lab.folder)


def test_what_was_tried_again_is_told_and_billed(lab: AnyLab) -> None:
    """A crash and a kill: two retries, the crash as a warning, both on the bill."""
    worker = lab.worker(chunks=1)
    worker.on("renderChunk", 0, Step(ending=FunctionFailed("BROWSER_CRASHED"), segments=1))
    worker.on("renderChunk", 0, Step(ending=Killed(), segments=1))
    lab.start(worker)
    end = lab.wait(worker)
    assert end.retries == 2
    assert [(w.code, w.chunk_index) for w in end.warnings] == [("BROWSER_CRASHED", 0)]
    assert end.warnings[0].advice == BrowserCrashed.__doc__
    assert end.cost
    assert end.cost.invocations == 5
    assert any("killed" in note for note in end.cost.notes)


def test_a_running_render_outlives_a_waiter_and_is_not_deleted(lab: AnyLab) -> None:
    """Waiting gives up with `TimeoutError`; deleting asks to cancel first."""
    gate = threading.Event()
    worker = lab.worker().on("plan", None, Step(before=gate.wait))
    lab.start(worker)
    with pytest.raises(TimeoutError, match="still runs"):
        lab.wait(worker, timeout_s=0.1)
    with pytest.raises(InvalidConfig, match="cancel it first"):
        lab.client.delete_render(worker.render_id)
    gate.set()
    assert lab.wait(worker).stage == "done"
    lab.client.delete_render(worker.render_id, keep_video=True)
    assert f"outputs/{worker.render_id}.mp4" in lab.objects()


def test_a_batch_runs_a_few_at_once_and_survives_a_failure(lab: AnyLab) -> None:
    """Four lines, one that fails; each has its own variables over the common ones."""
    workers = [lab.worker() for _ in range(4)]
    workers[2].on("plan", None, Step(ending=FunctionFailed("INVALID_VARIABLES")))
    lines = [{"renderId": w.render_id, "variables": {"n": n}} for n, w in enumerate(workers)]
    path = lab.folder / "batch.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    common = {"variables": {"all": 1}}
    items = list(lab.client.render_batch(lab.project, path, common, max_concurrent=2, poll_s=0.05))
    assert {item.index: item.status for item in items} == {
        0: "SUCCEEDED",
        1: "SUCCEEDED",
        2: "FAILED",
        3: "SUCCEEDED",
    }
    failed = next(item for item in items if item.index == 2)
    assert failed.failure
    assert failed.failure.code == "INVALID_VARIABLES"
    assert workers[3].variables() == {"all": 1, "n": 3}


def test_a_dry_run_sends_nothing(lab: AnyLab) -> None:
    """Lines without an id get one from their content, the same every time."""
    before, renders = lab.objects(), lab.client.list_renders()
    lines = [{"variables": {"n": 1}}, {"variables": {"n": 2}}]
    items = list(lab.client.render_batch(lab.project, lines, dry_run=True))
    assert [item.status for item in items] == ["CHECKED", "CHECKED"]
    assert items == list(lab.client.render_batch(lab.project, lines, dry_run=True))
    assert lab.objects() == before
    assert lab.client.list_renders() == renders
    # What the run itself would start: its ids count on the project's content.
    site = lab.client.deploy_site(lab.project)
    assert items == list(lab.client.render_batch(site, lines, dry_run=True))


def test_a_bad_line_stops_a_batch_before_it_starts(lab: AnyLab) -> None:
    """Every bad line is named, with its number."""
    before = lab.objects()
    lines: list[dict[str, Any]] = [
        {"config": {"fps": 310}},
        {},
        {"renderId": "x"},
        {"renderId": "x"},
    ]
    with pytest.raises(InvalidConfig, match=r"render 1: .*fps.*; render 4: .*id x of render 3"):
        lab.client.render_batch(lab.project, lines)
    with pytest.raises(InvalidConfig, match=r"line 1: nope: .*; line 2: the line: "):
        lab.client.render_batch(lab.project, [{"nope": 1}, "text"])  # type: ignore[list-item]
    path = lab.folder / "bad.jsonl"
    path.write_text('{}\n{"renderId": }\n')
    with pytest.raises(InvalidConfig, match="line 2: not JSON"):
        lab.client.render_batch(lab.project, path)
    assert lab.objects() == before


def test_everything_is_checked_before_anything_is_sent(lab: AnyLab) -> None:
    """A wrong value, format, place or folder costs no request."""
    before = lab.objects()
    with pytest.raises(InvalidConfig, match="crf"):
        lab.client.start_render(lab.project, {"crf": 99})
    with pytest.raises(S3UriNotAllowed):
        lab.client.start_render(lab.project, output_uri=f"{lab.root.scheme}://elsewhere/x.mp4")
    with pytest.raises(InvalidConfig, match="OutputS3Uri"):
        lab.client.start_render(lab.project, output_uri=f"{lab.root}outputs/x.mov")
    with pytest.raises(InvalidConfig, match="ProjectS3Uri"):
        lab.client.start_render(f"{lab.root}renders/r1/plan.json")
    with pytest.raises(InvalidConfig, match=r"holds no page\.html"):
        lab.client.start_render(lab.project, {"entryFile": "page.html"})
    assert lab.objects() == before


def test_results_are_frozen_and_json(lab: AnyLab) -> None:
    """What a program writes down or sends on."""
    worker = lab.worker()
    started = lab.start(worker)
    end = lab.wait(worker)
    assert json.loads(json.dumps(started.to_json()))["render_id"] == worker.render_id
    document = json.loads(json.dumps(end.to_json()))
    assert document["cost"]["total_usd"] > 0
    assert document["chunks"][0]["state"] == "done"
    with pytest.raises(dataclasses.FrozenInstanceError):
        started.render_id = "other"  # type: ignore[misc]
