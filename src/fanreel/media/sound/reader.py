"""
The sound of one source as 48 kHz stereo, from any moment on, to the sample.

Positions are counted in source samples from the file's time 0, so encoder priming, late starts
and holes fall where a player puts them.
"""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from fanreel.media.opening import open_media, unreadable
from fanreel.media.presentation import source_zero
from fanreel.media.sound.graph import Filter, interleaved, run_filters
from fanreel.media.sound.samples import SOUND_RATE, Samples
from fanreel.media.time_limit import paced

# Containers whose timestamps are exact to the sample after a seek; others are read from the start.
_SEEKABLE = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "wav", "w64", "flac"})
_PREROLL_S = 1  # AAC needs one packet before the wanted one, the resampler 16 samples
# atempo blends within these bounds and drops samples beyond them.
_TEMPO_WINDOW_S = Fraction(1, 10)
_TEMPO_LOW, _TEMPO_HIGH = Fraction(1, 2), Fraction(2)


def read_sound(path: Path, start_s: Fraction, rate: Fraction) -> Iterator[Samples]:
    """
    Yield the sound of *path* from source time *start_s* on, until it ends.

    Args:
        path: Media with an audio stream; without one, nothing comes.
        start_s: From 0.
        rate: Playback rate; the pitch stays.
    Raises:
        NotMedia, MediaUnreadable: As `open_media()`. Terminal.
    """
    with open_media(path) as container:
        stream = _sound_stream(container)
        if stream is None:
            return
        # Resampling starts at a whole second: a whole sample at every sample rate.
        anchor_s = max(math.floor(start_s) - _PREROLL_S, 0)
        if container.format.name not in _SEEKABLE:
            anchor_s = 0
        skipped = round((start_s - anchor_s) * SOUND_RATE)
        try:
            pieces = _contiguous(
                paced(path, _decoded(container, stream, anchor_s)), stream, anchor_s
            )
            yield from _filtered(pieces, stream, skipped, rate)
        except FFmpegError as exc:
            raise unreadable(path, "its sound is damaged", exc) from exc


def has_sound(path: Path) -> bool:
    """Tell if a file has a sound that can be read. Raises as `open_media()`."""
    with open_media(path) as container:
        return _sound_stream(container) is not None


def _sound_stream(container: InputContainer) -> AudioStream | None:
    streams = [s for s in container.streams.audio if s.sample_rate]
    usual = [s for s in streams if s.disposition & av.stream.Disposition.default]
    return next(iter(usual or streams), None)


def _decoded(
    container: InputContainer, stream: AudioStream, anchor_s: int
) -> Iterator[tuple[Fraction, AudioFrame]]:
    """Yield decoded frames and their times, from somewhat before *anchor_s*."""
    zero = source_zero(container)
    time_base = stream.time_base or Fraction(1, stream.sample_rate)
    if anchor_s > _PREROLL_S:
        container.seek(int((anchor_s - _PREROLL_S + zero) / time_base), stream=stream)
    clock = Fraction(anchor_s)
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except FFmpegError:
            continue  # a damaged packet is a hole, as in a browser
        for frame in frames:
            if frame.pts is not None:
                clock = frame.pts * (frame.time_base or time_base) - zero
            yield clock, frame
            clock += Fraction(frame.samples, frame.sample_rate)


def _contiguous(
    frames: Iterator[tuple[Fraction, AudioFrame]], stream: AudioStream, anchor_s: int
) -> Iterator[Samples]:
    """Yield float samples at the source's rate and channels, the first one at *anchor_s*."""
    source_rate = stream.sample_rate
    layout = stream.layout.name
    convert = av.AudioResampler(format="flt", layout=layout, rate=source_rate)
    tick = math.ceil((stream.time_base or 0) * source_rate)
    done, expected = 0, None
    for time_s, frame in frames:
        start = round((time_s - anchor_s) * source_rate)
        # Timestamps are rounded to ticks; only more than two of them is a hole or an overlap.
        if expected is not None and abs(start - expected) <= 2 * tick:
            start = expected
        for part in convert.resample(frame):
            # Files of floats may hold what is no number, and filters would never forget it.
            samples = np.nan_to_num(interleaved(part), nan=0, posinf=0, neginf=0)
            expected = start = start + len(samples)
            if start <= done:
                continue
            gap = start - len(samples) - done
            if gap > 0:
                yield np.zeros((gap, samples.shape[1]), np.float32)
            yield samples[-gap:] if gap < 0 else samples
            done = start


def _filtered(
    pieces: Iterator[Samples], stream: AudioStream, skipped: int, rate: Fraction
) -> Iterator[Samples]:
    """Resample, bring to two channels, drop the first *skipped* samples, change the tempo."""
    layout = stream.layout.name
    mono = stream.layout.nb_channels == 1
    chain: list[Filter] = []
    if stream.sample_rate != SOUND_RATE:
        chain.append(("aresample", f"{SOUND_RATE}:resampler=swr"))
    if not mono:
        chain.append(("aformat", "channel_layouts=stereo:sample_fmts=flt"))
    if skipped:
        chain.append(("atrim", f"start_sample={skipped}"))
        chain.append(("asetpts", "PTS-STARTPTS"))
    chain += [("atempo", str(float(step))) for step in _tempo_steps(rate)]
    if rate != 1:
        pieces = itertools.chain(pieces, [_tempo_tail(stream, rate)])
    for samples in run_filters(chain, pieces, layout=layout, rate=stream.sample_rate):
        # A browser plays mono at full level on both sides; libav would take 3 dB off.
        yield np.repeat(samples, 2, axis=1) if mono else samples


def _tempo_tail(stream: AudioStream, rate: Fraction) -> Samples:
    """Return the silence that pushes the last sound through atempo, which keeps a window back."""
    seconds = _TEMPO_WINDOW_S * max(rate, 1 / rate)
    return np.zeros(
        (math.ceil(seconds * stream.sample_rate), stream.layout.nb_channels), np.float32
    )


def _tempo_steps(rate: Fraction) -> list[Fraction]:
    steps = []
    while rate > _TEMPO_HIGH:
        steps.append(_TEMPO_HIGH)
        rate /= _TEMPO_HIGH
    while rate < _TEMPO_LOW:
        steps.append(_TEMPO_LOW)
        rate /= _TEMPO_LOW
    return [*steps, rate] if rate != 1 else steps
