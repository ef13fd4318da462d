"""Where the time of a segment went: measured where it is rendered, told with it."""

import time
from dataclasses import dataclass, field

REASONS = ("script", "decode", "raster", "encode")
"""What a frame's time is spent on."""
_DIGITS = 1


@dataclass(slots=True, kw_only=True)
class SegmentTimes:
    """
    Milliseconds that one segment took; the lists have one entry a frame.

    Opening, script, decoding, raster, conversion and waiting follow each other; frames are encoded
    beside that.
    """

    open_ms: float = 0.0
    """Until the page was ready for the first frame."""
    script: list[float] = field(default_factory=list)
    """The page put to the frame: its scripts, style, layout."""
    decode: list[float] = field(default_factory=list)
    """Frames of its videos, at most what the page waited for."""
    raster: list[float] = field(default_factory=list)
    """Until the picture was on the screen."""
    convert: list[float] = field(default_factory=list)
    """To the encoder's pixels."""
    encode: list[float] = field(default_factory=list)
    wait: list[float] = field(default_factory=list)
    """Until the encoder took the frame before."""

    def of_frame(self, number: int) -> dict[str, float]:
        """Return the milliseconds of the segment's frame *number*, counted from 0, by reason."""
        return {
            "script": self.script[number],
            "decode": self.decode[number],
            "raster": self.raster[number],
            "encode": self.convert[number] + self.encode[number],
        }

    @property
    def frames(self) -> int:
        """Frames of which all is known."""
        told = (self.script, self.decode, self.raster, self.convert, self.encode)
        return min(map(len, told))

    def fit(self, frames: int) -> bool:
        """Tell whether they may be those of so many *frames*: no list tells of more."""
        told = (self.script, self.decode, self.raster, self.convert, self.encode, self.wait)
        return max(map(len, told)) <= frames


@dataclass(slots=True, kw_only=True)
class SegmentRun:
    """One segment on one worker; times in seconds since the worker's log was made."""

    worker: int
    start_frame: int
    end_frame: int
    begin_s: float
    end_s: float = 0.0
    failed: bool = False
    times: SegmentTimes = field(default_factory=SegmentTimes)

    def frame_costs(self) -> list[tuple[int, dict[str, float]]]:
        """Return each frame with its milliseconds by reason."""
        times = self.times
        return [(self.start_frame + n, times.of_frame(n)) for n in range(times.frames)]


class TimesNoted:
    """
    Takes the times of a segment while its frames are captured on one thread, encoded on another.

    Attributes:
        times: What is known so far.
    """

    def __init__(self) -> None:
        self.times = SegmentTimes()
        self._last_s = time.perf_counter()

    def frame(self, begun_s: float, shown_s: float, decode_s: float, raster_s: float) -> None:
        """
        Note a frame that was captured and converted just now.

        Args:
            begun_s: `time.perf_counter()` when the page was asked for it.
            shown_s: When its picture was there.
            decode_s: Spent on the page's videos meanwhile, perhaps on several at once.
            raster_s: Spent on waiting for the screen.
        """
        times, before_s, now_s = self.times, self._last_s, time.perf_counter()
        if times.script:
            times.wait.append(_ms(begun_s - before_s))
        else:
            times.open_ms, times.wait = _ms(begun_s - before_s), [0.0]
        page_s = max(shown_s - begun_s - raster_s, 0.0)
        decode_s = min(decode_s, page_s)
        times.decode.append(_ms(decode_s))
        times.raster.append(_ms(raster_s))
        times.convert.append(_ms(now_s - shown_s))
        times.script.append(_ms(page_s - decode_s))
        self._last_s = now_s

    def encoded(self, begun_s: float) -> None:
        """Note that a frame was encoded since *begun_s*."""
        self.times.encode.append(_ms(time.perf_counter() - begun_s))


def _ms(seconds: float) -> float:
    return round(1000 * seconds, _DIGITS)
