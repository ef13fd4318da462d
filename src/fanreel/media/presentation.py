"""
When each frame of a source is on screen: presentation times found by demuxing, not decoding.

Time 0 of a source is where its earliest stream begins, as a browser and the format count it.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from av.container import InputContainer
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from av.packet import Packet  # generic only in its stub

_MAX_FPS = 1000
_DELAY_CODECS = frozenset({"gif", "apng", "webp", "png"})
# Codecs whose packets all claim to be key frames although they build on earlier ones.
_ONE_KEY_CODECS = frozenset({"apng"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketMark:
    """Where a packet stands in decoding order; enough to recognise it after a seek."""

    pts: int
    dts: int | None
    is_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """
    The frames of one video stream in presentation order.

    A stream whose timestamps are a constant rate, rounded to its time base, is read by the exact
    rate: otherwise Matroska's milliseconds would show every third frame of a 30 fps file late.
    """

    pts: tuple[int, ...]
    """Ascending, in time-base units; one per displayed frame."""
    time_base: Fraction
    first_s: Fraction
    """When the first frame appears."""
    fps: Fraction | None
    """The exact constant rate, or None if it varies."""
    end_s: Fraction
    """When the last frame's own duration is over."""
    packets: tuple[PacketMark, ...] = ()
    """In decoding order."""
    keys: tuple[int, ...] = (0,)
    """Numbers of the packets that decoding may start from; their times ascend."""

    def __len__(self) -> int:
        return len(self.pts)

    def index_at(self, time_s: Fraction) -> int:
        """Return the frame on screen at *time_s*: before the first and after the last, that one."""
        since_first = time_s - self.first_s
        if self.fps is not None:
            found = math.floor(since_first * self.fps)
        else:
            ticks = math.floor(since_first / self.time_base) + self.pts[0]
            found = bisect.bisect_right(self.pts, ticks) - 1
        return min(max(found, 0), len(self.pts) - 1)

    def key_packet(self, index: int) -> int:
        """Return the last packet, in decoding order, from which frame *index* can be decoded."""
        wanted = self.pts[index]
        found = bisect.bisect_right(self.keys, wanted, key=lambda k: self.packets[k].pts)
        return self.keys[max(found - 1, 0)]

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json()` reads."""
        return {
            "pts": self.pts,
            "time_base": str(self.time_base),
            "first_s": str(self.first_s),
            "fps": None if self.fps is None else str(self.fps),
            "end_s": str(self.end_s),
            "packets": [(p.pts, p.dts, p.is_key) for p in self.packets],
            "keys": self.keys,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json()` wrote."""
        return cls(
            pts=tuple(data["pts"]),
            time_base=Fraction(data["time_base"]),
            first_s=Fraction(data["first_s"]),
            fps=None if data["fps"] is None else Fraction(data["fps"]),
            end_s=Fraction(data["end_s"]),
            packets=tuple(PacketMark(pts=p, dts=d, is_key=k) for p, d, k in data["packets"]),
            keys=tuple(data["keys"]),
        )


def source_zero(container: InputContainer) -> Fraction:
    """Return the timestamp, in seconds, that counts as time 0 of the file; never negative."""
    starts = [
        stream.start_time * stream.time_base
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.start_time is not None and stream.time_base is not None
    ]
    # Negative starts are decoder priming or pictures before an edit: never presented.
    return max(min(starts, default=Fraction(0)), Fraction(0))


def read_presentation(container: InputContainer, stream: VideoStream) -> Presentation | None:
    """
    Read every packet of *stream* and say when its frames are shown; None if there are none.

    Leaves the container at its end.
    """
    time_base = stream.time_base or Fraction(1, 1000)
    codec = stream.codec_context.name
    packets: list[PacketMark] = []
    shown: dict[int, int] = {}
    for packet in container.demux(stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or stamp is None:
            continue
        is_key = packet.is_keyframe and not (codec in _ONE_KEY_CODECS and packets)
        packets.append(PacketMark(pts=stamp, dts=packet.dts, is_key=is_key))
        if _is_shown(packet, codec):
            shown[stamp] = packet.duration or 0
    if not shown:
        return None
    pts = tuple(sorted(shown))
    # Browsers add up an animated image's delays; no rate stands behind them.
    fps = None if codec in _DELAY_CODECS else _constant_rate(pts, time_base, stream)
    first = pts[0]
    if container.format.name == "avi" and stream.start_time is not None:
        # AVI knows decoding times only: the reordering delay is libav's guess, not a late start.
        first = stream.start_time
    first_s = first * time_base - source_zero(container)
    if fps is not None:
        # Sound that starts a little earlier (encoder priming) must not push frame k off k / fps.
        first_s = Fraction(math.floor(first_s * fps)) / fps
        end_s = first_s + len(pts) / fps
    else:
        last = shown[pts[-1]] or (pts[-1] - pts[0]) // max(len(pts) - 1, 1)
        end_s = first_s + (pts[-1] + last - pts[0]) * time_base
    return Presentation(
        pts=pts,
        time_base=time_base,
        first_s=first_s,
        fps=fps,
        end_s=end_s,
        packets=tuple(packets),
        keys=_ascending_keys(packets),
    )


def _ascending_keys(packets: Sequence[PacketMark]) -> tuple[int, ...]:
    keys = [0]
    for number, packet in enumerate(packets):
        if packet.is_key and packet.pts > packets[keys[-1]].pts:
            keys.append(number)
    return tuple(keys)


def _is_shown(packet: "Packet[VideoStream]", codec: str) -> bool:
    if packet.is_discard:  # before the start of an edit list
        return False
    # VP8 keeps pictures that are only referred to in packets of their own: RFC 6386, 9.1.
    return codec != "vp8" or bool(memoryview(packet)[0] & 0x10)


def _constant_rate(pts: Sequence[int], time_base: Fraction, stream: VideoStream) -> Fraction | None:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and rate <= _MAX_FPS and _fits(pts, time_base, rate):
            return rate
    return None


def _fits(pts: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    # |pts − first − k / (rate × time_base)| < 1 tick, in integers: this runs for every frame.
    step = 1 / (rate * time_base)
    if step < 1:
        return False
    num, den = step.numerator, step.denominator
    return all(abs((p - pts[0]) * den - k * num) < den for k, p in enumerate(pts))
