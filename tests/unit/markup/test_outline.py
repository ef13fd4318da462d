"""Compositions listed from the pages' text."""

import json
from pathlib import Path

import pytest

from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.errors import AssetNotFound
from fanreel.markup.outline import CompositionOutline, list_compositions


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project with a nested composition, a broken page, and pages that are not its own."""
    (tmp_path / "index.html").write_text(
        '<!doctype html>\n<div data-composition-id="main" data-width="1920" data-height=1080 '
        'data-duration="5" data-duration="9">\n<div data-composition-id=card '
        "data-composition-src='cards/card.html' data-start=1></div>\n<script>"
        "x = '<div data-composition-id=\"no\">'</script></div>"
    )
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "card.html").write_text(
        '<template><div data-composition-id="card" data-width="400" data-height="300">'
    )
    (tmp_path / "a-broken.html").write_bytes(b"\xff<div <<data-composition-id=\x00 ><!--")
    for folder in ("vendor", ".git"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.html").write_text('<i data-composition-id="not-mine">')
    return tmp_path


def test_compositions_are_listed_by_file_and_line(project: Path) -> None:
    """The entry page first; attributes as a browser would take them; no text of scripts."""
    assert list_compositions(project) == [
        CompositionOutline(
            composition_id="main",
            file="index.html",
            line=2,
            src=None,
            width="1920",
            height="1080",
            fps=None,
            duration_s="5",
        ),
        CompositionOutline(
            composition_id="card",
            file="index.html",
            line=3,
            src="cards/card.html",
            width=None,
            height=None,
            fps=None,
            duration_s=None,
        ),
        CompositionOutline(
            composition_id="card",
            file="cards/card.html",
            line=1,
            src=None,
            width="400",
            height="300",
            fps=None,
            duration_s=None,
        ),
    ]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Not an empty list."""
    with pytest.raises(AssetNotFound, match="no-such"):
        list_compositions(tmp_path / "no-such")


def test_the_command_prints_a_line_each(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and, with --json, for programs."""
    assert run(app, ["compositions", str(project)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["main", "1920x1080", "5", "s", "index.html:2"]
    assert lines[1].split()[-2:] == ["<-", "cards/card.html"]
    assert run(app, ["compositions", str(project), "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["compositionId"] == "main"


def test_a_project_without_any_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty answer is explained on standard error."""
    assert run(app, ["compositions", str(tmp_path)]) == 0
    assert "data-composition-id" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["<![octype html>", "<![if x]>", "<![", "<!doctype", "<?php", "</"]
)
def test_what_is_no_declaration_is_passed_over(tmp_path: Path, text: str) -> None:
    """Old editors wrote such things, and so does a slip of the finger."""
    root = '<div data-composition-id="main" data-width="640" data-height="360"></div>'
    (tmp_path / "index.html").write_text(f"{root}\n{text}")
    assert [found.composition_id for found in list_compositions(tmp_path)] == ["main"]
