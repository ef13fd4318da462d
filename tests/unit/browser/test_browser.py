"""Chromium's command line, and what a start that fails is called."""

import dataclasses
import re
from pathlib import Path
from typing import Literal

import playwright
import pytest

from fanreel.browser import browser
from fanreel.browser.browser import Browser
from fanreel.browser.chromium_process import chromium_argv
from fanreel.browser.launch import Launch, browser_argv
from fanreel.capture.display import Display
from fanreel.errors import BrowserUnavailable, CaptureTimeout

_WINDOWS_ONLY = {"--do-not-de-elevate", "--disable-updater-scheduler"}
Driver = Literal["pipe", "playwright"]


def _launch(tmp_path: Path, driver: Driver = "pipe") -> Launch:
    return Launch(site_port=1, width=160, height=90, temp_dir=tmp_path, driver=driver)


def _playwright_bundle() -> str:
    return (Path(playwright.__file__).parent / "driver/package/lib/coreBundle.js").read_text()


def _program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _switch(argv: list[str], name: str) -> set[str]:
    [value] = [arg.partition("=")[2] for arg in argv if arg.startswith(f"--{name}=")]
    return set(value.split(","))


@pytest.mark.parametrize("display", [None, ":7"])
def test_switches_with_lists_are_given_once(tmp_path: Path, display: str | None) -> None:
    """Of two Chromium takes the last, so ours says all of it."""
    launch = Launch(site_port=1, width=160, height=90, temp_dir=tmp_path, display=display)
    argv = browser_argv(launch)
    assert "availableHoverTypes=2" in _switch(argv, "blink-settings")
    assert _switch(argv, "enable-blink-features") == {"CSSImageAnimation"}
    assert "IsolateSandboxedIframes" in _switch(argv, "disable-features")


@pytest.mark.parametrize("switch", ["--ui-disable-partial-swap", "--disable-partial-raster"])
def test_a_picture_owes_nothing_to_the_one_before(tmp_path: Path, switch: str) -> None:
    """Without either, a pixel depends on which frames a busy machine left out (bench/repeat.py)."""
    assert switch in browser_argv(_launch(tmp_path))


@pytest.mark.parametrize(
    ("sandbox", "webgpu", "alone"),
    [(False, False, False), (True, False, True), (False, True, True)],
    ids=["plain", "sandboxed", "webgpu"],
)
def test_the_compositor_has_a_process_where_that_keeps_something_apart(
    tmp_path: Path, *, sandbox: bool, webgpu: bool, alone: bool
) -> None:
    """Elsewhere it is in the browser's; pictures are the same (tests/media/test_sandbox.py)."""
    launch = dataclasses.replace(_launch(tmp_path), sandbox=sandbox, webgpu=webgpu)
    in_browser = {"--in-process-gpu", "--no-unsandboxed-zygote"}
    assert in_browser & set(browser_argv(launch)) == (set() if alone else in_browser)


@pytest.mark.parametrize("kind", ["disable", "enable"])
def test_what_playwright_switches_stays_switched(tmp_path: Path, kind: str) -> None:
    """Its own list would be lost to ours; after an upgrade of Playwright this says what is new."""
    found = re.search(rf"\b{kind}dFeatures = [^\[]*\[(.*?)\]", _playwright_bundle(), re.DOTALL)
    assert found is not None
    theirs = set(re.findall(r'^[^/\n]*"(\w+)"', found[1], re.MULTILINE))
    assert theirs
    edge = {name for name in theirs if name.startswith("ms")}
    assert theirs - edge <= _switch(browser_argv(_launch(tmp_path)), f"{kind}-features")


@pytest.mark.parametrize("headless", [False, True])
def test_both_drivers_give_the_same_switches(tmp_path: Path, *, headless: bool) -> None:
    """A page that was planned with one is rendered with the other."""
    found = re.search(r"\bchromiumSwitches = .*?\[(.*?)\]\.filter", _playwright_bundle(), re.DOTALL)
    assert found is not None
    theirs = set(re.findall(r'"(--[a-z-]+)', found[1]))
    assert len(theirs) > 20
    switches = browser_argv(_launch(tmp_path))
    argv = chromium_argv(tmp_path / "chromium", tmp_path, switches, headless=headless)
    ours = {arg.partition("=")[0] for arg in argv[1:]}
    assert {name for name in theirs - ours if "edge" not in name} == _WINDOWS_ONLY
    assert ("--headless" in ours) == headless


@pytest.mark.parametrize("driver", ["pipe", "playwright"])
def test_a_browser_that_takes_too_long_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: Driver
) -> None:
    """A machine with too much to do is no missing library."""
    monkeypatch.setattr(browser, "_LAUNCH_TIMEOUT_S", 2.0)
    slow = _program(tmp_path / "chromium", "exec sleep 60")
    with pytest.raises(CaptureTimeout, match="did not start within 2 s"):
        Browser(_launch(tmp_path, driver), program=slow).__enter__()


@pytest.mark.parametrize("driver", ["pipe", "playwright"])
def test_a_browser_that_cannot_start_is_not_tried_again(tmp_path: Path, driver: Driver) -> None:
    """What it said is in the message."""
    said = "error while loading shared libraries: libnss3.so"
    broken = _program(tmp_path / "chromium", f"echo '{said}' >&2; exit 127")
    with pytest.raises(BrowserUnavailable, match="libnss3"):
        Browser(_launch(tmp_path, driver), program=broken).__enter__()


def test_a_screen_too_is_late_or_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says nothing may be tried again; one that ends cannot work."""
    monkeypatch.setattr("fanreel.capture.display._START_TIMEOUT_S", 0.5)
    slow = _program(tmp_path / "slow", "exec sleep 60")
    with pytest.raises(CaptureTimeout, match="160x90"):
        Display(slow, 160, 90, tmp_path).__enter__()
    monkeypatch.setattr("fanreel.capture.display._START_TIMEOUT_S", 20.0)
    broken = _program(tmp_path / "broken", "exit 1")
    with pytest.raises(BrowserUnavailable, match="fanreel doctor"):
        Display(broken, 160, 90, tmp_path).__enter__()
