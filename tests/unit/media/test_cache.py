"""Which cache a render uses, and what a sweep takes away."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import pytest

from fanreel.media.cache import CacheStats, FrameCache, open_cache
from fanreel.media.cache_entries import CachedSource
from fanreel.media.cache_sweep import GENERATION, sweep
from fanreel.media.presentation import PacketMark, Presentation

TWO_HOURS_S = 7200
FRAME_BYTES = 96
TIMES = Presentation(
    pts=(0, 512, 1030),
    time_base=Fraction(1, 15360),
    first_s=Fraction(1, 3),
    fps=None,
    end_s=Fraction(2),
    packets=(PacketMark(pts=0, dts=-512, is_key=True),),
    keys=(0,),
)


def frame(index: int) -> bytes:
    """Return a tiny frame whose bytes say its number."""
    return bytes([index % 256]) * FRAME_BYTES


def cache_in(directory: Path, limit_bytes: int = 0) -> FrameCache:
    """Open a cache that lets the disk run full."""
    return FrameCache(directory, limit_bytes, reserve_bytes=0)


def fill(cache: FrameCache, key: str, indices: range) -> None:
    """Put frames of source *key* into the cache."""
    source = CachedSource(cache, key)
    for index in indices:
        source.keep(index, frame(index))
    source.close()


def entries(directory: Path) -> list[str]:
    """Name what is published."""
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))


def make_old(path: Path, age_s: float = TWO_HOURS_S) -> None:
    """Pretend that an entry was last used long ago."""
    past = time.time() - age_s
    os.utime(path / "complete", (past, past))


# --- which cache


@pytest.mark.parametrize("word", ["off", "none", "false", "0", "OFF", " None "])
def test_one_word_ends_the_cache(word: str) -> None:
    """No directory is made, nothing is kept."""
    assert open_cache({"FANREEL_EXTRACT_CACHE_DIR": word}) is None


def test_the_environment_moves_and_sizes_the_cache(tmp_path: Path) -> None:
    """The directory by its path, the limit in MiB; 0 is no limit."""
    environ = {
        "FANREEL_EXTRACT_CACHE_DIR": str(tmp_path / "here"),
        "FANREEL_EXTRACT_CACHE_MAX_MB": "7",
    }
    cache = open_cache(environ)
    assert cache is not None
    assert (cache.directory, cache.limit_bytes) == (tmp_path / "here", 7 * 2**20)
    cache = open_cache(environ | {"FANREEL_EXTRACT_CACHE_MAX_MB": "0"})
    assert cache is not None
    assert cache.limit_bytes == 0


@pytest.mark.parametrize("limit", ["2gb", "-1", "1.5", "9" * 5000])
def test_a_limit_that_is_no_number_is_one_warning(tmp_path: Path, limit: str) -> None:
    """The cache is used nevertheless, within the usual limit."""
    environ = {
        "FANREEL_EXTRACT_CACHE_DIR": str(tmp_path / "here"),
        "FANREEL_EXTRACT_CACHE_MAX_MB": limit,
    }
    cache = open_cache(environ)
    assert cache is not None
    assert cache.usable
    assert cache.limit_bytes == 2 * 2**30
    [warning] = cache.stats.warnings
    assert "FANREEL_EXTRACT_CACHE_MAX_MB" in warning


def test_the_processes_of_a_render_are_one_in_its_summary() -> None:
    """Numbers add up; of several warnings the first is told."""
    total = CacheStats(hits=1, warnings=["one"])
    total.add(CacheStats(hits=2, freed_bytes=7, warnings=["two"]))
    assert (total.hits, total.freed_bytes, total.warnings) == (3, 7, ["one"])


def test_by_default_it_is_this_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the temporary directory, readable by nobody else, 2 GiB at most."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cache = open_cache({})
    assert cache is not None
    assert cache.directory == tmp_path / f"fanreel-extract-cache-{os.getuid()}"
    assert cache.directory.stat().st_mode & 0o777 == 0o700
    assert cache.limit_bytes == 2 * 2**30


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    """Frames in it could be anybody's."""
    os.chown(tmp_path, 12345, -1)
    cache = FrameCache(tmp_path)
    assert not cache.usable
    assert "belongs to" in cache.stats.warnings[0]


