"""The kernel keeps a child to the files of its step; each way to others is tried."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel import plan, still
from fanreel.config import RenderConfig
from fanreel.engine.answers import Done
from fanreel.engine.process import Child
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Finish
from fanreel.errors import UnexpectedError
from tests.landlock import require_landlock
from tests.media.hostile import page
from tests.media.taken_over import take_over
from tests.media.test_steps_in_children import STARTS, STEPS

ESCAPING = "tests.media.escaping"
KEY = "aws_secret_access_key = secret"
_SIGNALS_ABI = 6
NOBODY = 65534


@pytest.fixture
def abi() -> int:
    """Return what the kernel's landlock can do."""
    return require_landlock()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder with a home that holds a key, a project, and places to write to."""
    folder = Path(tempfile.mkdtemp(prefix="fl-"))
    for name in ("home/.aws", "cwd", "project", "out", "work"):
        (folder / name).mkdir(parents=True)
    (folder / "home/.aws/credentials").write_text(KEY)
    (folder / "project/index.html").write_text(page("<p>Text</p>"))
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("FANREEL_FONTS_DIR", str(folder / "fonts"))
    yield folder
    shutil.rmtree(folder)


def _reached(reach: Reach) -> dict[str, Any]:
    with Child(ESCAPING) as child:
        child.confine(reach)
        with pytest.raises(UnexpectedError) as caught:
            child.ask(Finish(), Done)
    found: dict[str, Any] = caught.value.facts["reached"]
    return found


def test_a_child_reaches_no_other_files(abi: int, folder: Path) -> None:
    """Not to read, list or write them, as root neither; nor another process by a signal."""
    reach = Reach(temp_dir=folder / "work", reads=(folder / "project",), writes=(folder / "out",))
    assert _reached(reach) == ({} if abi >= _SIGNALS_ABI else {"signal": "sent"})
    assert (folder / "home/.aws/credentials").read_text() == KEY


def test_a_child_reaches_what_its_step_is_about(abi: int, folder: Path) -> None:
    """The tries are good ones: of a home that belongs to the step all of them come through."""
    del abi
    reach = Reach(temp_dir=None, reads=(), writes=(folder / "home",))
    assert {"read", "list", "write", "replace"} <= _reached(reach).keys()


def test_confining_can_be_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For systems whose programs lie where nobody thought of."""
    monkeypatch.setenv("FANREEL_LANDLOCK", "off")
    reached = _reached(Reach(temp_dir=folder / "work", reads=()))
    assert reached.keys() == {
        *("read", "list", "write", "replace", "signal", "metadata", "runtime")
    }


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_gets_its_own_files_only(
    abi: int,
    step: str,
    start: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """What it is asked to do is confined before it is done."""
    if start == "cold":
        request.getfixturevalue(start)
    monkeypatch.chdir(folder / "cwd")
    take_over(monkeypatch)
    with pytest.raises(UnexpectedError) as caught:
        STEPS[step]()
    reached: dict[str, Any] = caught.value.facts["reached"]
    assert reached == ({} if abi >= _SIGNALS_ABI else {"signal": "sent"})


def test_a_linked_key_is_no_file_of_the_project(abi: int, folder: Path) -> None:
    """Whatever the page asks for: the link leads out, and what decodes media cannot follow it."""
    del abi
    (folder / "project/key.mp4").symlink_to(folder / "home/.aws/credentials")
    reach = Reach(temp_dir=folder / "work", reads=(folder / "project",))
    assert "read" not in _reached(reach)


def test_what_does_not_exist_yet_is_made(folder: Path) -> None:
    """Folders of outputs, several levels of them."""
    config = RenderConfig(quality="draft")
    planned = plan(folder / "project", config, folder / "out/a/b/plan")
    assert planned.total_frames == 12
    assert still(folder / "project", folder / "out/c/d/still.png", 0).is_file()


@pytest.mark.timeout(300)
def test_an_ordinary_user_renders_confined(folder: Path) -> None:
    """With Chromium's sandbox where there is one; its keymap and screen are in /tmp then."""
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    # This one may lie in root's home.
    python = shutil.which("python{}.{}".format(*sys.version_info), path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("there is no Python of this version for everybody")
    argv = [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *(python, "-m", "fanreel", "still", str(folder / "project"), "--at", "0"),
        *("-o", str(folder / "out/still.png")),
    ]
    environ = os.environ | {
        "TMPDIR": str(folder / "work"),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        argv, env=environ, capture_output=True, text=True, check=False, cwd=folder / "cwd"
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (folder / "out/still.png").is_file()
