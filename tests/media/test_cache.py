"""Renders that share the extraction cache: the same pixels, whatever happens to it."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import fanreel
from fanreel import RenderConfig, RenderResult
from fanreel.cli.report import cache_in_words, result_json
from fanreel.files.plan_dir import Composition, MediaClip
from fanreel.media import serving
from fanreel.media.cache import CacheStats, FrameCache
from fanreel.media.cache_entries import CachedSource
from fanreel.media.cache_sweep import sweep
from fanreel.media.frames import VideoSource
from fanreel.media.serving import FrameFeed
from tests.media.hostile import small_disk
from tests.media.sources import numbered, write_video

SOURCES = {
    "a.mp4": {"codec": "libx264"},
    "b.webm": {"codec": "libvpx-vp9"},
    "c.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "d.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none:bframes=0"}},
}
FRAMES = 60


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of four videos of 60 frames."""
    folder = tmp_path_factory.mktemp("project")
    for name, options in SOURCES.items():
        write_video(folder / name, (numbered(n) for n in range(FRAMES)), **options)  # type: ignore[arg-type]
    return folder


def composition(rate: Fraction = Fraction(1), offset_s: Fraction = Fraction(0)) -> Composition:
    """Return a composition that shows the four videos."""
    clips = tuple(
        MediaClip(
            key=f"m{number}",
            kind="video",
            path=name,
            src=name,
            start_s=Fraction(0),
            duration_s=Fraction(2),
            rate=rate,
            offset_s=offset_s,
            shown=True,
        )
        for number, name in enumerate(SOURCES)
    )
    return Composition(
        composition_id="main",
        entry_file="index.html",
        width=640,
        height=360,
        fps=Fraction(30),
        duration_s=Fraction(2),
        total_frames=FRAMES,
        media=clips,
    )


def extract(
    project: Path,
    cache: FrameCache | None,
    shown: Composition | None = None,
    begun: Callable[[], object] = lambda: None,
) -> str:
    """Take every frame of every clip; give the digest of all their bytes."""
    shown = shown or composition()
    digest = hashlib.sha256()
    with FrameFeed(project, shown, cache) as feed:
        begun()
        for frame in range(shown.total_frames):
            for clip in shown.media:
                digest.update(feed.frame(clip.key, frame))
    return digest.hexdigest()


