"""Is there anything to see? A film of one colour is never what was meant."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from fanreel.capture.page_session import PageSession
from fanreel.problems import Problem

Pixels = npt.NDArray[np.uint8]


def find_blankness(
    session: PageSession, passed: Iterable[Pixels], path: Sequence[int]
) -> Problem | None:
    """
    Tell that every frame of a composition is one and the same colour.

    Args:
        session: A session with the page open; it is moved only where *passed* are of one colour.
        passed: Pictures that were taken anyway, so that others need not be.
        path: Further frames to look at, in order, before that is said.
    Returns:
        A warning for the user, or None.
    """
    colour: Pixels | None = None
    for picture in passed:
        colour = picture[0, 0] if colour is None else colour
        if not _is_all(picture, colour):
            return None
    width, height = session.spec.pixel_size
    picture = np.empty((height, width, 4), np.uint8)
    for frame in path:
        session.pictures.capture(frame, picture)
        colour = picture[0, 0].copy() if colour is None else colour
        if not _is_all(picture, colour):
            return None
    return Problem(
        rule="blank",
        message=f"nothing is to be seen: all of {len(path)} frames looked at show one and the same "
        "colour; look for text in the colour of its background, clips outside the composition's "
        "time, and boxes outside the frame or without a size",
    )


def _is_all(picture: Pixels, colour: Pixels) -> bool:
    return bool((picture == colour).all())
