"""Whole renders on one extraction cache at once: undisturbed, killed, and on a full disk."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import psutil
import pytest

from fanreel.media.cache_entries import _indices_of
from fanreel.processes import runs
from tests.media.hostile import Place, page, small_disk
from tests.media.sources import write_numbered

# Eight at once are in `test_cache.py`, without a browser each.
RENDERS = 4
# Each picture of the videos is shown for two frames. At its last frame the page asks ahead for one
# more, which comes or does not before the end: here it is the picture the page has already.
PAGE = page(
    """
    <video src="a.mp4" data-start="0" muted></video>
    <video src="b.webm" data-start="0" muted style="position: absolute; left: 30px; top: 20px">
    </video>
    """,
    root='data-duration="0.22" data-fps="50" data-no-timeline',
)
# The extraction cache leaves 512 MB of a disk to others; this is what one has who writes at all.
_ROOMY_KIB = 640 * 1024
_END_S = 120.0

Files = dict[str, str | bytes]
Summary = dict[str, Any]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return a project of eleven frames with two videos of six."""
    folder = tmp_path_factory.mktemp("films")
    write_numbered(folder / "a.mp4", 6, fps=Fraction(25))
    write_numbered(folder / "b.webm", 6, fps=Fraction(25), codec="libvpx-vp9")
    names = ("a.mp4", "b.webm")
    return {"index.html": PAGE, **{name: (folder / name).read_bytes() for name in names}}