def test_a_place_that_is_no_directory_means_one_warning(tmp_path: Path) -> None:
    """And nothing else: no exception, no frame."""
    (tmp_path / "file").write_text("")
    cache = cache_in(tmp_path / "file")
    fill(cache, "a" * 40, range(4))
    assert CachedSource(cache, "a" * 40).read(1) is None
    assert len(cache.stats.warnings) == 1


# --- keeping and finding


def test_frames_come_back_as_they_were_put_in(tmp_path: Path) -> None:
    """Bytes and facts, across blocks."""
    fill(cache_in(tmp_path), "a" * 40, range(5, 80))
    source = CachedSource(cache_in(tmp_path), "a" * 40)
    assert [source.read(index) for index in range(5, 80)] == [frame(i) for i in range(5, 80)]
    assert source.read(4) is None
    assert source.read(80) is None


def test_no_source_is_served_anothers_frames(tmp_path: Path) -> None:
    """The key is all there is between them."""
    fill(cache_in(tmp_path), "a" * 40, range(40))
    assert CachedSource(cache_in(tmp_path), "b" * 40).read(3) is None


def test_overlapping_stretches_share_their_frames(tmp_path: Path) -> None:
    """A second stretch writes only what the first did not have."""
    fill(cache_in(tmp_path), "a" * 40, range(20))
    second = cache_in(tmp_path)
    source = CachedSource(second, "a" * 40)
    for index in range(10, 30):
        if source.read(index) is None:
            source.keep(index, frame(index))
    source.close()
    assert (second.stats.hits, second.stats.misses) == (10, 10)
    third = CachedSource(cache_in(tmp_path), "a" * 40)
    assert all(third.read(index) == frame(index) for index in range(30))


def test_the_presentation_is_kept_too(tmp_path: Path) -> None:
    """So that a warm render need not read the file at all."""
    CachedSource(cache_in(tmp_path), "a" * 40).keep_presentation(TIMES)
    assert CachedSource(cache_in(tmp_path), "a" * 40).presentation() == TIMES
    assert CachedSource(cache_in(tmp_path), "b" * 40).presentation() is None


def test_the_loser_of_a_race_adopts_the_winners_entry(tmp_path: Path) -> None:
    """Two writers of the same frames: one entry, untouched by the second."""
    cache = cache_in(tmp_path)
    one, two = CachedSource(cache, "a" * 40), CachedSource(cache, "a" * 40)
    for index in range(8):
        one.keep(index, frame(index))
        two.keep(index, frame(index))
    one.close()
    [name] = entries(tmp_path)
    inode = (tmp_path / name).stat().st_ino
    two.close()
    assert entries(tmp_path) == [name]
    assert (tmp_path / name).stat().st_ino == inode
    assert cache.stats.publish_failures == 0
    assert not list(tmp_path.glob(".partial-*"))


def test_an_entry_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    """What has no sentinel, or too few bytes, is no entry."""
    fill(cache_in(tmp_path), "a" * 40, range(64))
    first, second = entries(tmp_path)
    (tmp_path / first / "complete").unlink()
    with (tmp_path / second / "frames.bin").open("r+b") as file:
        file.truncate(100)
    source = CachedSource(cache_in(tmp_path), "a" * 40)
    assert all(source.read(index) is None for index in range(64))


def test_an_entry_that_vanishes_while_held_is_still_read(tmp_path: Path) -> None:
    """Its bytes stay until the reader lets go."""
    fill(cache_in(tmp_path), "a" * 40, range(32))
    source = CachedSource(cache_in(tmp_path), "a" * 40)
    assert source.read(6) == frame(6)
    [name] = entries(tmp_path)
    for path in (tmp_path / name).iterdir():
        path.unlink()
    (tmp_path / name).rmdir()
    assert source.read(7) == frame(7)


