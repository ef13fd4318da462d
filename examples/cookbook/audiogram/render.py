"""
An audiogram of any sound: its levels are measured here, one row of bars for each frame.

    python examples/cookbook/audiogram/render.py

A page cannot listen to its own sound while it is rendered.
"""

import itertools
import json
from pathlib import Path

import av
import numpy as np

from fanreel import RenderConfig, render

HERE = Path(__file__).parent
ROOT = HERE.parents[1]  # the sound belongs to another example
SOUND = ROOT / "late-radio" / "assets" / "show.m4a"
FPS, BARS, RATE = 30, 24, 48_000
_WINDOW = 4096  # 85 ms: low notes need that long


def levels(path: Path) -> list[list[int]]:
    """Return for each frame how loud each band of pitch is, low to high, from 0 to 100."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        frames = [part for whole in container.decode(audio=0) for part in resampler.resample(whole)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    padded = np.pad(samples, _WINDOW // 2)
    edges = np.geomspace(60, 3000, BARS + 1) * _WINDOW / RATE
    rows = []
    for frame in range(len(samples) * FPS // RATE):
        start = frame * RATE // FPS
        heard = np.abs(np.fft.rfft(padded[start : start + _WINDOW] * np.hanning(_WINDOW)))
        bands = [heard[int(low) : int(high) + 1].max() for low, high in itertools.pairwise(edges)]
        rows.append(bands)
    loudness = 20 * np.log10(np.array(rows) + 1e-6)
    return (100 * np.clip((loudness - loudness.max() + 48) / 48, 0, 1)).astype(int).tolist()


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name."""
    return {
        "audiogram": RenderConfig(
            fps=FPS,
            variables={
                "sound": "../../late-radio/assets/show.m4a",
                "title": "Night shift, episode 12",
                "levels": json.dumps(levels(SOUND)),
            },
        )
    }


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config, root_dir=ROOT).output_path)
