"""
Every output format as a row of one table: its files, its sound, what its pictures can hold.

Nothing else lists formats. What an encoder is given for each is in `encode/encoders.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Format = Literal["mp4", "mov", "png-sequence", "webm", "gif", "wav", "m4a", "mp3"]
Codec = Literal["h264", "h265"]

PACKED = ".tar"
"""What holds a directory of frames where only files can be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpec:
    """One output format; container names are libav muxers."""

    extension: str
    """Of the finished file; for `png-sequence` it is a directory."""
    container: str
    """Empty where there is none."""
    segment_extension: str
    segment_container: str
    codecs: tuple[Codec, ...] = ()
    """What a caller may choose between, the usual one first; empty where there is one only."""
    pictures: bool = True
    """There are any; a sound alone is mixed while planning, and has no segments."""
    rated: bool = False
    """The encoder takes a crf or a bitrate; ProRes, GIF and PNG have one quality each."""
    alpha: bool = True
    """Transparency is kept."""
    hdr: bool = False
    """There is a form of it in BT.2020 and HLG."""
    even_size: bool = False
    """Width and height have to be even, because chroma has half of each."""
    audio_codec: str | None
    audio_extension: str
    """Of the plan's `audio.<ext>`."""
    one_process_px: int | None = None
    """
    Pixels of all frames that the one process which assembles can encode in time and room, where
    segments are not just joined; many machines make nothing larger.
    """

    @property
    def is_directory(self) -> bool:
        """The finished thing is a directory of frames."""
        return not self.container

    @property
    def joins_packets(self) -> bool:
        """The finished thing holds the very packets of its segments."""
        return bool(self.container) and self.container == self.segment_container

    @property
    def stored_extension(self) -> str:
        """Of the finished file in a bucket."""
        return self.extension or PACKED

    @property
    def stored_segment_extension(self) -> str:
        """Of a segment in a bucket."""
        return self.segment_extension or PACKED


def _sound(extension: str, container: str, codec: str) -> FormatSpec:
    return FormatSpec(
        extension=extension,
        container=container,
        segment_extension="",
        segment_container="",
        pictures=False,
        alpha=False,
        audio_codec=codec,
        audio_extension=extension,
    )


FORMATS: Mapping[str, FormatSpec] = {
    "mp4": FormatSpec(
        extension=".mp4",
        container="mp4",
        segment_extension=".mp4",
        segment_container="mp4",
        codecs=("h264", "h265"),
        rated=True,
        alpha=False,
        hdr=True,
        even_size=True,
        audio_codec="aac",
        audio_extension=".m4a",
    ),
    "mov": FormatSpec(
        extension=".mov",
        container="mov",
        segment_extension=".mov",
        segment_container="mov",
        audio_codec="pcm_s16le",
        audio_extension=".wav",
    ),
    "webm": FormatSpec(
        extension=".webm",
        container="webm",
        segment_extension=".webm",
        segment_container="webm",
        rated=True,
        audio_codec="libopus",
        audio_extension=".webm",
    ),
    "gif": FormatSpec(
        extension=".gif",
        container="gif",
        segment_extension=".mov",
        segment_container="mov",
        audio_codec=None,
        audio_extension="",
        # A minute of 640 x 360 at 30 frames/s has a fifth of it. Finding the palette and colouring
        # takes up to 0.3 s of CPU for a million.
        one_process_px=2_000_000_000,
    ),
    "png-sequence": FormatSpec(
        extension="",
        container="",
        segment_extension="",
        segment_container="",
        audio_codec="pcm_s16le",
        audio_extension=".wav",
    ),
    "wav": _sound(".wav", "wav", "pcm_s16le"),
    "m4a": _sound(".m4a", "ipod", "aac"),
    "mp3": _sound(".mp3", "mp3", "libmp3lame"),
}
