"""The mix: every audible clip, its group and the whole, once for the timeline."""

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from fanreel.files.plan_dir import MediaClip
from fanreel.media.probe import probe
from fanreel.media.sound.desk import Desk, Strip
from fanreel.media.sound.effects.chain import tail_s, through
from fanreel.media.sound.limiter import limit
from fanreel.media.sound.samples import (
    BLOCK_SAMPLES,
    SOUND_RATE,
    Samples,
    in_blocks,
    silence,
    without,
)
from fanreel.media.sound.track import Track
from fanreel.media.sound.writer import write_sound

_PLAIN = Strip()


def mix(
    plan_dir: Path,
    clips: Sequence[MediaClip],
    total_s: Fraction,
    output: Path,
    codec: str,
    *,
    from_s: Fraction = Fraction(0),
    desk: Desk | None = None,
) -> None:
    """
    Mix the sound of *clips* into *output*, 48 kHz stereo, `round(total_s × 48000)` samples long.

    Args:
        plan_dir: What relative clip paths are relative to.
        clips: On the root timeline; those that are not audible are left out.
        total_s: Length of the video: frames / fps.
        output: Appears whole or not at all.
        codec: As `write_sound()` takes.
        from_s: Moment of the timeline at which the video begins.
        desk: Volumes, effects and groups.
    Raises:
        NotMedia, MediaUnreadable, AssetNotFound: A source is not what it should be. Terminal.
    """
    desk = desk or Desk()
    begin, first, end = _window(total_s, from_s, desk)
    tracks = _tracks(plan_dir, clips, desk, (begin, end))
    mixed = through(desk.master, _summed(tracks, desk.groups, begin, end), begin)
    write_sound(limit(in_blocks(without(first - begin, mixed))), output, codec)


def is_heard(
    plan_dir: Path,
    clips: Sequence[MediaClip],
    total_s: Fraction,
    *,
    from_s: Fraction = Fraction(0),
    desk: Desk | None = None,
) -> bool:
    """Tell whether `mix()` would mix any sound. Raises as it does."""
    desk = desk or Desk()
    begin, first, end = _window(total_s, from_s, desk)
    tracks = _tracks(plan_dir, clips, desk, (begin, end))
    return first < end and any(_silent(track, desk) > first for track in tracks)


def _window(total_s: Fraction, from_s: Fraction, desk: Desk) -> tuple[int, int, int]:
    """Return the samples from which is mixed, from which is kept, and up to which."""
    first = round(from_s * SOUND_RATE)
    # What effects remember of what was before, they have to have heard.
    return 0 if desk.remembers else first, first, first + round(total_s * SOUND_RATE)


def _silent(track: Track, desk: Desk) -> int:
    """Return the sample from which *track* is over, and what its group and the sum make of it."""
    name = track.strip.group
    group = _PLAIN if name is None else desk.groups.get(name, _PLAIN)
    ringing_s = tail_s(group.chain) + tail_s(desk.master)
    return track.silent + math.ceil(ringing_s * SOUND_RATE)


def _summed(
    tracks: Sequence[Track], groups: Mapping[str, Strip], begin: int, end: int
) -> Iterator[Samples]:
    """Yield the sum of every track and group, in blocks."""
    alone: list[Track] = []
    by_group: dict[str, list[Track]] = {}
    for track in tracks:
        name = track.strip.group
        (alone if name is None else by_group.setdefault(name, [])).append(track)
    sums = [_sum(alone, begin, end)]
    for name, members in by_group.items():
        sums.append(_grouped(members, groups.get(name, _PLAIN), begin, end))
    for blocks in zip(*sums, strict=True):
        for block in blocks[1:]:
            blocks[0][:] += block
        yield blocks[0]


def _grouped(members: Sequence[Track], strip: Strip, begin: int, end: int) -> Iterator[Samples]:
    """Yield what a group makes of the sum of its members."""
    position = begin
    for block in in_blocks(through(strip.chain, _sum(members, begin, end), begin)):
        if strip.volume is None:
            yield block
        else:
            volumes = strip.volume.values(position, len(block)).astype(np.float32)
            yield block * volumes[:, np.newaxis]
        position += len(block)


def _sum(tracks: Sequence[Track], begin: int, end: int) -> Iterator[Samples]:
    for start in range(begin, end, BLOCK_SAMPLES):
        block = silence(min(BLOCK_SAMPLES, end - start))
        for track in tracks:
            track.add_to(block, start)
        yield block


def _tracks(
    plan_dir: Path, clips: Sequence[MediaClip], desk: Desk, window: tuple[int, int]
) -> list[Track]:
    lengths: dict[Path, Fraction | None] = {}
    tracks = []
    for clip in clips:
        if not clip.audible or clip.duration_s <= 0:
            continue
        path = plan_dir / clip.path
        if path not in lengths:
            info = probe(path)
            lengths[path] = info.duration_s if info.has_audio else None
        if source_s := lengths[path]:
            strip = desk.clips.get(clip.key, _PLAIN)
            tracks.append(Track(path, clip, source_s, strip, window))
    within = [track for track in tracks if track.start < window[1] and track.silent > window[0]]
    for track in within:
        track.find_cuts(within)
    return within