def test_a_warm_render_has_the_same_pixels_and_decodes_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the files are opened."""
    direct = extract(project, None)
    cold = FrameCache(tmp_path / "cache")
    assert extract(project, cold) == direct
    assert (cold.stats.hits, cold.stats.misses) == (0, 4 * FRAMES)

    def opened(path: Path, *_: object) -> VideoSource:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(serving, "VideoSource", opened)
    warm = FrameCache(tmp_path / "cache")
    assert extract(project, warm) == direct
    assert (warm.stats.hits, warm.stats.misses) == (4 * FRAMES, 0)
    assert warm.stats.warnings == []


def test_another_trim_and_rate_use_the_same_frames(project: Path, tmp_path: Path) -> None:
    """Frames are kept by their number in the source."""
    extract(project, FrameCache(tmp_path / "cache"))
    tweaked = composition(rate=Fraction(1, 2), offset_s=Fraction(1, 3))
    cache = FrameCache(tmp_path / "cache")
    assert extract(project, cache, tweaked) == extract(project, None, tweaked)
    assert (cache.stats.misses, cache.stats.published) == (0, 0)


def test_a_changed_source_is_another_source(project: Path, tmp_path: Path) -> None:
    """Under the same name."""
    extract(project, FrameCache(tmp_path / "cache"))
    changed = tmp_path / "project"
    changed.mkdir()
    for name, options in SOURCES.items():
        write_video(changed / name, (numbered(n + 7) for n in range(FRAMES)), **options)  # type: ignore[arg-type]
    cache = FrameCache(tmp_path / "cache")
    assert extract(changed, cache) == extract(changed, None)
    assert cache.stats.hits == 0


def test_entries_that_vanish_are_extracted_again(project: Path, tmp_path: Path) -> None:
    """In the middle of a render."""
    direct = extract(project, None)
    extract(project, FrameCache(tmp_path / "cache"))
    gone = sorted(p for p in (tmp_path / "cache").iterdir() if "-b" in p.name)[::2]
    for path in gone:
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    cache = FrameCache(tmp_path / "cache")
    assert extract(project, cache) == direct
    assert cache.stats.misses > 0
    assert cache.stats.hits > 0
    assert extract(project, FrameCache(tmp_path / "cache")) == direct


def test_pictures_that_cost_little_to_decode_are_not_kept(tmp_path: Path) -> None:
    """QuickTime Animation, say: writing its planes costs more."""
    pictures = [numbered(n) for n in range(4)]
    write_video(tmp_path / "q.mov", pictures, codec="qtrle", pixel_format="rgb24")
    shown = composition()
    shown = shown.model_copy(
        update={
            "media": (shown.media[0].model_copy(update={"path": "q.mov"}),),
            "total_frames": 4,
        }
    )
    cache = FrameCache(tmp_path / "cache")
    assert extract(tmp_path, cache, shown) == extract(tmp_path, None, shown)
    assert not [p for p in (tmp_path / "cache").iterdir() if p.name.startswith("g")]


# --- many at once


def start_render(project: Path, cache_dir: Path) -> "subprocess.Popen[str]":
    """Start a process that extracts everything, in another order, and prints digest and stats."""
    program = (
        "import json, sys; from pathlib import Path;"
        "from tests.media.test_cache import FrameCache, extract;"
        f"cache = FrameCache(Path({str(cache_dir)!r}), 2**30, reserve_bytes=0);"
        f"digest = extract(Path({str(project)!r}), cache);"
        "print(json.dumps([digest, cache.stats.to_json()]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ".:src", "PATH": "/usr/bin:/bin"},
    )


def make_partials_old(cache_dir: Path) -> None:
    """Let a minute go by, in which one that nobody has locked yet might still be begun."""
    for partial in cache_dir.glob(".partial-*"):
        os.utime(partial, (0, 0))


def test_eight_renders_share_a_cache_though_some_are_killed(project: Path, tmp_path: Path) -> None:
    """Killed by -9 in the middle: the others go on, and every picture is right."""
    direct = extract(project, None)
    cache_dir = tmp_path / "cache"
    renders = [start_render(project, cache_dir) for _ in range(8)]
    chance = random.Random(1)  # noqa: S311 (which ones, not a secret)
    deadline = time.monotonic() + 60
    while not list(cache_dir.glob(".partial-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    killed = chance.sample(renders, 3)
    for render in killed:
        time.sleep(0.05)
        render.send_signal(signal.SIGKILL)
    finished = 0
    for render in renders:
        out, err = render.communicate(timeout=120)
        if render.returncode == -signal.SIGKILL:
            continue
        assert render.returncode == 0, err
        digest, stats = json.loads(out)
        assert digest == direct
        assert stats["warnings"] == []
        finished += 1
    assert finished >= 5
    make_partials_old(cache_dir)
    sweep(cache_dir, 0)
    assert not list(cache_dir.glob(".partial-*"))
    warm = FrameCache(cache_dir)
    assert extract(project, warm) == direct
    assert warm.stats.misses == 0


def test_a_full_disk_means_an_uncached_render_and_one_warning(
    project: Path, tmp_path: Path
) -> None:
    """Every picture is right; no partial is left."""
    with small_disk(tmp_path / "disk", 1024) as disk:
        cache = FrameCache(disk / "cache", 0, reserve_bytes=0)
        assert extract(project, cache) == extract(project, None)
        assert len(cache.stats.warnings) == 1
        assert "No space left" in cache.stats.warnings[0]
        assert cache.stats.publish_failures == 1
        assert not list((disk / "cache").glob(".partial-*"))
        renders = [start_render(project, disk / "cache") for _ in range(3)]
        for render in renders:
            out, err = render.communicate(timeout=120)
            assert render.returncode == 0, err
            assert json.loads(out)[0] == extract(project, None)


def test_an_entry_that_cannot_even_be_begun_leaves_nothing(tmp_path: Path) -> None:
    """The disk has room for the name of one more directory, and for no file in it."""
    with small_disk(tmp_path / "disk", 1024) as disk:
        cache = FrameCache(disk / "cache", reserve_bytes=0)
        space = os.statvfs(disk)
        names = space.f_files - space.f_ffree + 1
        subprocess.run(["mount", "-o", f"remount,nr_inodes={names}", str(disk)], check=True)
        CachedSource(cache, "a" * 40).keep(0, b"a frame")
        assert "No space left" in cache.stats.warnings[0]
        assert cache.stats.publish_failures == 1
        assert list((disk / "cache").iterdir()) == []


def test_eight_renders_while_the_disk_fills_up_and_some_are_killed(
    project: Path, tmp_path: Path
) -> None:
    """Both at once: who lives has every picture and one warning at most; no entry is torn."""
    direct = extract(project, None)
    with small_disk(tmp_path / "disk", 2048) as disk:
        cache_dir = disk / "cache"
        renders = [start_render(project, cache_dir) for _ in range(8)]
        deadline = time.monotonic() + 120
        while not list(cache_dir.glob(".partial-*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        for render in renders[::3]:
            render.send_signal(signal.SIGKILL)
            time.sleep(0.05)
        refused = 0
        for render in renders:
            out, err = render.communicate(timeout=240)
            if render.returncode == -signal.SIGKILL:
                continue
            assert render.returncode == 0, err
            digest, stats = json.loads(out)
            assert digest == direct
            assert len(stats["warnings"]) <= 1
            refused += stats["publish_failures"]
        assert refused > 0
        for entry in (path for path in cache_dir.iterdir() if not path.name.startswith(".")):
            assert (entry / "complete").exists()
        make_partials_old(cache_dir)
        after = FrameCache(cache_dir, reserve_bytes=0)
        assert extract(project, after) == direct
        assert not list(cache_dir.glob(".partial-*"))


def test_a_disk_that_turns_read_only_half_way(project: Path, tmp_path: Path) -> None:
    """What was read by then was right; the rest is decoded, with one warning."""
    with small_disk(tmp_path / "disk", 65536) as disk:
        extract(project, FrameCache(disk / "cache", reserve_bytes=0))
        for path in sorted(p for p in (disk / "cache").iterdir() if "-b" in p.name)[::2]:
            for file in path.iterdir():
                file.unlink()
            path.rmdir()
        cache = FrameCache(disk / "cache", reserve_bytes=0)
        remount = ["mount", "-o", "remount,ro", str(disk)]

        def turn() -> None:
            subprocess.run(remount, check=True, capture_output=True)

        assert extract(project, cache, begun=turn) == extract(project, None)
        assert cache.stats.hits > 0
        assert len(cache.stats.warnings) == 1


# --- whole renders

PAGE = """<!doctype html>
<style>body { margin: 0; background: #fff } video { position: absolute; left: 20px }</style>
<div data-composition-id="main" data-width="320" data-height="180" data-duration="2"
  data-no-timeline>
  <video id="a" src="a.mp4" data-start="0" data-duration="2" muted></video>
  <video id="b" src="b.webm" data-start="0.5" data-playback-start="0.25" muted
    style="top: 80px"></video>
</div>"""


def test_a_render_has_the_same_bytes_with_and_without_the_cache(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Off, cold, warm and unusable; the numbers of a cold one's two processes add up."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(PAGE)
    for name in ("a.mp4", "b.webm"):
        shutil.copy(project / name, site / name)
    (tmp_path / "no-folder").write_text("")
    config = RenderConfig(segment_frames=20)
    found: dict[str, RenderResult] = {}
    for name, where in {
        "off": "off",
        "cold": str(tmp_path / "cache"),
        "warm": str(tmp_path / "cache"),
        "unusable": str(tmp_path / "no-folder"),
    }.items():
        monkeypatch.setenv("FANREEL_EXTRACT_CACHE_DIR", where)
        workers = 2 if name == "cold" else 1
        found[name] = fanreel.render(site, tmp_path / f"{name}.mp4", config, workers=workers)
    assert {result.sha256 for result in found.values()} == {found["off"].sha256}
    assert found["off"].cache == CacheStats()
    assert found["cold"].cache.misses >= 100
    assert found["cold"].cache.published >= 6
    assert found["warm"].cache.hits >= 100
    assert found["warm"].cache.misses == 0
    assert not any(found[name].warnings for name in ("off", "cold", "warm"))
    assert [text.split(" is not used")[0] for text in found["unusable"].warnings] == [
        f"the extraction cache {tmp_path / 'no-folder'}"
    ]
    assert not list((tmp_path / "cache").glob(".partial-*"))
    said = result_json(found["warm"])["cache"]
    assert said["hits"] == found["warm"].cache.hits
    assert {"publishFailures", "evictions", "freedBytes", "partialsCleared"} <= set(said)
    assert "source frames from the extraction cache" in cache_in_words(found["warm"].cache)
