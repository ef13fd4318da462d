"""Finding Chromium and Xvfb, with real files standing for programs."""

import os
from pathlib import Path

import pytest

from fanreel.browser import locate
from fanreel.errors import BrowserUnavailable


def _program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Make an environment in which no browser is installed."""
    monkeypatch.setattr(locate, "_USUAL_PATHS", ())
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}


def test_the_variable_wins_over_everything(bare: dict[str, str], tmp_path: Path) -> None:
    """FANREEL_CHROMIUM is taken as it is."""
    _program(tmp_path / "bin" / "chromium")
    mine = _program(tmp_path / "my chromium")
    assert locate.find_chromium(bare | {"FANREEL_CHROMIUM": str(mine)}) == mine


def test_a_variable_that_names_no_program_is_an_error(bare: dict[str, str], tmp_path: Path) -> None:
    """A wrong FANREEL_CHROMIUM is never silently replaced by another browser."""
    _program(tmp_path / "bin" / "chromium")
    with pytest.raises(BrowserUnavailable, match="FANREEL_CHROMIUM=/no/such") as caught:
        locate.find_chromium(bare | {"FANREEL_CHROMIUM": "/no/such"})
    assert caught.value.facts["path"] == "/no/such"


def test_the_program_comes_before_the_start_script(
    bare: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's own program is preferred over the script that adds flags of its own."""
    _program(tmp_path / "bin" / "chromium")
    real = _program(tmp_path / "lib" / "chromium")
    monkeypatch.setattr(locate, "_USUAL_PATHS", (str(real),))
    assert locate.find_chromium(bare) == real


def test_the_system_browser_comes_before_playwrights(bare: dict[str, str], tmp_path: Path) -> None:
    """Playwright's own browser is used only where the system has none."""
    cache = tmp_path / "home" / ".cache" / "ms-playwright"
    old = _program(cache / "chromium-999" / "chrome-linux" / "chrome")
    new = _program(cache / "chromium-1200" / "chrome-linux64" / "chrome")
    assert locate.find_chromium(bare) == new
    assert locate.find_chromium(bare | {"PLAYWRIGHT_BROWSERS_PATH": str(cache)}) == new
    new.unlink()
    assert locate.find_chromium(bare) == old
    system = _program(tmp_path / "bin" / "chromium")
    assert locate.find_chromium(bare) == system


def test_no_browser_says_how_to_install_one(bare: dict[str, str]) -> None:
    """The message is the command to run next."""
    with pytest.raises(BrowserUnavailable, match="apt-get install -y chromium"):
        locate.find_chromium(bare)


def test_a_file_that_cannot_run_is_no_browser(bare: dict[str, str], tmp_path: Path) -> None:
    """A plain file called chromium is passed over."""
    _program(tmp_path / "bin" / "chromium").chmod(0o644)
    with pytest.raises(BrowserUnavailable):
        locate.find_chromium(bare)


def test_xvfb_is_found_on_the_path(tmp_path: Path) -> None:
    """PATH is searched first."""
    xvfb = _program(tmp_path / "bin" / "Xvfb")
    assert locate.find_xvfb({"PATH": str(tmp_path / "bin")}) == xvfb


def test_the_version_is_asked_once_until_the_file_changes(tmp_path: Path) -> None:
    """An upgrade in place is noticed; an unchanged file is not started again."""
    calls = tmp_path / "calls"
    script = f"#!/bin/sh\necho x >> {calls}\necho Chromium 156.0.8078.79 built on Debian\n"
    browser = _program(tmp_path / "chromium", script)
    assert locate.chromium_version(browser) == "156.0.8078.79"
    assert locate.chromium_version(browser) == "156.0.8078.79"
    assert calls.read_text() == "x\n"
    _program(browser, script.replace("156.0.8078.79", "157.0.1.2"))
    os.utime(browser, ns=(1, 1))
    assert locate.chromium_version(browser) == "157.0.1.2"


def test_a_browser_that_tells_no_version_is_an_error(tmp_path: Path) -> None:
    """What it wrote to standard error is in the message."""
    broken = _program(tmp_path / "chromium", "#!/bin/sh\necho libfoo.so missing >&2\nexit 127\n")
    with pytest.raises(BrowserUnavailable, match=r"127.*libfoo\.so missing"):
        locate.chromium_version(broken)


def test_a_browser_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """No bare OSError leaves this module."""
    with pytest.raises(BrowserUnavailable, match="No such file"):
        locate.chromium_version(tmp_path / "gone")
