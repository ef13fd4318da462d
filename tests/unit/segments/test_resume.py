"""Where segments outlive a render: one's own, locked, bounded."""

import os
import time
from pathlib import Path

import pytest

from fanreel.segments import resume
from fanreel.segments.resume import open_resume_folder, resume_root, sweep

HASH, OTHER = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"HOME": "/home/ada"}, Path("/home/ada/.cache/fanreel/resume")),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "/c"}, Path("/c/fanreel/resume")),
        ({"HOME": "/home/ada", "FANREEL_RESUME_DIR": "/r"}, Path("/r")),
        ({"HOME": "/home/ada", "FANREEL_RESUME_DIR": "off"}, None),
        ({}, None),
    ],
)
def test_its_place_can_be_chosen(environ: dict[str, str], root: Path | None) -> None:
    """By default the user's cache directory, which outlives a restart of the machine."""
    assert resume_root(environ) == root


def test_what_is_in_it_stays_until_it_is_discarded(tmp_path: Path) -> None:
    """For the same plan, and for it only."""
    with open_resume_folder(tmp_path / "r", HASH) as folder:
        assert folder is not None
        (folder.path / "segment").touch()
    with open_resume_folder(tmp_path / "r", OTHER) as other:
        assert other is not None
        assert not (other.path / "segment").exists()
    with open_resume_folder(tmp_path / "r", HASH) as again:
        assert again is not None
        assert (again.path / "segment").exists()
        again.discard()
        assert not again.path.exists()


def test_other_code_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan's hash knows fanreel by its version; what draws may have changed since."""
    with open_resume_folder(tmp_path, HASH) as folder:
        assert folder is not None
    monkeypatch.setattr(resume, "code_generation", lambda: "another")
    with open_resume_folder(tmp_path, HASH) as other:
        assert other is not None
        assert other.path != folder.path


def test_two_renders_of_one_plan_do_not_share(tmp_path: Path) -> None:
    """The second one keeps its segments elsewhere."""
    with open_resume_folder(tmp_path, HASH) as first, open_resume_folder(tmp_path, HASH) as second:
        assert first is not None
        assert second is None


def test_a_folder_of_others_is_not_used(tmp_path: Path) -> None:
    """Whoever can write there could put pictures into the video."""
    (tmp_path / "r").mkdir(mode=0o777)
    (tmp_path / "r").chmod(0o777)
    with open_resume_folder(tmp_path / "r", HASH) as folder:
        assert folder is None


def test_no_room_or_no_place_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The render goes on without."""
    (tmp_path / "file").touch()
    for root in (None, tmp_path / "file", tmp_path / "file" / "below"):
        with open_resume_folder(root, HASH) as folder:
            assert folder is None
    monkeypatch.setattr(resume, "_RESERVE_BYTES", 2**62)
    with open_resume_folder(tmp_path / "r", HASH) as folder:
        assert folder is None


def test_old_and_large_folders_go(tmp_path: Path) -> None:
    """The newest stay as far as they fit, and one that is in use stays whatever it is."""
    for age, name in enumerate(("new", "middle", "old", "ancient")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "segment").write_bytes(bytes(1000))
        then = time.time() - (age * 3600 if name != "ancient" else 30 * 24 * 3600)
        os.utime(folder, (then, then))
    with open_resume_folder(tmp_path, HASH) as used:
        assert used is not None
        (used.path / "segment").write_bytes(bytes(5000))
        then = time.time() - 30 * 24 * 3600
        os.utime(used.path, (then, then))
        sweep(tmp_path, limit_bytes=2500)
        assert {path.name for path in tmp_path.iterdir()} == {"new", "middle", used.path.name}
