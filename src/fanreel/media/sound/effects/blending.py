"""An effect's sound beside the one it was made of."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import Reader, Samples

Process = Callable[[Iterator[Samples]], Iterator[Samples]]


def beside(pieces: Iterator[Samples], process: Process) -> Iterator[tuple[Samples, Samples]]:
    """
    Yield every piece and, as long, what *process* makes of it.

    Args:
        pieces: The dry sound.
        process: None of what it gives is late, but it may give it later, or more of it.
    """
    pieces, to_process = itertools.tee(pieces)
    processed = Reader(process(to_process))
    for piece in pieces:
        yield piece, processed.read(len(piece))


def blended(
    pieces: Iterator[Samples], process: Process, amount: Callable[[int, int], Values]
) -> Iterator[Samples]:
    """
    Yield *pieces* as *process* makes them, as far as *amount* says, and as they are for the rest.

    Args:
        pieces: The dry sound.
        process: As `beside()` takes it.
        amount: Of the wet sound, 0 to 1, at samples `[position, position + count)`.
    """
    position = 0
    for dry, wet in beside(pieces, process):
        share = amount(position, len(dry)).astype(np.float32)[:, np.newaxis]
        yield dry * (1 - share) + wet * share
        position += len(dry)
