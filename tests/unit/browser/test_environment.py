"""A browser sees what a plan says, and nothing of the caller's."""

from pathlib import Path

import pytest

from fanreel.browser.environment import child_environment, runtime_snapshot


def test_credentials_do_not_reach_the_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where programs lie is passed on."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("FANREEL_RENDER_BUCKET", "bucket")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    environment = child_environment(tmp_path, display=":7")
    assert "secret" not in environment.values()
    assert not any(name.startswith(("AWS_", "FANREEL_")) for name in environment)
    assert environment["TZ"] == "UTC"
    assert environment["DISPLAY"] == ":7"
    assert "rgba" in Path(environment["FONTCONFIG_FILE"]).read_text()


def test_only_allow_listed_runtime_values_travel() -> None:
    """The snapshot takes two names, and a forged one in a plan is ignored."""
    environ = {"FANREEL_RUNTIME_TZ": "Asia/Tokyo", "FANREEL_RUNTIME_EVIL": "1", "TZ": "x"}
    assert runtime_snapshot(environ) == {"FANREEL_RUNTIME_TZ": "Asia/Tokyo"}


def test_the_plans_values_win(tmp_path: Path) -> None:
    """Workers draw in the planner's time zone."""
    forged = {"FANREEL_RUNTIME_TZ": "Asia/Tokyo", "LD_PRELOAD": "/tmp/evil.so"}  # noqa: S108
    environment = child_environment(tmp_path, runtime_env=forged)
    assert environment["TZ"] == "Asia/Tokyo"
    assert "LD_PRELOAD" not in environment


def test_temporary_directory_leaves_room_for_a_socket(tmp_path: Path) -> None:
    """A Unix socket's path has at most 107 characters; a deep work directory would break it."""
    deep = tmp_path / ("d" * 80)
    deep.mkdir()
    assert child_environment(deep)["TMPDIR"] == "/tmp"  # noqa: S108