@pytest.fixture(scope="module")
def uncached(films: Files, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the video that comes out without any cache."""
    folder = tmp_path_factory.mktemp("uncached")
    place = Place(folder / "project", folder, folder / "t")
    place.write(films)
    with rendering(place, "out.mp4") as process:
        assert summary_of(process)["cache"]["misses"] == 0
    return (folder / "out.mp4").read_bytes()


@contextlib.contextmanager
def rendering(place: Place, output: str) -> Iterator["subprocess.Popen[str]"]:
    """Render with one browser, in a process that is gone at the end whatever became of it."""
    options = ("-o", output, "--json", "--workers", "1", "--quality", "draft")
    process = place.command("render", place.project, *options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=_END_S)


class Together:
    """Renders begun at once on the cache *directory*, gone at the end."""

    def __init__(
        self, place: Place, directory: Path, monkeypatch: pytest.MonkeyPatch, count: int = RENDERS
    ) -> None:
        monkeypatch.setenv("FANREEL_EXTRACT_CACHE_DIR", str(directory))
        self.place, self.directory, self._count = place, directory, count
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.running = {
                f"{number}.mp4": stack.enter_context(rendering(self.place, f"{number}.mp4"))
                for number in range(self._count)
            }
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def partials(self) -> list[Path]:
        """Return the entries being written, or left so."""
        return list(self.directory.glob(".partial-*"))

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        """Return what *condition* is as soon as it is something, while any render runs."""
        while not (found := condition()):
            assert any(process.poll() is None for process in self.running.values())
            time.sleep(0.002)
        return found

    def freeze_an_extracting_one(self) -> tuple[str, set[Path]]:
        """Stop the first render seen amid both videos; give its output, and its partials."""
        return self.wait_for(self._frozen)  # type: ignore[no-any-return]

    def _frozen(self) -> tuple[str, set[Path]] | None:
        for writer in {int(partial.name.split("-")[1]) for partial in self.partials()}:
            for output, process in self.running.items():
                if process.poll() is not None or not _is_in_group(writer, process.pid):
                    continue
                os.killpg(process.pid, signal.SIGSTOP)
                theirs = set(self.directory.glob(f".partial-{writer}-*"))
                if [_has_frames(path) for path in theirs] == [True, True]:
                    return output, theirs
                os.killpg(process.pid, signal.SIGCONT)
        return None

    def summaries(self) -> dict[str, Summary]:
        """Wait for those that still run; give what each says at the end, by output."""
        return {output: summary_of(process) for output, process in self.running.items()}


def _has_frames(partial: Path) -> bool:
    # Its file is there at its final size, as a hole, from the first frame on.
    with contextlib.suppress(FileNotFoundError):
        return (partial / "frames.bin").stat().st_size > 0
    return False


def kill(render: "subprocess.Popen[str]") -> None:
    """Kill a render, all of it at once: no part of it may tidy up after another."""
    children = psutil.Process(render.pid).children(recursive=True)
    render.kill()
    for process in children:
        with contextlib.suppress(psutil.NoSuchProcess):  # some end with it
            process.kill()
    render.wait(timeout=_END_S)
    while any(runs(process.pid) for process in children):
        time.sleep(0.002)


def _is_in_group(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def summary_of(process: "subprocess.Popen[str]") -> Summary:
    """Wait for the end, which is a good one; give the last line of the output."""
    out, err = process.communicate(timeout=_END_S)
    assert process.returncode == 0, err
    assert "Traceback" not in err, err
    summary: Summary = json.loads(out.splitlines()[-1])
    return summary


def total(summaries: dict[str, Summary], name: str) -> int:
    """Add up a number of all their caches."""
    return sum(summary["cache"][name] for summary in summaries.values())


def check_outputs(place: Place, outputs: list[str], uncached: bytes) -> None:
    """All outputs are these, and each is the video there is without a cache."""
    assert place.outputs() == sorted(outputs)
    assert [name for name in outputs if (place.out / name).read_bytes() != uncached] == []


def whole_entries(directory: Path) -> list[str]:
    """Return the names of the entries, all of which are whole; there are no others."""
    assert not list(directory.glob(".partial-*"))
    assert not list(directory.glob(".evicted-*"))
    entries = [path for path in directory.iterdir() if not path.name.startswith(".")]
    for entry in entries:
        assert (entry / "complete").exists()
        meta = json.loads((entry / "meta.json").read_bytes())
        if not entry.name.endswith("-times"):
            assert meta["indices"] == _indices_of(entry.name)
            size_bytes = meta["frame_bytes"] * len(meta["indices"])
            assert (entry / "frames.bin").stat().st_size == size_bytes
    return [entry.name for entry in entries]


def frames_in(entries: list[str]) -> list[tuple[str, int]]:
    """Return each frame in *entries*: its source and its number in it."""
    blocks = [name for name in entries if "-b" in name]
    return [(name.partition("-b")[0], index) for name in blocks for index in _indices_of(name)]


def test_renders_agree_and_publish_each_entry_once(
    place: Place, films: Files, uncached: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one another and with a render without a cache; each says what it found and decoded."""
    place.write(films)
    with Together(place, place.out.parent / "cache", monkeypatch) as renders:
        outputs = list(renders.running)
        summaries = renders.summaries()
    check_outputs(place, outputs, uncached)
    assert [summary["warnings"] for summary in summaries.values()] == [[]] * RENDERS
    entries = whole_entries(renders.directory)
    assert total(summaries, "published") == len(entries)
    assert total(summaries, "publishFailures") == 0
    # No frame is there twice, and every render has asked for every one of them.
    frames = frames_in(entries)
    assert len(frames) == len(set(frames)) == 2 * 6
    asked = [s["cache"]["hits"] + s["cache"]["misses"] for s in summaries.values()]
    assert asked == [len(frames)] * RENDERS


def test_renders_that_are_killed_amid_extraction_harm_no_other(
    place: Place, films: Files, uncached: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    One dies while two others run, and one that stood still all the time after them.

    What the first leaves is cleared by those that are there. Nobody takes the second for dead while
    it is not; what it leaves is cleared by a later render, which finds every frame.
    """
    place.write(films)
    with Together(place, place.out.parent / "cache", monkeypatch) as renders:
        first, cleared_at_once = renders.freeze_an_extracting_one()
        frozen = {first: renders.running.pop(first)}
        second, cleared_later = renders.freeze_an_extracting_one()
        frozen |= {second: renders.running.pop(second)}
        kill(frozen[first])
        summaries = renders.summaries()
        assert len(summaries) == RENDERS - 2
        check_outputs(place, list(summaries), uncached)
        assert not any(summary["warnings"] for summary in summaries.values())
        assert total(summaries, "partialsCleared") == len(cleared_at_once)
        assert set(renders.partials()) == cleared_later
        kill(frozen[second])
    for left in place.temp.iterdir():
        os.utime(left, (0, 0))  # the next render clears what is not of this minute
    with rendering(place, "later.mp4") as process:
        later = summary_of(process)
    check_outputs(place, [*summaries, "later.mp4"], uncached)
    assert later["warnings"] == []
    assert later["cache"]["partialsCleared"] == len(cleared_later)
    assert (later["cache"]["misses"], later["cache"]["published"]) == (0, 0)
    assert later["cache"]["hits"] == len(frames_in(whole_entries(renders.directory)))


@pytest.mark.parametrize("disk", ["too small from the start", "full amid extraction"])
def test_a_disk_without_room_for_the_cache_costs_a_warning(
    place: Place, films: Files, uncached: bytes, monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:
    """To each render; no picture of any is lost, and no entry is torn."""
    place.write(films)
    fills_up = disk == "full amid extraction"
    with (
        small_disk(place.out.parent / "disk", _ROOMY_KIB if fills_up else 4 * 1024) as folder,
        Together(place, folder / "cache", monkeypatch, count=2) as renders,
    ):
        outputs = list(renders.running)
        if fills_up:
            writer, _ = renders.freeze_an_extracting_one()
            renders.wait_for(lambda: leave_no_room(folder))
            os.killpg(renders.running[writer].pid, signal.SIGCONT)
        summaries = renders.summaries()
        check_outputs(place, outputs, uncached)
        whole_entries(renders.directory)
    said = []
    for summary in summaries.values():
        [warning] = summary["warnings"]
        assert warning.startswith(f"the extraction cache {renders.directory} is not used: ")
        assert summary["cache"]["warnings"] == [warning]
        assert summary["cache"]["publishFailures"] >= 1  # both videos may be at it at once
        said.append(warning)
    # Who comes to a full disk sees that; to whom it happens amid a frame hears it from the system.
    assert any("No space left" in warning for warning in said) == fills_up
    assert any("bytes are free on its disk" in warning for warning in said)


def leave_no_room(disk: Path) -> bool:
    """Make *disk* as small as what is on it; False if that grew meanwhile."""
    space = os.statvfs(disk)
    used_bytes = (space.f_blocks - space.f_bfree) * space.f_frsize
    remount = ["mount", "-o", f"remount,size={used_bytes}", str(disk)]
    return subprocess.run(remount, check=False, capture_output=True).returncode == 0
