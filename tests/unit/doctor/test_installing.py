"""`fanreel setup`: what is missing is installed, with the rights that there are."""

import re
import shutil
from pathlib import Path

import pytest

from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.doctor import installing
from fanreel.errors import BrowserUnavailable

ROOT = Path(__file__).parents[3]


def test_a_checkout_and_a_wheel_install_the_same() -> None:
    """`scripts/setup` runs before there is a Python, so it has a list of its own."""
    script = (ROOT / "scripts" / "setup").read_text()
    listed = re.search(r'SYSTEM_PACKAGES="([^"]*)"', script)
    assert listed is not None
    assert tuple(listed[1].split()) == installing.SYSTEM_PACKAGES


def test_the_package_lists_are_fetched_first() -> None:
    """A fresh machine has none; sudo is used where there is one and it is needed."""
    update, install = installing.apt_commands(["chromium"], is_root=True, has_sudo=True)
    assert update[-1] == "update"
    assert install[-3:] == ["-y", "--no-install-recommends", "chromium"]
    assert update[0] == install[0] == "env"
    for argv in installing.apt_commands(["chromium"], is_root=False, has_sudo=True):
        assert argv[0] == "sudo"


def test_a_machine_without_apt_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, since its package names are others."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(BrowserUnavailable, match="by this system's own means"):
        installing.install_packages(["chromium"])
    assert installing.missing_packages() == list(installing.SYSTEM_PACKAGES)


def test_without_rights_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command for an administrator is told instead."""
    monkeypatch.setattr(shutil, "which", lambda name: "/x" if name != "sudo" else None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(BrowserUnavailable, match="apt-get update && apt-get install -y xvfb"):
        installing.install_packages(["xvfb"])


def test_a_dry_run_only_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is installed or fetched."""
    monkeypatch.setattr(installing, "missing_packages", lambda: ["chromium", "xvfb"])
    monkeypatch.setattr(installing, "install_packages", lambda _packages: pytest.fail("installed"))
    assert run(app, ["setup", "--dry-run"]) == 0
    assert capsys.readouterr().err.startswith("installing chromium xvfb\n")
