"""
Decoded frames as planes that Chromium's `VideoFrame` takes, tagged as Chromium would tag them.

Nothing is converted to RGB here: the page's canvas does that with the code that draws `<video>`,
so the colours are the browser's own. What WebCodecs has no name for is brought to the nearest
format that loses nothing visible.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

_MATRICES = {0: "rgb", 1: "bt709", 4: "smpte170m", 5: "bt470bg", 6: "smpte170m", 9: "bt2020-ncl"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 7: "smpte170m", 9: "bt2020", 12: "smpte432"}
_TRANSFERS = {
    1: "bt709",
    6: "smpte170m",
    7: "smpte170m",
    8: "linear",
    13: "iec61966-2-1",
    14: "bt709",
    15: "bt709",
    16: "pq",
    18: "hlg",
}
"""libav's numbers (ITU-T H.273) to WebCodecs' names."""
_FULL_RANGE = 2
_HD_HEIGHT = 720

# libav pixel format to WebCodecs pixel format, where the planes are the same bytes.
_DIRECT = {
    "yuv420p": "I420",
    "yuvj420p": "I420",
    "yuv422p": "I422",
    "yuvj422p": "I422",
    "yuv444p": "I444",
    "yuvj444p": "I444",
    "yuva420p": "I420A",
    "yuva422p": "I422A",
    "yuva444p": "I444A",
    "yuv420p10le": "I420P10",
    "yuv422p10le": "I422P10",
    "yuv444p10le": "I444P10",
    "rgba": "RGBA",
    "rgb0": "RGBX",
    "bgra": "BGRA",
    "bgr0": "BGRX",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourTags:
    """A WebCodecs `VideoColorSpace`."""

    matrix: str
    primaries: str
    transfer: str
    full_range: bool

    def to_json(self) -> dict[str, str | bool]:
        """Return the object a `VideoFrame` is made with."""
        return {
            "matrix": self.matrix,
            "primaries": self.primaries,
            "transfer": self.transfer,
            "fullRange": self.full_range,
        }


_RGB_TAGS = ColourTags(matrix="rgb", primaries="bt709", transfer="iec61966-2-1", full_range=True)


# Chromium's conversion on the CPU (libyuv) has 8 bits for the share of Cb in blue, in 64ths and
# up to 128: that is 2.0, where BT.709 needs 2.112 and BT.2020 2.142, and saturated blue comes out
# 12 of 255 too dark. Of full range the shares are below 2. So such frames are handed over stretched
# to full range: greys are exact by that, other colours within 2 levels.
_CUT_SHORT = frozenset({"bt709", "bt2020-ncl"})
_STRETCHED = frozenset({"I420", "I422", "I444", "I420A", "I422A", "I444A"})
_LUMA_TO_FULL = bytes(min(max(round((n - 16) * 255 / 219), 0), 255) for n in range(256))
_CHROMA_TO_FULL = bytes(min(max(round((n - 128) * 255 / 224) + 128, 0), 255) for n in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFrame:
    """One picture of a source, upright, as bytes a `VideoFrame` is made of."""

    index: int
    """Its number in presentation order; the same number is the same picture."""
    format: str
    """WebCodecs pixel format: `I420`, `I420A`, `I422`, `I444`, `I420P10`, `RGBA`, ..."""
    width: int
    height: int
    display_width: int
    """Width in square pixels, as `videoWidth` says."""
    display_height: int
    colour: ColourTags
    planes: bytes
    """Plane after plane, rows without padding; 10-bit samples in 2 bytes, little endian."""
    layers: int = 1
    """Pictures in *planes*, one after the other; more than one for HDR (see media/hdr.py)."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """How stored rows and columns become the upright picture: transpose first, then flip."""

    transposed: bool = False
    flip_columns: bool = False
    flip_rows: bool = False

    @property
    def clockwise_degrees(self) -> int:
        """The turn, leaving a mirror image aside: 0, 90, 180 or 270."""
        if self.transposed:
            return 90 if self.flip_columns else 270
        return 180 if self.flip_rows and self.flip_columns else 0


UPRIGHT = Orientation()
_TURNS = {
    0: UPRIGHT,
    90: Orientation(transposed=True, flip_rows=True),
    180: Orientation(flip_columns=True, flip_rows=True),
    270: Orientation(transposed=True, flip_columns=True),
}
"""By the angle that libav tells, counter-clockwise."""
_WITH_COLOUR_PROFILES = frozenset({"apng", "jpegxl", "libjxl", "mjpeg", "png", "tiff", "webp"})


def _unlisted(cls: type[Type], value: Any) -> Type:
    """
    Return a member for side data that PyAV has no name for: EXIF, views of spatial videos.

    libav attaches more kinds than PyAV 18 lists, and asking a frame for any of them would fail.
    """
    member = object.__new__(cls)
    member._name_, member._value_ = f"UNLISTED_{value}", value
    return member


Type._missing_ = classmethod(_unlisted)  # type: ignore[method-assign,assignment]


def read_orientation(frame: VideoFrame, codec: str) -> Orientation:
    """
    Read the display matrix a container or codec attached to *frame*.

    Args:
        frame: Decoded.
        codec: Its decoder's name.
    """
    if codec in _WITH_COLOUR_PROFILES:
        # PyAV frees the name of a colour profile twice once a frame's side data was asked for. The
        # angle comes another way, and only a mirror image, which cameras do not write, is lost.
        return _TURNS[frame.rotation % 360]
    side_data = cast("SideDataContainer", frame.side_data)  # PyAV's stub calls it a TypedDict
    if Type.DISPLAYMATRIX not in side_data:
        return UPRIGHT
    matrix = bytes(side_data[Type.DISPLAYMATRIX])
    # ISO 14496-12, 8.2.2: a stored pixel (x, y) is shown at (a·x + c·y, b·x + d·y).
    a, b, _, c, d = (int(v) for v in np.frombuffer(matrix, "<i4")[:5])
    if abs(b) > abs(a):
        return Orientation(transposed=True, flip_columns=c < 0, flip_rows=b < 0)
    return Orientation(flip_columns=a < 0, flip_rows=d < 0)


def displayed_size(
    width: int, height: int, sample_aspect: Fraction | None, orientation: Orientation
) -> tuple[int, int]:
    """Return the size in square pixels; like Chromium, one side is stretched, none shrunk."""
    aspect = sample_aspect or Fraction(1)
    if aspect > 1:
        width = math.floor(width * aspect + Fraction(1, 2))
    elif aspect > 0:
        height = math.floor(height / aspect + Fraction(1, 2))
    return (height, width) if orientation.transposed else (width, height)


def colour_tags(frame: VideoFrame, display_height: int) -> ColourTags:
    """
    Return the colour space Chromium would assume for *frame*.

    An untagged source is BT.601 below 720 lines and BT.709 from there on; one that is only said
    to be of full range is taken for JPEG's BT.601.
    """
    if frame.format.is_rgb or frame.format.name == "pal8":
        return _RGB_TAGS
    full_range = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    guess = "bt709" if display_height >= _HD_HEIGHT and not full_range else "smpte170m"
    return ColourTags(
        matrix=_MATRICES.get(frame.colorspace or 2, guess),
        primaries=_PRIMARIES.get(frame.color_primaries, guess),
        transfer=_TRANSFERS.get(frame.color_trc, guess),
        full_range=full_range,
    )


def to_source_frame(
    frame: VideoFrame,
    index: int,
    orientation: Orientation,
    sample_aspect: Fraction | None,
    *,
    as_rgb: bool = False,
) -> SourceFrame:
    """Convert a decoded frame to planes, upright; *as_rgb* to one plane of RGB."""
    size = displayed_size(frame.width, frame.height, sample_aspect, orientation)
    tags = colour_tags(frame, size[1])
    if as_rgb and not frame.format.is_rgb:
        target, tags = "rgba" if has_alpha(frame) else "rgb0", _RGB_TAGS
    else:
        target = _target_format(frame, tags, orientation)
    if target != frame.format.name:
        frame = frame.reformat(format=target)
    planes = _upright_planes(frame, orientation)
    if tags.matrix in _CUT_SHORT and not tags.full_range and _DIRECT[target] in _STRETCHED:
        tags = replace(tags, full_range=True)
        tables = (_LUMA_TO_FULL, _CHROMA_TO_FULL, _CHROMA_TO_FULL)
        planes[:3] = (plane.translate(t) for plane, t in zip(planes[:3], tables, strict=True))
    width, height = frame.width, frame.height
    return SourceFrame(
        index=index,
        format=_DIRECT[target],
        width=height if orientation.transposed else width,
        height=width if orientation.transposed else height,
        display_width=size[0],
        display_height=size[1],
        colour=tags,
        planes=b"".join(planes),
    )


def _target_format(frame: VideoFrame, tags: ColourTags, orientation: Orientation) -> str:
    """Choose the pixel format to send: 8 bits, except where HDR would show bands."""
    name = frame.format.name
    parts = frame.format.components
    if frame.format.is_rgb or name == "pal8" or "bayer" in name:
        # Bottom-up pictures (raw AVI) have negative line sizes: converting turns them round.
        if name in _DIRECT and frame.planes[0].line_size > 0:
            return name
        return "rgba" if has_alpha(frame) else "rgb0"
    alpha = "a" if has_alpha(frame) else ""
    if len(parts) < 3:  # noqa: PLR2004 (gray, with or without alpha)
        return f"yuv{alpha}420p"
    luma, chroma = parts[0], parts[1]
    wide, tall = luma.width <= chroma.width, luma.height <= chroma.height
    sampling = "444" if wide else ("422" if tall else "420")
    if orientation.transposed and sampling == "422":
        sampling = "444"  # a transposed 4:2:2 is 4:4:0, which WebCodecs cannot say
    hdr = tags.transfer in ("pq", "hlg") and not alpha
    full = "j" if name.startswith("yuvj") and not alpha else ""
    return f"yuv{full}{alpha}{sampling}p{'10le' if hdr else ''}"


def has_alpha(frame: VideoFrame) -> bool:
    """Tell whether a decoded frame has an alpha channel, or a palette with one."""
    return frame.format.has_palette or any(part.is_alpha for part in frame.format.components)


def _upright_planes(frame: VideoFrame, orientation: Orientation) -> list[bytes]:
    pieces = []
    for plane, (width, height, pixel_bytes) in zip(frame.planes, _plane_shapes(frame), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * height]
        pixels = rows.reshape(height, plane.line_size)[:, : width * pixel_bytes]
        if orientation != UPRIGHT:
            pixels = turned(pixels.reshape(height, width, pixel_bytes), orientation)
        pieces.append(pixels.tobytes())
    return pieces


def _plane_shapes(frame: VideoFrame) -> list[tuple[int, int, int]]:
    """Return width, height and bytes per pixel of each plane."""
    if not frame.format.is_planar:
        return [(frame.width, frame.height, 4)]
    parts = frame.format.components
    return [(part.width, part.height, (part.bits + 7) // 8) for part in parts]


def turned(pixels: npt.NDArray[np.uint8], orientation: Orientation) -> npt.NDArray[np.uint8]:
    """Turn stored pixels, height × width × bytes, upright."""
    if orientation.transposed:
        pixels = pixels.transpose(1, 0, 2)
    if orientation.flip_rows:
        pixels = pixels[::-1]
    if orientation.flip_columns:
        pixels = pixels[:, ::-1]
    return pixels


def encode_png(frame: SourceFrame) -> bytes:
    """Encode an RGB frame as PNG, quickly: it goes no further than the page."""
    pixels = np.frombuffer(frame.planes, np.uint8).reshape(frame.height, frame.width, 4)
    if frame.format.startswith("BGR"):
        pixels = pixels[..., [2, 1, 0, 3]]
    if frame.format.endswith("X"):
        pixels = np.dstack([pixels[..., :3], np.full(pixels.shape[:2], 255, np.uint8)])
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101 (create() is typed for any codec)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgba"
    encoder.time_base = Fraction(1)
    encoder.options = {"compression_level": "1", "pred": "none"}
    picture = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgba")
    return b"".join(bytes(packet) for packet in encoder.encode(picture))
