"""A render in a Jupyter notebook, by a real kernel."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fanreel import RenderConfig, RenderEvent, render
from fanreel.errors import RenderError

PAGE = """<!doctype html>
<div data-composition-id="main" data-duration="1" data-width="96" data-height="54" data-no-timeline>
  <p id="a" class="clip" data-start="0" data-duration="1">One</p>
</div>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One second of a word."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    return folder


def test_a_cell_shows_its_bar_and_its_film(project: Path) -> None:
    """The film is in the notebook itself, so that it plays wherever that is opened."""
    code = (
        "import fanreel\nfrom tqdm.auto import tqdm\n"
        "fanreel.render('project', 'film.mp4', workers=1, progress=tqdm)"
    )
    cell: dict[str, Any] = {"cell_type": "code", "id": "render", "source": code, "metadata": {}}
    cell |= {"outputs": [], "execution_count": None}
    notebook = project.parent / "film.ipynb"
    kind = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps({"cells": [cell], **kind}))
    execute = "from nbclient.cli import main; main()"
    argv = [sys.executable, "-c", execute, "--inplace", "--kernel_name=python3", str(notebook)]
    subprocess.run(argv, cwd=project.parent, check=True, timeout=150)
    outputs = json.loads(notebook.read_text())["cells"][0]["outputs"]
    written = "".join(text for output in outputs for text in output.get("text", ()))
    assert re.search(r"Rendering: 100%.* 30/30 \[.*frame/s\]", written)
    shown = "".join(*(output["data"]["text/html"] for output in outputs if "data" in output))
    assert "<video controls loop" in shown
    assert 'src="data:video/mp4;base64,' in shown
    assert "film.mp4: 1.0 s, 30 frames, " in shown


class Bar:
    """A bar as tqdm's, that notes what is done to it."""

    def __init__(self, **given: object) -> None:
        self.given, self.frames, self.closed = given, 0, False
        BARS.append(self)

    def update(self, n: int) -> None:
        """Go on."""
        self.frames += n

    def close(self) -> None:
        """End."""
        self.closed = True


BARS: list[Bar] = []


def test_any_bar_will_do(project: Path, tmp_path: Path) -> None:
    """It gets every frame once; whoever listens besides hears as before."""
    BARS.clear()
    heard: list[RenderEvent] = []
    render(project, tmp_path / "a.gif", workers=1, progress=Bar, on_event=heard.append)
    (bar,) = BARS
    assert bar.given == {"total": 30, "desc": "Rendering", "unit": "frame"}
    assert (bar.frames, bar.closed) == (30, True)
    assert heard[-1].stage == "done"


def test_a_bar_is_closed_when_the_render_fails(project: Path, tmp_path: Path) -> None:
    """Or the notebook would go on drawing it."""
    BARS.clear()

    def fail(event: RenderEvent) -> None:
        if event.frames_done:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        render(project, tmp_path / "a.mp4", workers=1, progress=Bar, on_event=fail)
    assert [bar.closed for bar in BARS] == [True]


def test_no_bar_is_made_for_what_cannot_be_planned(tmp_path: Path) -> None:
    """There are no frames to count."""
    BARS.clear()
    with pytest.raises(RenderError):
        render(tmp_path / "nowhere", tmp_path / "a.mp4", progress=Bar)
    assert BARS == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a.gif", '<img style="'), ("frames", 'src="data:image/png;base64,'), ("a.mov", None)],
)
def test_what_browsers_show_is_shown(
    project: Path, tmp_path: Path, name: str, shown: str | None
) -> None:
    """Of a folder its middle frame; ProRes is told of only."""
    config = RenderConfig(format={"a.gif": "gif", "a.mov": "mov"}.get(name, "png-sequence"))
    text = render(project, tmp_path / name, config, workers=1)._repr_html_()
    assert "data:" not in text if shown is None else shown in text
    assert f"{name}: 1.0 s, 30 frames" in text
