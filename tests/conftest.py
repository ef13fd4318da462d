"""The folder is the marker, and what a machine lacks decides what runs."""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from fanreel.browser.locate import INSTALL_XVFB, find_chromium, find_xvfb
from fanreel.engine import warm
from fanreel.engine.warm import keep_warm
from fanreel.errors import BrowserUnavailable
from fanreel.page import bundles

TESTS_DIR = Path(__file__).parent
BUNDLED = (bundles.PAGE_DIR, bundles.PAGE_DIR.parent / "preview" / "ui")
FOLDERS = ("unit", "media", "aws", "gcp", "clouds", "live")

# What an earlier run decoded is no business of this one; tests of the cache open their own.
os.environ["FANREEL_EXTRACT_CACHE_DIR"] = "off"
# Nobody outside is asked for families; tests of that bring a service of their own.
os.environ["FANREEL_WEB_FONTS_URL"] = "off"
# Nor what one rendered that was ended.
os.environ["FANREEL_RESUME_DIR"] = "off"

# A shell starts what runs in the background with Ctrl-C ignored, and children inherit that. Tests
# send it to commands as a terminal would, in the foreground.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline: a busy machine is not a defect. The same examples in CI: neither is chance.
settings.register_profile("fanreel", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("fanreel")


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """Copy one process for all steps of all tests, as a worker of a cloud does for its steps."""
    with keep_warm():
        yield


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start an interpreter for each step, as a program does that keeps no process."""
    monkeypatch.setattr(warm, "_kept", None)


def pytest_configure(config: pytest.Config) -> None:
    """Bundle the page anew where its modules have changed; workers of xdist find it done."""
    if not hasattr(config, "workerinput") and any(map(bundles.problem, BUNDLED)):
        subprocess.run([TESTS_DIR.parent / "scripts" / "bundle"], check=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by its folder; quick folders run first, but last of several workers."""
    for item in items:
        item.add_marker(_folder(item))
    # Several workers end together where what is left in the end are files of a second or two.
    order = FOLDERS[::-1] if hasattr(config, "workerinput") else FOLDERS
    items.sort(key=lambda item: order.index(_folder(item)))  # stable: files stay in order


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run; in CI, where it must run, fail instead."""
    if item.get_closest_marker("live") and not os.environ.get("FANREEL_LIVE_STACK"):
        pytest.skip("FANREEL_LIVE_STACK names no deployed stack")
    # A test elsewhere that renders for real says so with the marker `media`.
    missing = _missing_for_media() if item.get_closest_marker("media") else None
    if missing is None:
        return
    if os.environ.get("CI"):
        pytest.fail(f"in CI the media tests must run: {missing}", pytrace=False)
    pytest.skip(missing)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Notice what leaves this process, and all it starts from now on, at real-time priority."""
    if sys.platform == "linux" and os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        pytest.fail("the test, or a library it calls, changed how this process is scheduled")


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS_DIR).parts[0]


@functools.cache
def _missing_for_media() -> str | None:
    try:
        find_chromium()
    except BrowserUnavailable as exc:
        return str(exc)
    if find_xvfb() is None:
        return f"no Xvfb found; install it with `{INSTALL_XVFB}`"
    return None
