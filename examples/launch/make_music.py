"""
Writes assets/music.m4a: ten seconds, four bars at 96 beats a minute, a scene of the film to a bar.

    python examples/launch/make_music.py

Everything is synthesised here from sines, noise and plucked strings, so the music is ours.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]

RATE = 48_000
BEAT_S = 60 / 96
BAR_S = 4 * BEAT_S
TOTAL = round(4 * BAR_S * RATE)
NOISE = np.random.default_rng(96)

# A bar each: bass note, then the chord; MIDI numbers. Dmaj9, Bm11, Gmaj9, A9sus resolving to D.
CHORDS = (
    (38, (54, 57, 61, 64)),
    (35, (57, 61, 62, 66)),
    (31, (54, 57, 59, 62)),
    (33, (55, 59, 62, 64)),
)
LAST = (38, (57, 61, 64, 66))
MELODY = (66, 69, 73, 76, 73, 69, 78, 76, 74, 69, 71, 66, 69, 71, 74, 78)


def pitch(note: float) -> float:
    """Return the frequency in hertz of a MIDI note number."""
    return float(440 * 2 ** ((note - 69) / 12))


def clock(length_s: float) -> Sound:
    """Return the time in seconds of each sample."""
    return np.arange(round(length_s * RATE)) / RATE


def keys(note: float, length_s: float) -> Sound:
    """Play one note of an electric piano: two sines that bend each other, brightest at first."""
    t = clock(length_s)
    f = pitch(note)
    bend = 1.9 * np.exp(-2.2 * t) * np.sin(2 * np.pi * f * t)
    tine = 0.12 * np.exp(-14 * t) * np.sin(2 * np.pi * 7 * f * t)
    tone = np.sin(2 * np.pi * f * t + bend) + tine
    return tone * np.exp(-0.7 * t) * attack(t, 0.008) * release(t, length_s, 0.12)


def bass(note: float, length_s: float) -> Sound:
    """Play one round low note."""
    t = clock(length_s)
    f = pitch(note)
    tone = np.sin(2 * np.pi * f * t) + 0.35 * np.sin(4 * np.pi * f * t) * np.exp(-5 * t)
    return tone * np.exp(-1.4 * t) * attack(t, 0.01) * release(t, length_s, 0.05)


def pluck(note: float, length_s: float) -> Sound:
    """Pluck a string: a burst of noise that runs round a loop and loses its edge (Karplus)."""
    period = int(RATE / pitch(note) - 0.5)  # the loop's own averaging adds half a sample
    ring = NOISE.uniform(-1, 1, period)
    ring = (ring + np.roll(ring, 1) + np.roll(ring, 2)) / 3
    rounds = []
    for _ in range(round(length_s * RATE) // period + 2):
        rounds.append(ring)
        ring = 0.994 * (0.5 * ring + 0.5 * np.roll(ring, 1))
    sound = np.concatenate(rounds)
    t = clock(length_s)
    tuned = np.interp(t * pitch(note) * (period + 0.5), np.arange(len(sound)), sound)
    return tuned * release(t, length_s, 0.05)


def kick() -> Sound:
    """Hit a soft bass drum: a sine that falls."""
    t = clock(0.32)
    phase = 2 * np.pi * (46 * t + 82 / 28 * (1 - np.exp(-28 * t)))
    return np.sin(phase) * np.exp(-11 * t) * attack(t, 0.002)


def snap() -> Sound:
    """Snap fingers: three close bursts of noise in the middle of the spectrum."""
    t = clock(0.22)
    noise = band(NOISE.normal(size=len(t)), 900, 4200)
    bursts = sum(np.where(t >= at, np.exp(-60 * (t - at)), 0) for at in (0.0, 0.011, 0.023))
    return noise * bursts * 0.5


def shaker(strength: float) -> Sound:
    """Shake once: high noise."""
    t = clock(0.07)
    return band(NOISE.normal(size=len(t)), 6500, 16_000) * np.exp(-55 * t) * strength


def swell(length_s: float) -> Sound:
    """Breathe in before a scene change: noise that grows and brightens."""
    t = clock(length_s)
    noise = NOISE.normal(size=len(t))
    rise = (t / length_s) ** 3
    low, high = band(noise, 300, 1500), band(noise, 1500, 9000)
    return (low * (1 - rise) + high * rise) * rise


def attack(t: Sound, length_s: float) -> Sound:
    """Rise from 0 to 1, so that nothing clicks."""
    return np.minimum(t / length_s, 1)


def release(t: Sound, end_s: float, length_s: float) -> Sound:
    """Fall to 0 at the end, so that nothing clicks."""
    return np.asarray(np.clip((end_s - t) / length_s, 0, 1))


def band(sound: Sound, low_hz: float, high_hz: float) -> Sound:
    """Keep the frequencies between two, with soft edges."""
    spectrum = np.fft.rfft(sound)
    f = np.fft.rfftfreq(len(sound), 1 / RATE)
    keep = 1 / (1 + (low_hz / np.maximum(f, 1)) ** 4) / (1 + (f / high_hz) ** 4)
    return np.fft.irfft(spectrum * keep, len(sound))


def place(track: Sound, sound: Sound, at_s: float, volume: float, pan: float = 0.0) -> None:
    """Mix *sound* into the stereo *track*; *pan* goes from -1, left, to 1, right."""
    start = round(at_s * RATE)
    sound = sound[: max(0, track.shape[1] - start)]
    angle = (pan + 1) * np.pi / 4
    for side, gain in enumerate((np.cos(angle), np.sin(angle))):
        track[side, start : start + len(sound)] += volume * gain * sound


def room(track: Sound, length_s: float) -> Sound:
    """Return what a room of our own answers: noise that dies away, another on each side."""
    t = clock(length_s)
    size = track.shape[1] + len(t)
    answers = []
    for side in track:
        walls = band(NOISE.normal(size=len(t)), 250, 5200) * np.exp(-5.5 * t / length_s)
        walls /= np.sqrt(np.sum(walls**2))
        wet = np.fft.irfft(np.fft.rfft(side, size) * np.fft.rfft(walls, size), size)
        answers.append(wet[: track.shape[1]])
    return np.array(answers)


def compose() -> Sound:
    """Play all parts and mix them."""
    harmony, lead, drums = (np.zeros((2, TOTAL)) for _ in range(3))
    for bar, (low, chord) in enumerate(CHORDS):
        at_s = bar * BAR_S
        last = bar == len(CHORDS) - 1
        length_s = 2 * BEAT_S if last else BAR_S
        play_chord(harmony, low, chord, at_s, length_s)
        if last:
            play_chord(harmony, *LAST, at_s + 2 * BEAT_S, 2 * BEAT_S)
        play_beat(drums, at_s, last=last)
        if not last:
            place(drums, swell(0.55), at_s + BAR_S - 0.55, 0.10, pan=0.2)
    for step, note in enumerate(MELODY):
        at_s = (step + 0.5) * BEAT_S
        for echo in range(4):  # dotted eighths, each softer and further out
            side = (-1) ** (step + echo) * (0.25 + 0.15 * echo)
            place(lead, pluck(note, 1.1), at_s + echo * 0.75 * BEAT_S, 0.5 * 0.45**echo, side)
    dry = 0.9 * harmony + 0.8 * lead + drums
    wet = room(0.5 * harmony + 0.8 * lead + 0.12 * drums, 1.6)
    mix: Sound = np.tanh(1.15 * (dry + 0.55 * wet))
    t = clock(TOTAL / RATE)
    return np.asarray(mix / np.abs(mix).max() * 0.8 * release(t, TOTAL / RATE, 0.7) ** 1.5)


def play_chord(
    track: Sound, low: int, chord: tuple[int, ...], at_s: float, length_s: float
) -> None:
    """Play a chord, rolled upwards, once more after the third beat, and its bass."""
    for i, note in enumerate(chord):
        place(track, keys(note, length_s), at_s + 0.018 * i, 0.24, pan=-0.4 + 0.27 * i)
        place(track, keys(note + 12, length_s), at_s + 0.018 * i, 0.07, pan=0.4 - 0.27 * i)
    place(track, bass(low, 1.4 * BEAT_S), at_s, 0.24)
    if length_s > 2 * BEAT_S:
        place(track, bass(low, BEAT_S), at_s + 1.5 * BEAT_S, 0.18)
        place(track, bass(low + 7, BEAT_S), at_s + 3 * BEAT_S, 0.18)
        for i, note in enumerate(chord[1:]):
            again_s = at_s + 2.5 * BEAT_S + 0.012 * i
            place(track, keys(note, length_s - 2.5 * BEAT_S), again_s, 0.16, pan=0.3 - 0.3 * i)


def play_beat(track: Sound, at_s: float, *, last: bool) -> None:
    """Play a bar of drums; the last one stops for the closing chord."""
    for beat in (0, 1.5, 2) if not last else (0, 2):
        place(track, kick(), at_s + beat * BEAT_S, 0.34)
    for beat in (1, 3) if not last else (1,):
        place(track, snap(), at_s + beat * BEAT_S, 0.34, pan=-0.1)
    for eighth in range(4 if last else 8):
        late = 0.03 if eighth % 2 else 0.0  # a little swing
        strength = 0.5 if eighth % 2 else 0.3
        place(track, shaker(strength), at_s + eighth * BEAT_S / 2 + late, 0.34, pan=0.35)


def write(sound: Sound, path: Path) -> None:
    """Write 48 kHz stereo AAC at 160 kb/s."""
    with av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.bit_rate = 160_000
        stream.layout = "stereo"
        for start in range(0, sound.shape[1], 1024):
            part = np.ascontiguousarray(sound[:, start : start + 1024], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, start
            frame.time_base = Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    write(compose(), Path(__file__).parent / "assets" / "music.m4a")
