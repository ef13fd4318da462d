"""How fast a render goes, by its events, and what its stages are called."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanreel.results import RenderEvent

STAGES = {"plan": "Planning", "render": "Rendering", "assemble": "Assembling"}


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a render is, and how long it takes at that."""

    frames_per_s: float
    left_s: float

    def __str__(self) -> str:
        return f"{self.frames_per_s:.1f} frames/s"


class Rate:
    """The speed since rendering began, and how long the frames that are left take at it."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def __call__(self, event: "RenderEvent") -> Speed | None:
        """Return the speed at *event*; None while there is none to tell."""
        if event.stage != "render":
            return None
        if self._first is None:
            self._first = (event.elapsed_s, event.frames_done)
        elapsed_s = event.elapsed_s - self._first[0]
        frames = event.frames_done - self._first[1]
        if elapsed_s <= 0 or frames <= 0:
            return None
        frames_per_s = frames / elapsed_s
        return Speed(frames_per_s, (event.total_frames - event.frames_done) / frames_per_s)
