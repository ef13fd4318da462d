#!/usr/bin/env python3
"""
Print what effects cost, in CPU milliseconds per second of stereo sound, and what a long mix needs.

    bench/sound.py                    every effect, as it is set when nothing is said, and moving
    bench/sound.py --mix 60           a mix of as many minutes too: eight sounds with five effects

CPU is that of this process; the mix's memory is its peak over that of a mix of one minute.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from fanreel.files.plan_dir import MediaClip
from fanreel.media.sound.desk import Desk, Strip
from fanreel.media.sound.effects.chain import Node, through
from fanreel.media.sound.effects.registry import KINDS, Dial
from fanreel.media.sound.lanes import Lane
from fanreel.media.sound.mixing import mix
from fanreel.media.sound.samples import SOUND_RATE

SECONDS = 10
CHAIN = ("highpass", "peaking", "compressor", "peaking", "limiter")
SOUNDS = 8


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mix", type=int, metavar="MINUTES")
    minutes = parser.parse_args().mix
    print(f"{'effect':12}{'still':>8}{'moving':>8}   ms a second")
    for kind, facts in KINDS.items():
        moving = {
            name: Lane.through([(Fraction(0), knob.low), (Fraction(SECONDS), knob.high)])
            for name, knob in facts.knobs.items()
            if isinstance(knob, Dial) and knob.moves
        }
        row = f"{kind:12}{cost_ms(node(kind)):8.1f}"
        print(row + (f"{cost_ms(node(kind, moving)):8.1f}" if moving else f"{'-':>8}"))
    if minutes:
        (short_kib, _), (long_kib, cpu_s) = (in_its_own_process(m) for m in (1, minutes))
        print(
            f"\n{minutes} minutes of {SOUNDS} sounds with {len(CHAIN)} effects: {cpu_s:.0f} s CPU, "
            f"{(long_kib - short_kib) / 1024:+.0f} MiB over one minute's peak"
        )


def node(kind: str, lanes: dict[str, Lane] | None = None) -> Node:
    """Return an effect as it is set when nothing is said."""
    settings = {name: knob.default for name, knob in KINDS[kind].knobs.items()}
    return Node(kind=kind, settings=settings, lanes=lanes or {})


def cost_ms(effect: Node) -> float:
    """Return the CPU that *effect* takes for a second of noise."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (SOUND_RATE, 2)).astype(np.float32)
    pieces = (noise for _ in range(SECONDS))
    began = time.process_time()
    for _ in through([effect], pieces, 0):
        pass
    return (time.process_time() - began) / SECONDS * 1000


def in_its_own_process(minutes: int) -> tuple[int, float]:
    """Return peak memory in KiB and CPU seconds of a mix of *minutes*."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(mix_minutes, (minutes,))


def mix_minutes(minutes: int) -> tuple[int, float]:
    """Mix *SOUNDS* looping sounds, each with a chain, for *minutes*."""
    total_s = Fraction(minutes * 60)
    strip = Strip(chain=[node(kind) for kind in CHAIN])
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "noise.wav"
        write_noise(source)
        clips = [
            MediaClip(
                key=f"m{i}",
                kind="audio",
                path=str(source),
                src=source.name,
                start_s=Fraction(i),
                duration_s=total_s,
                loop=True,
                volume=1 / SOUNDS,
                audible=True,
            )
            for i in range(SOUNDS)
        ]
        desk = Desk(clips={clip.key: strip for clip in clips})
        began = time.process_time()
        mix(Path(folder), clips, total_s, Path(folder) / "mix.m4a", "aac", desk=desk)
        cpu_s = time.process_time() - began
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, cpu_s


def write_noise(path: Path) -> None:
    """Write ten seconds of quiet noise."""
    noise = np.random.default_rng(2).normal(0, 3000, (1, 2 * 10 * SOUND_RATE)).astype(np.int16)
    with av.open(str(path), "w") as target:
        stream = target.add_stream("pcm_s16le", rate=SOUND_RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="stereo")
        frame.sample_rate = SOUND_RATE
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


if __name__ == "__main__":
    main()
