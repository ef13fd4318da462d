"""A chain: effects in signal order, each working on what the one before it gives."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fanreel.media.sound.effects.blending import blended
from fanreel.media.sound.effects.knobs import Knobs, Setting
from fanreel.media.sound.effects.registry import KINDS
from fanreel.media.sound.graph import Filter, run_filters
from fanreel.media.sound.lanes import Lane, Values
from fanreel.media.sound.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One effect in a chain."""

    kind: str
    """A key of `KINDS`."""
    settings: Mapping[str, Setting]
    """Every knob of the kind."""
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    """The knobs that move."""
    preset: "Preset | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Neighbouring nodes of one name are faded in and out as one, as the first of them says."""

    name: str
    amount: float = 1.0
    lane: Lane | None = None

    def at(self, first: int, count: int) -> Values:
        """Return the share of the effects at samples `[first, first + count)` of the timeline."""
        if self.lane is None:
            return np.full(count, self.amount)
        return self.lane.values(first, count)


Chain = tuple[Node, ...]
"""A tuple, so that one is equal to another that came as JSON from another process."""


def through(chain: Sequence[Node], pieces: Iterator[Samples], start: int) -> Iterator[Samples]:
    """
    Send *pieces* through *chain*.

    Args:
        chain: May be empty.
        pieces: What goes in; as many samples come out.
        start: Sample of the root timeline at which *pieces* begins, for what moves.
    """
    for _, together in itertools.groupby(chain, key=lambda n: n.preset and n.preset.name):
        nodes = list(together)
        process, preset = _serial(nodes, start), nodes[0].preset
        if preset is None or (preset.amount == 1 and preset.lane is None):
            pieces = process(pieces)
        else:
            pieces = blended(pieces, process, _from(preset, start))
    return pieces


def tail_s(chain: Sequence[Node]) -> float:
    """Return how long *chain* still sounds after what goes into it, in seconds."""
    return sum(
        KINDS[node.kind].tail_s(Knobs(settings=node.settings, lanes=node.lanes)) for node in chain
    )


def _serial(nodes: Sequence[Node], start: int) -> Callable[[Iterator[Samples]], Iterator[Samples]]:
    def process(pieces: Iterator[Samples]) -> Iterator[Samples]:
        together: list[Filter] = []
        for node in nodes:
            kind = KINDS[node.kind]
            knobs = Knobs(settings=node.settings, lanes=node.lanes, start=start)
            filters = kind.as_filters(knobs)
            if filters is not None:
                together += filters
                continue
            assert kind.effect is not None  # noqa: S101 (the registry has one of both)
            pieces, together = kind.effect(_filtered(together, pieces), knobs), []
        return _filtered(together, pieces)

    return process


def _filtered(filters: Sequence[Filter], pieces: Iterator[Samples]) -> Iterator[Samples]:
    return run_filters(filters, pieces) if filters else pieces


def _from(preset: Preset, start: int) -> Callable[[int, int], Values]:
    return lambda position, count: preset.at(start + position, count)
