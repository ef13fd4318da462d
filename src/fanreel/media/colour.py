"""
Decoded frames as planes that Chromium's `VideoFrame` takes, tagged as Chromium would tag them.

Nothing is converted to RGB here: the page's canvas does that with the code that draws `<video>`,
so the colours are the browser's own. What WebCodecs has no name for is brought to the nearest
format that loses nothing visible.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from fanreel.media.orientation import UPRIGHT, Orientation, displayed_size, turned

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
