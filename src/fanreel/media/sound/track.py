"""One clip's sound on the timeline: trimmed, retimed, looped, through its effects."""

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from fanreel.files.plan_dir import MediaClip, Ramp
from fanreel.media.sound.desk import Strip
from fanreel.media.sound.effects.chain import tail_s, through
from fanreel.media.sound.reader import read_sound
from fanreel.media.sound.retiming import Positions, retimed
from fanreel.media.sound.samples import SOUND_RATE, Reader, Samples, exactly, in_blocks
from fanreel.timing.ramp import passed, passed_at

_FADE_SAMPLES = 96  # 2 ms
# As in HyperFrames 0.8.170: what would ring longer after a clip is cut off.
_LONGEST_TAIL_S = 5.0
# A lap of 10 s takes 4 MB. Opening a file takes up to 40 ms, long for a loop of one second.
_KEPT_SAMPLES = 10 * SOUND_RATE
# Decoders give 1024 samples at once, for which effects take longer to be called than to work.
_EFFECT_SAMPLES = 16384


class Track:
    """
    One clip's sound, read forwards.

    Args:
        path: The source.
        clip: Where and how it plays.
        source_s: Length of the source.
        strip: Its effects and volume; the latter multiplies the clip's own.
        window: Samples of the timeline that are mixed, half-open.
    """

    def __init__(
        self,
        path: Path,
        clip: MediaClip,
        source_s: Fraction,
        strip: Strip,
        window: tuple[int, int],
    ) -> None:
        self.path, self.clip, self.strip = path, clip, strip
        self._source_s = source_s
        self._window = window
        self.start = round(clip.start_s * SOUND_RATE)
        self.end = round((clip.start_s + clip.duration_s) * SOUND_RATE)
        """Where the clip ends; its effects may ring on until `silent`."""
        ringing_s = min(tail_s(strip.chain), _LONGEST_TAIL_S)
        self.silent = min(self.end + math.ceil(ringing_s * SOUND_RATE), window[1])
        self._cut_in = self._cut_out = False
        self._sound: Reader | None = None

    @property
    def begin(self) -> int:
        """The first sample that is mixed."""
        return max(self.start, self._window[0])

    @property
    def out_s(self) -> Fraction:
        """Source time at which the clip ends, if it does not loop."""
        clip = self.clip
        return clip.offset_s + clip.passed_s(clip.start_s + clip.duration_s)

    def find_cuts(self, others: Sequence["Track"]) -> None:
        """
        Find out whether the sound is cut in its middle at the clip's start and end.

        Where another clip carries the same sound on, as after a split in an editor, it is not.
        """
        clip = self.clip
        first, last = self._window
        self._cut_in = self.start >= first and clip.offset_s + clip.passed_s(clip.start_s) > 0
        self._cut_out = clip.loop or self.out_s < self._source_s or self.end > last
        self.end = min(self.end, last)
        for other in others:
            if other is self or not self._is_same_sound(other):
                continue
            if other.end == self.start and other.out_s == clip.offset_s:
                self._cut_in = False
            if other.start == self.end and other.clip.offset_s == self.out_s:
                self._cut_out = False

    def add_to(self, block: Samples, block_start: int) -> None:
        """Add the sound of `[block_start, block_start + len(block))` to *block*."""
        first = max(self.begin, block_start)
        last = min(self.silent, block_start + len(block))
        if first >= last:
            return
        if self._sound is None:
            self._sound = Reader(self._treated())
        sound = self._sound.read(last - first)
        if self.clip.volume != 1 or self.strip.volume is not None:
            sound = sound * self._volumes(first, last - first)
        block[first - block_start : last - block_start] += sound
        if last == self.silent:
            self._sound = None  # closes the file

    def _is_same_sound(self, other: "Track") -> bool:
        mine, theirs = self.clip, other.clip
        return (
            self.path == other.path
            and mine.rate == theirs.rate
            and mine.ramp is theirs.ramp is None
            and mine.volume == theirs.volume
            and not mine.loop
            and not theirs.loop
            and self.strip == other.strip == Strip(group=self.strip.group)
        )

    def _treated(self) -> Iterator[Samples]:
        """Return the sound from `begin` to `silent`, as it leaves the effects."""
        sound = self._faded(exactly(self.end - self.begin, self._play()))
        if self.strip.chain:
            ringing = exactly(self.silent - self.end, iter(()))
            played = in_blocks(itertools.chain(sound, ringing), _EFFECT_SAMPLES)
            sound = through(self.strip.chain, played, self.begin)
        return sound

    def _play(self) -> Iterator[Samples]:
        """Return the clip's samples from `begin` on."""
        clip = self.clip
        passed_s = clip.passed_s(Fraction(self._window[0], SOUND_RATE))
        if clip.ramp is None:
            return self._source(passed_s, clip.rate)
        length = self.end - self.begin
        return retimed(self._source(passed_s, Fraction(1)), self._ramped(clip.ramp), length)

    def _ramped(self, ramp: Ramp) -> Positions:
        """Return the source's sample at each of the clip's, both counted from `begin`."""
        local_s = float((Fraction(self.begin, SOUND_RATE) - ramp.start_s) * ramp.rate)
        step_s = float(ramp.rate) / SOUND_RATE
        before_s = float(passed(ramp.points, Fraction(local_s)))
        return lambda numbers: (
            (passed_at(ramp.points, np.maximum(local_s + numbers * step_s, 0)) - before_s)
            * SOUND_RATE
        )

    def _source(self, passed_s: Fraction, rate: Fraction) -> Iterator[Samples]:
        """Yield the source from where *passed_s* of it have played, round and round if it loops."""
        clip = self.clip
        if not clip.loop:
            yield from read_sound(self.path, clip.offset_s + passed_s, rate)
            return
        offset_s = clip.offset_s if clip.offset_s < self._source_s else Fraction(0)
        lap_s = self._source_s - offset_s
        begin_s = passed_s % lap_s
        played_s = Fraction(0)
        kept: list[Samples] = []
        for number in itertools.count():
            start_s = offset_s + (begin_s if number == 0 else 0)
            # Laps begin at exact times rounded once each, so a long loop does not drift.
            before = round(played_s / rate * SOUND_RATE)
            played_s += self._source_s - start_s
            lap = round(played_s / rate * SOUND_RATE) - before
            sound = iter(kept) if kept else read_sound(self.path, start_s, rate)
            if number == 1 and lap <= _KEPT_SAMPLES:
                kept = list(exactly(lap + 1, sound))  # laps differ by a sample at most
                sound = iter(kept)
            yield from exactly(lap, sound)

    def _faded(self, pieces: Iterator[Samples]) -> Iterator[Samples]:
        """Take the click out of cuts: a sound that is cut in its middle fades over 2 ms."""
        fade = min(_FADE_SAMPLES, (self.end - self.start) // 2)
        first = self.begin
        for piece in pieces:
            rises = self._cut_in and first < self.start + fade
            falls = self._cut_out and first + len(piece) > self.end - fade
            at = np.arange(first, first + len(piece)) if rises or falls else None
            first += len(piece)
            if at is None:
                yield piece
                continue
            gains = np.ones(len(at), np.float32)
            if rises:
                gains *= np.minimum((at - self.start + 1) / (fade + 1), 1).astype(np.float32)
            if falls:
                gains *= np.minimum((self.end - at) / (fade + 1), 1).astype(np.float32)
            yield piece * gains[:, np.newaxis]

    def _volumes(self, first: int, count: int) -> Samples:
        volumes = np.full(count, self.clip.volume, np.float32)
        if self.strip.volume is not None:
            volumes *= self.strip.volume.values(first, count).astype(np.float32)
        return volumes[:, np.newaxis]