def test_an_entry_that_vanishes_before_is_made_again(tmp_path: Path) -> None:
    """A miss, like one that never was; and the same name is found when it is back."""
    fill(cache_in(tmp_path), "a" * 40, range(64))
    cache = cache_in(tmp_path)
    source = CachedSource(cache, "a" * 40)
    shutil.rmtree(tmp_path / entries(tmp_path)[1])
    assert source.read(40) is None
    assert source.read(3) == frame(3)
    fill(cache_in(tmp_path), "a" * 40, range(32, 64))
    assert source.read(32) == frame(32)
    assert cache.stats.warnings == []


def test_a_long_film_does_not_use_up_the_process_files(tmp_path: Path) -> None:
    """Hundreds of entries are read through a few descriptors."""
    fill(cache_in(tmp_path), "a" * 40, range(0, 32 * 200, 32))
    source = CachedSource(cache_in(tmp_path), "a" * 40)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for index in range(0, 32 * 200, 32):
        assert source.read(index) == frame(index)
    assert len(list(Path("/proc/self/fd").iterdir())) - before < 40


# --- sweeping


def test_least_used_entries_go_first(tmp_path: Path) -> None:
    """Down to the limit and no further."""
    fill(cache_in(tmp_path), "a" * 40, range(96))
    names = entries(tmp_path)
    for name, age_s in zip(names, [8000, 9000, 7000], strict=True):
        make_old(tmp_path / name, age_s)
    sizes = [sum(p.stat().st_size for p in (tmp_path / name).iterdir()) for name in names]
    swept = sweep(tmp_path, sum(sizes) - 1)
    assert entries(tmp_path) == [names[0], names[2]]
    assert (swept.evictions, swept.freed_bytes) == (1, sizes[1])


def test_young_and_held_entries_stay(tmp_path: Path) -> None:
    """Whatever the limit: used within the hour, or open in a reader."""
    fill(cache_in(tmp_path), "a" * 40, range(96))
    names = entries(tmp_path)
    for name in names[:2]:
        make_old(tmp_path / name)
    with (tmp_path / names[0] / "complete").open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert sweep(tmp_path, 1).evictions == 1
    assert entries(tmp_path) == [names[0], names[2]]
    assert sweep(tmp_path, 1).evictions == 1
    assert entries(tmp_path) == [names[2]]


def test_reading_makes_an_entry_young(tmp_path: Path) -> None:
    """Its last use counts, not its making."""
    fill(cache_in(tmp_path), "a" * 40, range(32))
    [name] = entries(tmp_path)
    make_old(tmp_path / name)
    source = CachedSource(cache_in(tmp_path), "a" * 40)
    source.close()
    assert sweep(tmp_path, 1).evictions == 0


def test_other_generations_go(tmp_path: Path) -> None:
    """They would give other pixels for the same source."""
    fill(cache_in(tmp_path), "a" * 40, range(8))
    [name] = entries(tmp_path)
    (tmp_path / name).rename(tmp_path / name.replace(GENERATION, "g00000000"))
    assert CachedSource(cache_in(tmp_path), "a" * 40).read(1) is None
    assert sweep(tmp_path, 0).evictions == 1
    assert entries(tmp_path) == []


