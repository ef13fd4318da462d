"""Outside responses are recorded once while planning, and replayed without network."""

import dataclasses
import hashlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from fanreel.config import RenderConfig
from fanreel.errors import DiskFull
from fanreel.inspection import asked_for
from fanreel.network.fetch import Refused, Response
from fanreel.network.outside import Fetch, Recorder, Replayer
from fanreel.page.config import planning_config
from fanreel.work.planning import make_distributed_plan

PAGE = """<!doctype html>
<body style="margin:0">
<div data-composition-id="main" data-duration="1" data-width="160" data-height="90"
  data-no-timeline></div>
<script src="https://cdn.example/colour.js"></script>
<script>
  document.body.style.background = window.colour ?? "red";
  window.answers = [];
  for (const url of ["http://127.0.0.1:9/", "http://169.254.169.254/", "https://other.example/"]) {
    fetch(url, { mode: "no-cors" }).then(() => answers.push("reached"), () => answers.push("no"));
  }
</script>
"""
SPEC = SessionSpec(width=160, height=90, engine="xvfb")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A page whose colour comes from a CDN, and which tries addresses it must not reach."""
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "index.html").write_text(PAGE)
    return directory


def colour_shown(project: Path, network: Recorder | Replayer, temp_dir: Path) -> list[int]:
    """PageLoad the page and give the red, green and blue of a pixel."""
    with PageSession(SPEC, temp_dir) as session:
        session.load(
            PageLoad(
                root_dir=project,
                entry_file="index.html",
                page_config=planning_config(160, 90, Fraction(30), {}),
                network=network,
            )
        )
        session.open()
        picture = np.empty((90, 160, 4), np.uint8)
        session.pictures.capture(0, picture)
        return [int(level) for level in picture[40, 80, [2, 1, 0]]]


def test_recorded_answers_are_replayed_and_nothing_else_is(project: Path, tmp_path: Path) -> None:
    """The planner's page gets the CDN's script; the worker's page gets the same from the plan."""
    asked: list[str] = []

    def cdn(url: str, _headers: Mapping[str, str]) -> Response:
        asked.append(url)
        if url != "https://cdn.example/colour.js":
            raise Refused("not a public address")
        body = b'window.colour = "rgb(0, 128, 255)"'
        headers = {"content-type": "text/javascript", "date": "now", "set-cookie": "x"}
        return Response(url=url, status=200, headers=headers, body=body)

    recorder = Recorder(tmp_path / "bodies", fetcher=cdn)
    assert colour_shown(project, recorder, tmp_path) == [0, 128, 255]
    [recorded] = recorder.responses
    assert recorded.headers == {"content-type": "text/javascript"}
    assert {failed.url for failed in recorder.failed} == {
        "http://127.0.0.1:9/",
        "http://169.254.169.254/",
        "https://other.example/",
    }

    replayer = Replayer(recorder.responses, tmp_path / "bodies")
    assert colour_shown(project, replayer, tmp_path) == [0, 128, 255]
    assert "https://cdn.example/colour.js" not in replayer.missing
    assert "https://other.example/" in replayer.missing
    assert asked.count("https://cdn.example/colour.js") == 1


def test_answers_are_bounded_together(project: Path, tmp_path: Path) -> None:
    """What would be over the limit is not kept, and is named; the page goes on without it."""
    body = b'window.colour = "rgb(0, 128, 255)"'

    def cdn(url: str, _headers: Mapping[str, str]) -> Response:
        headers = {"content-type": "text/javascript"}
        return Response(url=url, status=200, headers=headers, body=body)

    recorder = Recorder(tmp_path / "bodies", fetcher=cdn, limit_bytes=len(body) - 1)
    assert colour_shown(project, recorder, tmp_path) == [255, 0, 0]
    assert recorder.responses == []
    assert all("may be recorded" in failed.reason for failed in recorder.failed)


