"""
Writes assets/show.m4a, ten seconds of a late-night trio, and levels.js, how loud each band is.

    python examples/late-radio/make_sound.py

A page cannot listen to its own sound while it is rendered, so the levels are measured here, once
per frame.
"""

import itertools
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]

RATE, FPS, LENGTH_S, BEAT_S = 48_000, 30, 10, 60 / 84
BANDS = 28
NOISE = np.random.default_rng(84)
BASS = (38, 41, 45, 48, 43, 47, 50, 53, 36, 40, 43, 45, 38, 45)  # walks Dm7, G7, Cmaj7, and home
CHORDS = (
    (0, (62, 65, 69, 72)),
    (4, (59, 65, 67, 71)),
    (8, (60, 64, 67, 71)),
    (12, (57, 62, 65, 72)),
)
TUNE = ((0.0, 81), (0.66, 79), (1.5, 77), (2.66, 74), (4.0, 79), (5.33, 77), (6.0, 74), (6.66, 71),
        (8.0, 76), (8.66, 79), (9.5, 76), (10.66, 72), (12.0, 74))  # fmt: skip


def clock(length_s: float) -> Sound:
    """Return the time in seconds of each sample."""
    return np.arange(round(length_s * RATE)) / RATE


def pitch(note: float) -> float:
    """Return the frequency in hertz of a MIDI note number."""
    return float(440 * 2 ** ((note - 69) / 12))


def double_bass(note: int) -> Sound:
    """Pluck a thick string: a few harmonics, the upper ones soon gone."""
    t = clock(0.75)
    tone = np.zeros(len(t))
    for harmonic, weight in enumerate((1, 0.6, 0.28, 0.12, 0.06), start=1):
        fading = np.exp(-(2.2 + 2.4 * harmonic) * t)
        tone += weight * np.sin(2 * np.pi * harmonic * pitch(note) * t) * fading
    return np.asarray(tone * np.minimum(1, t / 0.006) * np.clip((0.75 - t) / 0.05, 0, 1))


def vibraphone(note: int, length_s: float) -> Sound:
    """Strike a bar: its tone, the one two octaves above, and the motor's slow tremolo."""
    t = clock(length_s)
    f = pitch(note)
    tone = np.sin(2 * np.pi * f * t) + 0.25 * np.sin(8 * np.pi * f * t) * np.exp(-9 * t)
    motor = 0.8 + 0.2 * np.sin(2 * np.pi * 5.2 * t)
    ends = np.minimum(1, t / 0.003) * np.clip((length_s - t) / 0.1, 0, 1)
    return np.asarray(tone * motor * np.exp(-1.5 * t) * ends)


def brush(length_s: float) -> Sound:
    """Sweep a brush over a drum: noise without its lows."""
    t = clock(length_s)
    noise = NOISE.normal(size=len(t))
    noise -= np.convolve(noise, np.ones(24) / 24, mode="same")
    return np.asarray(noise * np.sin(np.pi * t / length_s) ** 2)


def place(track: Sound, sound: Sound, at_s: float, volume: float, pan: float = 0.0) -> None:
    """Mix *sound* into the stereo *track*; *pan* goes from -1, left, to 1, right."""
    start = round(at_s * RATE)
    sound = sound[: max(0, track.shape[1] - start)]
    track[0, start : start + len(sound)] += volume * (1 - pan) / 2 * sound
    track[1, start : start + len(sound)] += volume * (1 + pan) / 2 * sound


def compose() -> Sound:
    """Play bass, vibraphone and brushes."""
    track = np.zeros((2, RATE * LENGTH_S))
    for beat, note in enumerate(BASS):
        place(track, double_bass(note), beat * BEAT_S, 0.85)
        place(track, brush(0.26), beat * BEAT_S, 0.10 if beat % 2 else 0.05, pan=0.3)
        if beat % 2:
            place(track, brush(0.12), (beat + 0.66) * BEAT_S, 0.05, pan=0.4)
    for at, chord in CHORDS:
        for i, note in enumerate(chord):
            place(track, vibraphone(note, 2.4), at * BEAT_S + 0.02 * i, 0.20, pan=-0.5 + 0.2 * i)
    for beats, note in TUNE:
        place(track, vibraphone(note, 1.8), beats * BEAT_S, 0.42, pan=-0.15)
        place(track, vibraphone(note, 1.4), beats * BEAT_S + 0.24, 0.10, pan=0.5)
    t = clock(LENGTH_S)
    track *= np.minimum(1, np.clip(LENGTH_S - t, 0, 1))
    return np.asarray(track / np.abs(track).max() * 0.8)


def levels(sound: Sound) -> list[list[int]]:
    """Measure, for each frame, how loud each band is: 0 to 99, quick to rise and slow to fall."""
    mono = sound.mean(axis=0)
    window = np.hanning(4096)
    edges = np.geomspace(55, 6000, BANDS + 1)
    f = np.fft.rfftfreq(4096, 1 / RATE)
    rows = []
    held = np.zeros(BANDS)
    for frame in range(FPS * LENGTH_S):
        middle = round(frame * RATE / FPS)
        part = np.take(np.pad(mono, 2048), range(middle, middle + 4096))
        power = np.abs(np.fft.rfft(part * window)) ** 2
        now = [power[(f >= a) & (f < max(b, a + 12))].sum() for a, b in itertools.pairwise(edges)]
        loud = np.clip((10 * np.log10(np.array(now) + 1e-9) + 4) / 52, 0, 1)
        held = np.maximum(loud, held * 0.86)
        rows.append([int(value) for value in np.round(held * 99)])
    return rows


def write(sound: Sound, path: Path) -> None:
    """Write 48 kHz stereo AAC at 128 kb/s."""
    with av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.bit_rate, stream.layout = 128_000, "stereo"
        for start in range(0, sound.shape[1], 1024):
            part = np.ascontiguousarray(sound[:, start : start + 1024], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    here = Path(__file__).parent
    show = compose()
    write(show, here / "assets" / "show.m4a")
    text = json.dumps(levels(show), separators=(",", ":")).replace("],", "],\n")
    (here / "levels.js").write_text(
        f"// By make_sound.py: a row per frame, a level per band.\nwindow.LEVELS = {text};\n"
    )
