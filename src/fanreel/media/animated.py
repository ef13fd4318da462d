"""
Animated images: how often they loop, and WebP animations, which libav does not decode.

GIF and APNG are ordinary streams to libav (`reader.py`). A WebP animation is a RIFF file of
still pictures with positions; each picture is decoded by libav and laid on the canvas here.
Source: WebP container specification, "Animation"; GIF89a, application extension NETSCAPE2.0;
PNG specification (third edition), `acTL`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from fanreel.media.opening import unreadable
from fanreel.media.presentation import Presentation
from fanreel.media.time_limit import timed

_MS = Fraction(1, 1000)
# Browsers play a delay of at most 10 ms as 100 ms: such files were made for slow viewers.
_SHORTEST_DELAY_MS = 11
_USUAL_DELAY_MS = 100
_FILE_HEADER = 12
_CHUNK_HEADER = 8
_ANMF_HEADER = 16

Canvas = npt.NDArray[np.uint8]
"""height × width × 4, RGBA, 8 bit, straight alpha."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """One `ANMF` chunk: a still picture, where it goes, and how."""

    x: int
    y: int
    width: int
    height: int
    duration_ms: int
    blends: bool
    clears: bool
    """Its rectangle becomes transparent once its time is over."""
    data: bytes
    """`ALPH`, `VP8 ` and `VP8L` chunks."""


def play_count(path: Path) -> int | None:
    """Return how often an animated image plays; None: for ever. Other files play once."""
    with path.open("rb") as file:
        data = file.read(64 * 1024)
    if data[:4] == b"GIF8":
        at = data.find(b"NETSCAPE2.0\x03\x01")
        # The extension counts repetitions after the first time.
        count = struct.unpack_from("<H", data, at + 13)[0] + 1 if at >= 0 else 1
        return None if count == 1 and at >= 0 else count
    if data[:4] == b"\x89PNG":
        at = data.find(b"acTL")
        count = struct.unpack_from(">I", data, at + 8)[0] if at >= 0 else 1
        return count or None
    if is_animated_webp(data):
        at = data.find(b"ANIM")
        count = struct.unpack_from("<H", data, at + 12)[0] if at >= 0 else 1
        return count or None
    return 1


def is_animated_webp(head: bytes) -> bool:
    """Tell whether a file beginning with *head* is a WebP file with its animation flag set."""
    flags = head[20:21] or b"\0"
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(flags[0] & 0x02)


class WebpReader:
    """
    Frames of an animated WebP file, read as `StreamReader` reads streams.

    Raises:
        MediaUnreadable: The file is damaged. Terminal.
    """

    codec = "webp"
    sample_aspect: Fraction | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        data = path.read_bytes()
        try:
            self._size = _canvas_size(data)
            self._pictures = list(_pictures(data))
        except (struct.error, IndexError) as exc:
            raise unreadable(path, "the file is cut short", exc) from exc
        if not self._pictures:
            raise unreadable(path, "it holds no pictures")
        self.presentation = _webp_presentation(self._pictures)
        self._at = -1
        self._canvas = self._blank()

    def close(self) -> None:
        """Free the pictures."""
        self._pictures = []

    def forward_cost(self, index: int) -> int | None:
        """Return the pictures to lay to reach *index*; None if it must begin again."""
        return index - self._at if index >= self._at >= 0 else None

    def read(self, index: int) -> VideoFrame:
        """Lay pictures up to *index* on the canvas."""
        if index < self._at or self._at < 0:
            self._at, self._canvas = -1, self._blank()
        while self._at < index:
            if self._at >= 0:
                self._dispose(self._pictures[self._at])
            self._at += 1
            self._lay(self._pictures[self._at])
        return VideoFrame.from_ndarray(self._canvas, format="rgba")

    def _blank(self) -> Canvas:
        # Browsers start from transparent, whatever background the file names.
        return np.zeros((self._size[1], self._size[0], 4), np.uint8)

    def _dispose(self, picture: _Picture) -> None:
        if picture.clears:
            self._rectangle(picture)[:] = 0

    def _rectangle(self, picture: _Picture) -> Canvas:
        return self._canvas[
            picture.y : picture.y + picture.height, picture.x : picture.x + picture.width
        ]

    def _lay(self, picture: _Picture) -> None:
        try:
            with timed(self._path):
                still = _decode_still(picture)
        except FFmpegError as exc:
            raise unreadable(self._path, "one of its pictures is damaged", exc) from exc
        under = self._rectangle(picture)
        still = still[: under.shape[0], : under.shape[1]]
        under[:] = _over(still, under) if picture.blends else still


def _webp_presentation(pictures: list[_Picture]) -> Presentation:
    starts = [0]
    for picture in pictures:
        starts.append(starts[-1] + picture.duration_ms)
    return Presentation(
        pts=tuple(starts[:-1]),
        time_base=_MS,
        first_s=Fraction(0),
        fps=None,
        end_s=starts[-1] * _MS,
    )


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, first byte and length of each RIFF chunk."""
    while at + _CHUNK_HEADER <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, at + _CHUNK_HEADER, size
        at += _CHUNK_HEADER + size + (size & 1)


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _canvas_size(data: bytes) -> tuple[int, int]:
    start = _FILE_HEADER + _CHUNK_HEADER
    return _uint24(data, start + 4) + 1, _uint24(data, start + 7) + 1


def _pictures(data: bytes) -> Iterator[_Picture]:
    for kind, at, size in _chunks(data, _FILE_HEADER, len(data)):
        if kind != b"ANMF":
            continue
        if at + size > len(data):
            raise IndexError("ANMF chunk beyond the end of the file")
        delay, flags = _uint24(data, at + 12), data[at + 15]
        yield _Picture(
            x=_uint24(data, at) * 2,
            y=_uint24(data, at + 3) * 2,
            width=_uint24(data, at + 6) + 1,
            height=_uint24(data, at + 9) + 1,
            duration_ms=delay if delay >= _SHORTEST_DELAY_MS else _USUAL_DELAY_MS,
            blends=not flags & 0x02,
            clears=bool(flags & 0x01),
            data=data[at + _ANMF_HEADER : at + size],
        )


def _decode_still(picture: _Picture) -> Canvas:
    """Decode one picture by wrapping its chunks into a still WebP file."""
    body = picture.data
    if body[:4] == b"ALPH":
        size = (picture.width - 1).to_bytes(3, "little") + (picture.height - 1).to_bytes(
            3, "little"
        )
        body = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size + body
    decoder = av.CodecContext.create("webp", "r")
    assert isinstance(decoder, VideoCodecContext)  # noqa: S101 (create() is typed for any codec)
    file = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    frames = [*decoder.decode(av.Packet(file)), *decoder.decode(None)]
    pixels: Canvas = frames[0].reformat(format="rgba").to_ndarray()  # type: ignore[assignment]
    return pixels


def _over(top: Canvas, under: Canvas) -> Canvas:
    """Blend straight-alpha *top* over *under*."""
    top_alpha = top[..., 3:].astype(np.uint32)
    rest = under[..., 3:].astype(np.uint32) * (255 - top_alpha) // 255
    alpha = top_alpha + rest
    colour = top[..., :3] * top_alpha + under[..., :3] * rest
    mixed = (colour + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate([mixed, alpha], axis=2).astype(np.uint8)
