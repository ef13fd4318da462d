"""
The sound track: every audible clip, mixed once for the whole timeline.

Streams in blocks of one second, so memory does not grow with the timeline.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from fanreel.media.limiter import limit
from fanreel.media.probe import probe
from fanreel.media.sound_reader import SOUND_RATE, Samples, read_sound
from fanreel.media.sound_writer import write_sound
from fanreel.plan_dir import MediaClip

BLOCK_SAMPLES = SOUND_RATE
_FADE_SAMPLES = 96  # 2 ms

Envelope = Sequence[tuple[Fraction, float]]
"""Volume over root-timeline seconds: points joined by straight lines, held at both ends."""


def mix(
    plan_dir: Path,
    clips: Sequence[MediaClip],
    total_s: Fraction,
    output: Path,
    codec: str,
    *,
    envelopes: Mapping[str, Envelope] | None = None,
) -> bool:
    """
    Mix the sound of *clips* into *output*, 48 kHz stereo, `round(total_s × 48000)` samples long.

    Args:
        plan_dir: What relative clip paths are relative to.
        clips: On the timeline of the output; those that are not audible are left out.
        total_s: Length of the video: frames / fps.
        output: Appears whole or not at all.
        codec: As `write_sound()` takes.
        envelopes: By clip key, a volume over time; multiplies the clip's own.
    Returns:
        Whether there is sound at all; if not, nothing is written.
    Raises:
        NotMedia, MediaUnreadable, AssetNotFound: A source is not what it should be. Terminal.
    """
    total = round(total_s * SOUND_RATE)
    tracks = _tracks(plan_dir, clips, envelopes or {}, total)
    if not tracks or total <= 0:
        return False
    write_sound(limit(_sum(tracks, total)), output, codec)
    return True


def _sum(tracks: Sequence["_Track"], total: int) -> Iterator[Samples]:
    for start in range(0, total, BLOCK_SAMPLES):
        length = min(BLOCK_SAMPLES, total - start)
        block = np.zeros((length, 2), np.float32)
        for track in tracks:
            track.add_to(block, start)
        yield block


def _tracks(
    plan_dir: Path,
    clips: Sequence[MediaClip],
    envelopes: Mapping[str, Envelope],
    total: int,
) -> list["_Track"]:
    lengths: dict[Path, Fraction | None] = {}
    tracks = []
    for clip in clips:
        if not clip.audible or clip.duration_s <= 0:
            continue
        path = plan_dir / clip.path
        if path not in lengths:
            info = probe(path)
            lengths[path] = info.duration_s if info.has_audio else None
        source_s = lengths[path]
        if source_s:
            tracks.append(_Track(path, clip, source_s, envelopes.get(clip.key)))
    within = [track for track in tracks if track.start < total and track.end > 0]
    for track in within:
        track.find_cuts(within, total)
    return within


class _Track:
    """One clip's sound on the timeline, read forwards."""

    def __init__(
        self, path: Path, clip: MediaClip, source_s: Fraction, envelope: Envelope | None
    ) -> None:
        self.path, self.clip, self.envelope = path, clip, envelope
        self._source_s = source_s
        self.start = round(clip.start_s * SOUND_RATE)
        self.end = round((clip.start_s + clip.duration_s) * SOUND_RATE)
        self._cut_in = self._cut_out = False
        self._samples: Iterator[Samples] | None = None
        self._rest = np.zeros((0, 2), np.float32)
        self._at = max(self.start, 0)

    def find_cuts(self, others: Sequence["_Track"], total: int) -> None:
        """
        Find out whether the sound is cut in its middle at the clip's start and end.

        Where another clip carries the same sound on, as after a split in an editor, it is not.
        """
        clip = self.clip
        self._cut_in = self.start >= 0 and clip.offset_s > 0
        self._cut_out = clip.loop or self.out_s < self._source_s or self.end > total
        self.end = min(self.end, total)
        for other in others:
            if other is self or not self._is_same_sound(other):
                continue
            if other.end == self.start and other.out_s == clip.offset_s:
                self._cut_in = False
            if other.start == self.end and other.clip.offset_s == self.out_s:
                self._cut_out = False

    @property
    def out_s(self) -> Fraction:
        """Source time at which the clip ends, if it does not loop."""
        return self.clip.offset_s + self.clip.duration_s * self.clip.rate

    def add_to(self, block: Samples, block_start: int) -> None:
        """Add the sound of `[block_start, block_start + len(block))` to *block*."""
        first = max(self.start, block_start)
        last = min(self.end, block_start + len(block))
        if first >= last:
            return
        sound = self._read(last - first)
        gains = self._gains(first, last)
        if gains is not None:
            sound = sound * gains
        block[first - block_start : last - block_start] += sound
        if last == self.end:
            self._samples = None  # closes the file

    def _is_same_sound(self, other: "_Track") -> bool:
        mine, theirs = self.clip, other.clip
        return (
            self.path == other.path
            and mine.rate == theirs.rate
            and mine.volume == theirs.volume
            and not mine.loop
            and not theirs.loop
            and self.envelope is None
            and other.envelope is None
        )

    def _read(self, length: int) -> Samples:
        if self._samples is None:
            self._samples = self._play()
        pieces, have = [self._rest], len(self._rest)
        while have < length:
            piece = next(self._samples, None)
            if piece is None:
                piece = np.zeros((length - have, 2), np.float32)
            pieces.append(piece)
            have += len(piece)
        joined = np.concatenate(pieces)
        # A copy, so that the rest does not keep the whole alive.
        self._rest = joined[length:].copy()
        return joined[:length]

    def _play(self) -> Iterator[Samples]:
        """Give the clip's samples from timeline sample `max(start, 0)` on."""
        clip = self.clip
        passed_s = max(-clip.start_s, Fraction(0)) * clip.rate
        if not clip.loop:
            yield from read_sound(self.path, clip.offset_s + passed_s, clip.rate)
            return
        offset_s = clip.offset_s if clip.offset_s < self._source_s else Fraction(0)
        lap_s = self._source_s - offset_s
        begin_s = passed_s % lap_s
        played_s = Fraction(0)
        for number in itertools.count():
            start_s = offset_s + (begin_s if number == 0 else 0)
            # Laps begin at exact times rounded once each, so a long loop does not drift.
            before = round(played_s / clip.rate * SOUND_RATE)
            played_s += self._source_s - start_s
            lap = round(played_s / clip.rate * SOUND_RATE) - before
            yield from _exactly(lap, read_sound(self.path, start_s, clip.rate))

    def _gains(self, first: int, last: int) -> Samples | None:
        """Give what to multiply samples `[first, last)` by; None for unity."""
        gains = np.full(last - first, self.clip.volume, np.float32)
        if self.envelope is not None:
            times = np.arange(first, last) / SOUND_RATE
            points = [float(time_s) for time_s, _ in self.envelope]
            gains *= np.interp(times, points, [v for _, v in self.envelope]).astype(np.float32)
        fade = min(_FADE_SAMPLES, (self.end - self.start) // 2)
        at = np.arange(first, last)
        if self._cut_in and first < self.start + fade:
            gains *= np.minimum((at - self.start + 1) / (fade + 1), 1).astype(np.float32)
        if self._cut_out and last > self.end - fade:
            gains *= np.minimum((self.end - at) / (fade + 1), 1).astype(np.float32)
        if self.clip.volume == 1 and self.envelope is None and bool((gains == 1).all()):
            return None
        return gains[:, np.newaxis]


def _exactly(length: int, pieces: Iterator[Samples]) -> Iterator[Samples]:
    """Give *length* samples: cut what is too long, fill what is too short with silence."""
    left = length
    for piece in pieces:
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)
    if left > 0:
        yield np.zeros((left, 2), np.float32)
