"""The commands are there, and asking for help loads nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from fanreel.cli.app import app
from fanreel.cli.errors import errors_markdown
from fanreel.cli.failures import run
from fanreel.starters.starting import example_names

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["-h"],
        ["render", "--help"],
        ["still", "--help"],
        ["plan", "--help"],
        ["chunk", "--help"],
        ["assemble", "--help"],
        ["compositions", "--help"],
        ["doctor", "--help"],
        ["errors", "--help"],
        ["lambda", "--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_every_command_explains_itself(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help is on standard output and is a success."""
    assert run(app, argv) == 0
    assert capsys.readouterr().out


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """A bare `fanreel` is a question."""
    assert run(app, []) == 2
    assert "render" in "".join(capsys.readouterr())


def test_a_mistake_is_told_before_anything_heavy_is_loaded() -> None:
    """A wrong suffix needs neither Playwright, PyAV nor boto3 to be refused."""
    code = (
        "import sys; from fanreel.cli.app import app; from fanreel.cli.failures import run;"
        "assert run(app, ['render', '.', '-o', 'a.avi']) == 2; print(*sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"playwright", "av", "boto3", "numpy"}.isdisjoint(answer.stdout.split())
    assert answer.stderr.startswith("error[INVALID_CONFIG]: ")


def test_help_names_the_examples_without_a_look_at_them() -> None:
    """All that `--example` allows; no other command loads what starts projects."""
    init = typer.main.get_command(app).get_command(None, "init")  # type: ignore[attr-defined]
    texts = [option.help for option in init.params if option.name == "example"]
    assert texts == [f"Start from an example: {', '.join(example_names())}."]
    code = "import sys, fanreel.cli.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "fanreel.starters.starting" not in loaded.stdout.split()


def test_the_module_is_the_command() -> None:
    """`python -m fanreel` works like `fanreel`."""
    argv = [sys.executable, "-m", "fanreel", "--version"]
    answer = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("fanreel ")


def test_the_documented_errors_are_the_catalogue() -> None:
    """docs/errors.md is what `fanreel errors --markdown` prints."""
    assert (DOCS / "errors.md").read_text() == errors_markdown()


def test_errors_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each code with its meaning."""
    assert run(app, ["errors"]) == 0
    assert "DISK_FULL (worth retrying)\n  There is no room" in capsys.readouterr().out
