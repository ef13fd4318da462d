"""The loop over segments, with renderers that only write a few bytes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fanreel.errors import BrowserCrashed, RenderCancelled, StorageUnavailable
from fanreel.segments.driver import Outcome, render_segments
from fanreel.segments.stores import SegmentKey
from fanreel.segments.times import SegmentTimes

KEYS = [SegmentKey(plan_hash="a", start_frame=n, end_frame=n + 10) for n in range(0, 60, 10)]


@dataclass
class Memory:
    """A store; *on_keep* runs while a segment is kept."""

    on_keep: Callable[[SegmentKey], None] = lambda _key: None
    kept: list[SegmentKey] = field(default_factory=list)

    def find(self, key: SegmentKey) -> bool:
        """Tell whether it is kept."""
        return key in self.kept

    def keep(self, key: SegmentKey, path: Path) -> None:
        """Keep its name."""
        assert path.read_text() == key.name
        self.on_keep(key)
        self.kept.append(key)


@dataclass
class Writer:
    """A renderer; *on_render* runs while a segment is rendered."""

    on_render: Callable[[SegmentKey], None] = lambda _key: None
    rendered: list[SegmentKey] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> SegmentTimes:
        """Write the segment's name."""
        self.on_render(key)
        if self.cancelled.is_set():
            raise RenderCancelled
        for frames in (5, 10):
            heartbeat(frames)
        path.write_text(key.name)
        self.rendered.append(key)
        return SegmentTimes()

    def cancel(self) -> None:
        """Render no more."""
        self.cancelled.set()


def _render(tmp_path: Path, store: Memory, *writers: Writer) -> Outcome:
    return render_segments(KEYS, writers, store, tmp_path, ".mp4")


@pytest.mark.parametrize("count", [1, 3])
def test_each_segment_is_rendered_once_and_kept(tmp_path: Path, count: int) -> None:
    """By however many; nothing is left where they were written."""
    writers, store = [Writer() for _ in range(count)], Memory()
    outcome = _render(tmp_path, store, *writers)
    rendered = [key for writer in writers for key in writer.rendered]
    assert sorted(key.start_frame for key in rendered) == [0, 10, 20, 30, 40, 50]
    assert sorted(key.start_frame for key in store.kept) == [0, 10, 20, 30, 40, 50]
    assert (outcome.done, outcome.frames_encoded, outcome.rendered, outcome.found) == (
        True, 60, 6, 0,
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_the_digest_is_of_the_segments_in_order(tmp_path: Path) -> None:
    """Whoever was first."""
    one = _render(tmp_path, Memory(), Writer()).sha256
    assert _render(tmp_path, Memory(), Writer(), Writer()).sha256 == one


def test_what_is_kept_is_not_rendered(tmp_path: Path) -> None:
    """It counts as done."""
    writer, store = Writer(), Memory(kept=KEYS[:4])
    heard: list[int] = []
    outcome = render_segments(KEYS, [writer], store, tmp_path, "", heartbeat=heard.append)
    assert writer.rendered == KEYS[4:]
    assert (outcome.found, outcome.frames_found, outcome.frames_encoded) == (4, 40, 20)
    assert heard == [10, 20, 30, 40, 45, 50, 50, 55, 60, 60]


def test_the_next_is_rendered_while_one_is_kept(tmp_path: Path) -> None:
    """An upload takes as long as it takes; here the second segment waits for the first's."""
    begun = threading.Event()
    store = Memory(on_keep=lambda key: None if key != KEYS[0] else _await(begun))
    writer = Writer(on_render=lambda key: begun.set() if key == KEYS[1] else None)
    assert _render(tmp_path, store, writer).rendered == 6


def _await(event: threading.Event) -> None:
    assert event.wait(10)


def test_a_store_that_fails_ends_it(tmp_path: Path) -> None:
    """With its own error, and with what was kept before."""

    def fail(key: SegmentKey) -> None:
        if key == KEYS[2]:
            raise StorageUnavailable

    store = Memory(on_keep=fail)
    with pytest.raises(StorageUnavailable):
        _render(tmp_path, store, Writer())
    assert store.kept[:2] == KEYS[:2]


def test_the_first_failure_ends_all(tmp_path: Path) -> None:
    """The others are cancelled, and it is the failure that is told."""
    other = Writer()

    def wait(_key: SegmentKey) -> None:
        assert other.cancelled.wait(10)

    def fail(_key: SegmentKey) -> None:
        raise BrowserCrashed("gone")

    other.on_render = wait
    with pytest.raises(BrowserCrashed, match="gone"):
        _render(tmp_path, Memory(), other, Writer(on_render=fail))


def test_a_heartbeat_that_raises_ends_all(tmp_path: Path) -> None:
    """As Ctrl-C does, on the thread of the caller."""
    writers = [Writer(), Writer()]
    threads: set[int] = set()

    def beat(_frames: int) -> None:
        threads.add(threading.get_ident())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_segments(KEYS, writers, Memory(), tmp_path, "", heartbeat=beat)
    assert threads == {threading.get_ident()}
    assert all(writer.cancelled.is_set() for writer in writers)
