"""
Filters: which frequencies a sound may occupy.

The formulas are Web Audio's (W3C Web Audio API, "Filters characteristics"), so that a filter sounds
as in a browser; libav runs them.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from av.filter.context import FilterContext

from fanreel.media.sound.effects.blending import blended
from fanreel.media.sound.effects.knobs import AsFilters, Effect, Knobs, amplitude
from fanreel.media.sound.graph import Filter, run_filters
from fanreel.media.sound.samples import SOUND_RATE, Samples, in_blocks

# Web Audio computes in quanta of as many samples; a moving filter is set anew for each.
_QUANTUM = 128
_PHASER_SECTIONS = 6

Coefficients = tuple[float, float, float, float, float, float]
"""b0, b1, b2, a0, a1, a2 of a section."""
Section = tuple[Callable[..., Coefficients], tuple[str, ...]]
"""A formula, and the knobs that it takes."""
Shape = Callable[[Knobs], Section]


def moving(shape: Shape) -> Effect:
    """Return the effect that sets a section anew as its knobs move."""

    def effect(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
        def turn(nodes: list[FilterContext], position: int, length: int) -> None:
            _set(nodes, _section(shape, knobs, position + length // 2))

        first = [_biquad(_section(shape, knobs, 0))]
        return in_blocks(run_filters(first, in_blocks(pieces, _QUANTUM), before=turn))

    return effect


def still(shape: Shape) -> AsFilters:
    """Return what gives the section whose knobs do not move."""

    def filters(knobs: Knobs) -> list[Filter] | None:
        _, names = shape(knobs)
        return None if knobs.moves(*names) else [_biquad(_section(shape, knobs, 0))]

    return filters


def _section(shape: Shape, knobs: Knobs, position: int) -> Coefficients:
    formula, names = shape(knobs)
    return formula(*(float(knobs.curve(name, position, 1)[0]) for name in names))


def highpass(knobs: Knobs) -> Section:
    """Take away what is below `frequency`: 12 dB per octave with two poles, 6 with one."""
    if knobs.word("poles") == "1":
        return _highpass_1, ("frequency",)
    return _highpass_2, ("frequency", "q")


def lowpass(knobs: Knobs) -> Section:
    """Take away what is above `frequency`."""
    if knobs.word("poles") == "1":
        return _lowpass_1, ("frequency",)
    return _lowpass_2, ("frequency", "q")


def peaking(_knobs: Knobs) -> Section:
    """Raise or lower a band around `frequency`; the higher `q`, the narrower."""
    return _peaking, ("frequency", "q", "gain")


def lowshelf(_knobs: Knobs) -> Section:
    """Raise or lower what is below `frequency`."""
    return _lowshelf, ("frequency", "gain")


def highshelf(_knobs: Knobs) -> Section:
    """Raise or lower what is above `frequency`."""
    return _highshelf, ("frequency", "gain")


def phaser(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """
    Add a copy whose phase wanders: `decay` far about 1 / `delay`, `speed` times a second.

    Six all-pass sections, as measured on HyperFrames 0.8.170.
    """
    middle = 1000 / knobs.number("delay")
    swing = _triangle if knobs.word("type") == "0" else lambda turns: math.sin(2 * math.pi * turns)
    turns = 0.0

    def turn(nodes: list[FilterContext], position: int, length: int) -> None:
        nonlocal turns
        speed = float(knobs.curve("speed", position, 1)[0])
        between = turns + speed * length / 2 / SOUND_RATE
        _set(nodes, _allpass(middle * (1 + knobs.number("decay") * swing(between))))
        turns = (turns + speed * length / SOUND_RATE) % 1

    def wander(dry: Iterator[Samples]) -> Iterator[Samples]:
        sections = [_biquad(_allpass(middle))] * _PHASER_SECTIONS
        return run_filters(sections, in_blocks(dry, _QUANTUM), before=turn)

    together = blended(pieces, wander, lambda _, count: np.full(count, 0.5))
    position = 0
    for piece in in_blocks(together):
        gains = [knobs.curve(name, position, len(piece)) for name in ("in_gain", "out_gain")]
        yield piece * (2 * gains[0] * gains[1]).astype(np.float32)[:, np.newaxis]
        position += len(piece)


def _triangle(turns: float) -> float:
    return 1 - abs((turns * 4 + 3) % 4 - 2)


def _biquad(section: Coefficients) -> Filter:
    settings = [f"{name}={value}" for name, value in _options(section).items()]
    return "biquad", ":".join([*settings, "precision=f64"])


def _set(nodes: list[FilterContext], section: Coefficients) -> None:
    for name, value in _options(section).items():
        for node in nodes:
            node.process_command(name, value)


def _options(section: Coefficients) -> dict[str, str]:
    b0, b1, b2, a0, a1, a2 = section
    values = {"b0": b0, "b1": b1, "b2": b2, "a1": a1, "a2": a2}
    return {name: repr(value / a0) for name, value in values.items()}


def _angle(frequency: float) -> float:
    return 2 * math.pi * min(frequency / SOUND_RATE, 0.5)


def _lowpass_2(frequency: float, q: float) -> Coefficients:
    cos, alpha = _of_pass(frequency, q)
    return (1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha


def _highpass_2(frequency: float, q: float) -> Coefficients:
    cos, alpha = _of_pass(frequency, q)
    return (1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha


def _of_pass(frequency: float, q: float) -> tuple[float, float]:
    angle = _angle(frequency)
    # Web Audio takes the resonance of these two in decibels.
    return math.cos(angle), math.sin(angle) / (2 * amplitude(q))


def _lowpass_1(frequency: float) -> Coefficients:
    slope = math.tan(_angle(frequency) / 2)
    return slope, slope, 0, 1 + slope, slope - 1, 0


def _highpass_1(frequency: float) -> Coefficients:
    slope = math.tan(_angle(frequency) / 2)
    return 1, -1, 0, 1 + slope, slope - 1, 0


def _allpass(frequency: float) -> Coefficients:
    angle = _angle(frequency)
    cos, alpha = math.cos(angle), math.sin(angle) / math.sqrt(2)
    return 1 - alpha, -2 * cos, 1 + alpha, 1 + alpha, -2 * cos, 1 - alpha


def _peaking(frequency: float, q: float, gain: float) -> Coefficients:
    angle, root = _angle(frequency), 10 ** (gain / 40)
    cos, alpha = math.cos(angle), math.sin(angle) / (2 * q)
    rise, fall = alpha * root, alpha / root
    return 1 + rise, -2 * cos, 1 - rise, 1 + fall, -2 * cos, 1 - fall


def _lowshelf(frequency: float, gain: float) -> Coefficients:
    return _shelf(frequency, gain, 1)


def _highshelf(frequency: float, gain: float) -> Coefficients:
    return _shelf(frequency, gain, -1)


def _shelf(frequency: float, gain: float, side: int) -> Coefficients:
    angle, root = _angle(frequency), 10 ** (gain / 40)
    cos, more, less = side * math.cos(angle), root + 1, root - 1
    slope = math.sin(angle) * math.sqrt(2 * root)
    return (
        root * (more - less * cos + slope),
        side * 2 * root * (less - more * cos),
        root * (more - less * cos - slope),
        more + less * cos + slope,
        -side * 2 * (less + more * cos),
        more + less * cos - slope,
    )
