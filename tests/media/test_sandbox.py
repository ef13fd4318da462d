"""Chromium's own sandbox, as an ordinary user has it: on, and without a trace in the picture."""

import hashlib
import json
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Iterator
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from fanreel.browser.sandbox import has_sandbox
from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from fanreel.network.outside import Recorder
from fanreel.page.config import planning_config
from tests.media.hostile import page

NOBODY = 65534
CAN_SANDBOX = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("unshare", "--user", "--map-root-user", "--net", "true"),
]
PAGE = page(
    '<canvas id="c" width="160" height="45"></canvas><p style="font: 20px sans-serif">Sandbox</p>'
    '<script>const gl = c.getContext("webgl"); gl.clearColor(1, 0, 0, 1); gl.clear(16384)</script>'
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a project that everybody may use; skip where there is no sandbox."""
    if os.geteuid() != 0 or subprocess.run(CAN_SANDBOX, check=False).returncode:
        pytest.skip("only root becomes another user, and not every system lets it have a sandbox")
    with tempfile.TemporaryDirectory(prefix="fh-", ignore_cleanup_errors=True) as name:
        (Path(name) / "index.html").write_text(PAGE)
        shutil.chown(name, NOBODY, NOBODY)
        yield Path(name)


def draw(folder: Path, temp_dir: Path) -> dict[str, object]:
    """Return the digest of the page's picture, and whether its renderer is in another namespace."""
    spec = SessionSpec(width=160, height=90, engine="xvfb")
    with PageSession(spec, temp_dir) as session:
        session.load(
            PageLoad(
                root_dir=folder,
                entry_file="index.html",
                page_config=planning_config(160, 90, Fraction(30), {}),
                network=Recorder(temp_dir / "bodies"),
            )
        )
        session.open()
        picture = hashlib.sha256(session.pictures.look(0).tobytes()).hexdigest()
        below = psutil.Process().children(recursive=True)
        renderers = [found for found in below if "--type=renderer" in " ".join(found.cmdline())]
        spaces = {str(Path(f"/proc/{found.pid}/ns/user").readlink()) for found in renderers}
    ours = str(Path("/proc/self/ns/user").readlink())
    return {"picture": picture, "sandboxed": bool(spaces) and ours not in spaces}


def draw_as_nobody(folder: Path, answer: Connection) -> None:
    """Become nobody for good, and draw; what is imported already needs no right to be read."""
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.environ.update(HOME=str(folder), TMPDIR=str(folder))
        has_sandbox.cache_clear()
        answer.send(json.dumps(draw(folder, Path(tempfile.mkdtemp(dir=folder)))))
    except BaseException:  # noqa: BLE001 (told by whoever waits)
        answer.send(json.dumps(traceback.format_exc()))


def test_renderers_are_sandboxed_and_draw_the_same(folder: Path, tmp_path: Path) -> None:
    """Root cannot have it, an ordinary user has; text, CSS and WebGL look the same."""
    as_root = draw(folder, tmp_path)
    assert as_root["sandboxed"] is False
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=draw_as_nobody, args=(folder, there))
    child.start()
    try:
        assert here.poll(120)
        assert json.loads(here.recv()) == as_root | {"sandboxed": True}
    finally:
        child.kill()
        child.join()