def test_a_worker_without_recordings_has_no_network(project: Path, tmp_path: Path) -> None:
    """The script is missing from the picture, and named."""
    replayer = Replayer([], tmp_path)
    assert colour_shown(project, replayer, tmp_path) == [255, 0, 0]
    assert "https://cdn.example/colour.js" in replayer.missing


def served(pages: Mapping[str, tuple[str, str, str]]) -> Fetch:
    """Return a network of these answers: URL to final URL, content type and body."""

    def fetch(url: str, _headers: Mapping[str, str]) -> Response:
        final, kind, body = pages[url]
        return Response(url=final, status=200, headers={"content-type": kind}, body=body.encode())

    return fetch


REDIRECTED = """<!doctype html>
<link rel="stylesheet" href="https://cdn.example/latest.css">
<body style="margin:0">
<div data-composition-id="main" data-duration="1" data-width="160" data-height="90"
  data-no-timeline></div>
<script type="module">
  import blue from "https://cdn.example/latest.js";
  document.body.style.setProperty("--blue", blue);
</script>
"""
SHEET = "@import './colour.css'; body { background: var(--mixed) }"


def test_a_redirect_leads_to_what_lies_beside_its_end(project: Path, tmp_path: Path) -> None:
    """Relative addresses of style sheets and modules count from the final URL, also in replay."""
    (project / "index.html").write_text(REDIRECTED)
    cdn, there = "https://cdn.example", "https://cdn.example/v2/dist"
    sheet, module = f"{there}/main.css", f"{there}/m.js"
    colour, blue = f"{there}/colour.css", f"{there}/b.js"
    exported = "export { default } from './b.js'"
    pages = {
        f"{cdn}/latest.css": (sheet, "text/css", SHEET),
        sheet: (sheet, "text/css", SHEET),
        colour: (colour, "text/css", "body { --mixed: rgb(9 99 var(--blue)) }"),
        f"{cdn}/latest.js": (module, "text/javascript", exported),
        module: (module, "text/javascript", exported),
        blue: (blue, "text/javascript", "export default 200"),
    }
    headers = {"access-control-allow-origin": "*"}
    answers = served(pages)

    def fetch(url: str, sent: Mapping[str, str]) -> Response:
        answer = answers(url, sent)
        return dataclasses.replace(answer, headers=answer.headers | headers)

    recorder = Recorder(tmp_path / "bodies", fetcher=fetch)
    assert colour_shown(project, recorder, tmp_path) == [9, 99, 200]
    assert {response.url for response in recorder.responses} == set(pages)
    replayer = Replayer(recorder.responses, tmp_path / "bodies")
    assert colour_shown(project, replayer, tmp_path) == [9, 99, 200]
    assert replayer.missing == []


def test_an_answer_that_finds_no_room_is_no_missing_file(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan fails for what is wrong: the disk, not the CDN."""
    body = b"window.colour = 'blue'"
    bodies = tmp_path / "bodies"
    bodies.mkdir()
    (bodies / hashlib.sha256(body).hexdigest()).symlink_to("/dev/full")

    def cdn(url: str, _headers: Mapping[str, str]) -> Response:
        headers = {"content-type": "text/javascript"}
        return Response(url=url, status=200, headers=headers, body=body)

    monkeypatch.setattr(asked_for, "Recorder", lambda _folder: Recorder(bodies, fetcher=cdn))
    with pytest.raises(DiskFull, match="recorded"):
        make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    assert not (tmp_path / "plan").exists()


def test_a_defect_leaves_no_request_unanswered(project: Path, tmp_path: Path) -> None:
    """The page would wait for it until its time is up, and nobody would know why."""

    def broken(_url: str, _headers: Mapping[str, str]) -> Response:
        raise ZeroDivisionError("a defect")

    recorder = Recorder(tmp_path / "bodies", fetcher=broken)
    assert colour_shown(project, recorder, tmp_path) == [255, 0, 0]
    assert {failed.reason for failed in recorder.failed} == {"ZeroDivisionError: a defect"}