def test_partials_go_with_their_writers(tmp_path: Path) -> None:
    """A living one's stays; after kill -9 it is cleared."""
    program = (
        "import sys, time; sys.path.insert(0, 'src'); sys.path.insert(0, '.');"
        "from pathlib import Path; from tests.unit.media.test_cache import *;"
        f"s = CachedSource(cache_in(Path({str(tmp_path)!r})), 'c' * 40); s.keep(1, frame(1));"
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        assert sweep(tmp_path, 0).partials_cleared == 0
        assert len(list(tmp_path.glob(".partial-*"))) == 1
        writer.kill()
    assert sweep(tmp_path, 0).partials_cleared == 1
    assert not list(tmp_path.glob(".partial-*"))


def test_a_presentation_half_written_goes_with_its_writer(tmp_path: Path) -> None:
    """At once, as frames do: every partial says whether its writer lives."""
    program = (
        "import sys; sys.path.insert(0, 'src'); sys.path.insert(0, '.');"
        "import os, signal; from pathlib import Path; from tests.unit.media.test_cache import *;"
        "Killed = type('Killed', (), {'to_json': lambda _: os.kill(os.getpid(), signal.SIGKILL)});"
        f"CachedSource(cache_in(Path({str(tmp_path)!r})), 'c' * 40).keep_presentation(Killed())"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".partial-*"))) == 1
    assert sweep(tmp_path, 0).partials_cleared == 1
    assert not list(tmp_path.glob(".partial-*"))


def test_a_sweep_never_takes_a_living_writer_for_a_dead_one(tmp_path: Path) -> None:
    """Whatever instant of its work it comes upon; what is published meanwhile is not cleared."""
    cleared = 0
    over = threading.Event()

    def sweep_on() -> None:
        nonlocal cleared
        while not over.is_set():
            cleared += sweep(tmp_path, 0).partials_cleared

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    cache = cache_in(tmp_path)
    try:
        for number in range(100):
            fill(cache, f"{number:040x}", range(1))
            CachedSource(cache, f"{number:040x}").keep_presentation(TIMES)
    finally:
        over.set()
        sweeper.join()
    assert (cleared, cache.stats.warnings) == (0, [])
    assert len(entries(tmp_path)) == cache.stats.published == 200


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """Somebody may have named a directory that holds other things."""
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").write_text("")
    sweep(tmp_path, 1)
    assert (tmp_path / "holiday" / "photo.jpg").exists()


def test_a_render_larger_than_the_limit_stops_filling_the_cache(tmp_path: Path) -> None:
    """Young entries may not go, so nothing more comes in; that is no failure."""
    limit = 100 * FRAME_BYTES
    cache = cache_in(tmp_path, limit)
    fill(cache, "a" * 40, range(320))
    assert 0 < sum(p.stat().st_size for p in tmp_path.glob("*/frames.bin")) <= limit
    assert cache.usable
    assert cache.stats.warnings == []


def test_what_is_being_written_counts_whole(tmp_path: Path) -> None:
    """Or writers side by side would each find room for a block that only one has room for."""
    limit = 100 * FRAME_BYTES
    sources = [CachedSource(cache_in(tmp_path, limit), key * 40) for key in "abcdef"]
    for source in sources:
        source.keep(1, frame(1))
    assert len(list(tmp_path.glob(".partial-*"))) == 3
    for source in sources:
        source.close()
    assert {p.stat().st_size for p in tmp_path.glob("*/frames.bin")} == {FRAME_BYTES}


def test_what_will_never_fit_drives_nothing_out(tmp_path: Path) -> None:
    """A block larger than the limit is not kept, and others stay."""
    fill(cache_in(tmp_path), "a" * 40, range(32))
    make_old(tmp_path / entries(tmp_path)[0])
    cache = cache_in(tmp_path, 33 * FRAME_BYTES + 2000)
    source = CachedSource(cache, "b" * 40)
    source.keep(1, frame(1) * 50)
    source.close()
    assert cache.stats.evictions == 0
    assert len(entries(tmp_path)) == 1


def test_a_nearly_full_disk_is_left_alone(tmp_path: Path) -> None:
    """The render needs the space more: one warning, and no more writing."""
    cache = FrameCache(tmp_path, 0, reserve_bytes=2**60)
    fill(cache, "a" * 40, range(40))
    assert cache.stats.publish_failures == 1
    assert len(cache.stats.warnings) == 1
    assert entries(tmp_path) == []
