"""How commands end: a paragraph, a status, and never a traceback unasked."""

import json
from collections.abc import Callable
from typing import Annotated

import pytest
import typer

from fanreel.cli.failures import run
from fanreel.errors import DiskFull, PlanTooLarge

Fail = Callable[[], None]


def _ending(fail: Fail, capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    app = typer.Typer()

    @app.command()
    def command(*, json_: bool = False, debug: bool = False) -> None:
        fail()

    status = run(app, argv)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def _raise(error: BaseException) -> Fail:
    def fail() -> None:
        raise error

    return fail


def test_a_known_failure_is_a_paragraph_and_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard error, however the message was broken into lines."""
    status, out, err = _ending(_raise(DiskFull("no room\n  left")), capsys)
    assert (status, out, err) == (5, "", "error[DISK_FULL]: no room left\n")


def test_an_unknown_failure_has_a_code_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A defect says what it was and how to see where."""
    status, _, err = _ending(_raise(ZeroDivisionError("division by zero")), capsys)
    assert status == 1
    assert err.startswith("error[UNEXPECTED_ERROR]: ZeroDivisionError: division by zero.")
    assert "--debug" in err
    assert "Traceback" not in err


def test_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    """With --debug the exception leaves as it is."""
    with pytest.raises(PlanTooLarge):
        _ending(_raise(PlanTooLarge("big")), capsys, "--debug")


def test_programs_get_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the last line of standard output is the error with its facts."""
    error = PlanTooLarge("too big", size_bytes=3, limit_bytes=2)
    app = typer.Typer()

    @app.command()
    def command(*, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        raise error

    assert run(app, ["--json"]) == 2
    event = json.loads(capsys.readouterr().out)
    assert event == {
        "event": "error",
        "code": "PLAN_TOO_LARGE",
        "message": "too big",
        "retryable": False,
        "facts": {"size_bytes": 3, "limit_bytes": 2},
    }


def test_ctrl_c_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupted command says so in one line."""
    status, _, err = _ending(_raise(KeyboardInterrupt()), capsys)
    assert status == 130
    assert err == "error[RENDER_CANCELLED]: The render was cancelled.\n"


def test_a_wrong_command_line_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong, and where help is."""
    status, _, err = _ending(lambda: None, capsys, "--bogus")
    assert status == 2
    assert "--bogus" in err
    assert "--help" in err


def test_success_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 and nothing of our own."""
    assert _ending(lambda: None, capsys) == (0, "", "")
