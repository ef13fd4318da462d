"""
Writes assets/sea.mp4: nine seconds of a paper-cut sea at dusk, with the sound of it.

    python examples/tide/make_footage.py

Picture and sound are computed here, so the footage is ours.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float64]

WIDTH, HEIGHT, FPS, LENGTH_S, RATE = 720, 1280, 30, 9, 48_000
SKY = np.array([(0.07, 0.20, 0.30), (0.24, 0.42, 0.47), (0.93, 0.67, 0.49), (0.98, 0.82, 0.62)])
NEAR, FAR = np.array((0.02, 0.09, 0.16)), np.array((0.55, 0.66, 0.62))
MOON = np.array((0.99, 0.93, 0.80))
WAVES = 9
HORIZON = 0.40
X = np.linspace(0, 1, WIDTH)
Y = np.linspace(0, HEIGHT / WIDTH, HEIGHT)[:, None]
DICE = np.random.default_rng(9)
PHASES = DICE.uniform(0, 2 * np.pi, (WAVES, 3))


def crest(wave: int, t: float) -> Plane:
    """Return the height of one wave's edge across the picture, in picture widths from the top."""
    near = wave / (WAVES - 1)
    base = (HORIZON + (1 - HORIZON) * near**1.55 * 0.92) * HEIGHT / WIDTH
    size, speed = 0.006 + 0.05 * near, 0.25 + 0.75 * near
    edge = np.zeros(WIDTH)
    for i, (length, weight) in enumerate(((1.7, 1.0), (3.1, 0.45), (6.3, 0.18))):
        angle = 2 * np.pi * length * X / (0.35 + 0.9 * near) + PHASES[wave, i]
        edge += weight * np.sin(angle + (1 if wave % 2 else -1) * speed * (1 + 0.4 * i) * t)
    heave = 0.6 * np.sin(0.9 * t + PHASES[wave, 0])
    return np.asarray(base + size * (edge + heave))


def frames() -> Iterator[npt.NDArray[np.uint8]]:
    """Draw each frame: sky, moon, its path on the water, and the waves from far to near."""
    down = (Y[:, 0] / (HORIZON * HEIGHT / WIDTH)).clip(0, 1)
    sky = np.stack([np.interp(down, (0, 0.45, 0.88, 1), SKY[:, c]) for c in range(3)], axis=-1)
    sky = np.repeat(sky[:, None, :], WIDTH, axis=1)
    moon = np.clip((0.085 - np.hypot(X - 0.68, Y - 0.34)) * WIDTH + 0.5, 0, 1)[..., None]
    backdrop = sky * (1 - moon) + MOON * moon
    for number in range(FPS * LENGTH_S):
        t = number / FPS
        picture = backdrop.copy()
        for wave in range(WAVES):
            near = wave / (WAVES - 1)
            colour = FAR * (1 - near) ** 1.3 + NEAR * (1 - (1 - near) ** 1.3)
            edge = crest(wave, t)
            below = np.clip((Y - edge) * WIDTH + 0.5, 0, 1)
            foam = np.clip(1 - np.abs(Y - edge - 0.004) / (0.0022 + 0.002 * near), 0, 1)
            width = 0.05 + 0.10 * near
            path = np.exp(-(((X - 0.68 + 0.02 * np.sin(3 * t + wave)) / width) ** 2))
            picture += (colour - picture) * below[..., None]
            picture += (MOON - picture) * (foam * (0.18 + 0.72 * path))[..., None]
        yield (picture.clip(0, 1) * 255).round().astype(np.uint8)


def sound() -> npt.NDArray[np.float32]:
    """Let noise swell and fall like breakers, differently left and right."""
    count = RATE * LENGTH_S
    t = np.arange(count) / RATE
    f = np.fft.rfftfreq(count, 1 / RATE)
    sides = []
    for side in range(2):
        mix = np.zeros(count)
        for low_hz, high_hz, pace, depth in ((60, 500, 0.9, 0.5), (400, 3200, 0.9, 0.9)):
            noise = np.fft.rfft(DICE.normal(size=count))
            keep = 1 / (1 + (low_hz / np.maximum(f, 1)) ** 4) / (1 + (f / high_hz) ** 3)
            wash = np.fft.irfft(noise * keep, count)
            swell = 0.5 + 0.5 * np.sin(pace * t + 0.7 * side + high_hz)
            mix += wash / np.abs(wash).max() * (1 - depth + depth * swell**2.2)
        ends = np.minimum(1, np.minimum(t / 0.8, (LENGTH_S - t) / 0.8))
        sides.append(mix / np.abs(mix).max() * 0.5 * ends)
    return np.array(sides, dtype=np.float32)


def write(path: Path) -> None:
    """Write H.264 and 48 kHz stereo AAC."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=FPS, options={"crf": "27", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=RATE)
        audio.bit_rate, audio.layout = 96_000, "stereo"
        for picture in frames():
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        samples = sound()
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


if __name__ == "__main__":
    write(Path(__file__).parent / "assets" / "sea.mp4")
