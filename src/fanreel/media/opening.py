"""
Open a media file safely: local bytes only, known containers only, named errors.

A project's media files come from anywhere. libav would follow a playlist to other files or to the
network (HLS, DASH, ffconcat, SDP), so only containers that hold their own data may be opened, and
only the `file` protocol may be used.
"""

from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError

from fanreel.errors import AssetNotFound, MediaUnreadable, NotMedia
from fanreel.media.blocks import BlockFile
from fanreel.media.time_limit import timed

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,mxf,ogg,ivf,obu,"
    "h264,hevc,m4v,gif,apng,webp_pipe,png_pipe,jpeg_pipe,wav,w64,aiff,caf,au,mp3,aac,ac3,eac3,"
    "flac,amr"
)
"""libav demuxers that read nothing but the bytes of the file itself."""

MAX_PIXELS = 8192 * 8192
"""Of one picture; in RGBA that is 256 MiB, and a header may promise any size."""

_HEAD_BYTES = 4096
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\x1b")
_SIGNATURES = (
    (0, b"\x1aE\xdf\xa3"),  # matroska, webm
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (0, b"OggS"),
    (0, b"RIFF"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"GIF8"),
    (0, b"\x89PNG"),
    (0, b"FLV\x01"),
)
_TEXTS = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b"<svg", "an SVG drawing"),
    (b"#extm3u", "an HLS playlist, which names other files"),
    (b"ffconcat", "an ffconcat list, which names other files"),
    (b"version https://git-lfs", "a Git LFS pointer; fetch the file itself with `git lfs pull`"),
    (b"v=0", "an SDP session description"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)


def open_media(path: Path, blocks: BlockFile | None = None) -> InputContainer:
    """
    Open *path* for demuxing; the caller closes it.

    Args:
        path: A file, or the folder of its blocks (`media/blocks.py`).
        blocks: The same, to be read through; None opens it.

    Raises:
        AssetNotFound: There is no such file.
        NotMedia: The bytes are text, empty, or of a kind nobody knows. Terminal.
        MediaUnreadable: They look like media, but libav cannot open them. Terminal.
    """
    in_blocks = path.is_dir()
    if not in_blocks:
        _refuse_what_is_not_media(path)
    elif blocks is None:
        blocks = BlockFile(path)
    if blocks is not None:
        blocks.seek(0)
    # `file:` keeps a name such as `concat:a|b` from being read as a protocol.
    source: Any = f"file:{path.absolute()}" if blocks is None else blocks
    try:
        with timed(path):
            container: InputContainer = av.open(
                source,
                options={
                    "protocol_whitelist": "file",
                    "format_whitelist": CONTAINERS,
                    # Of the pictures that are decoded to find out what a stream holds.
                    "max_pixels": str(MAX_PIXELS),
                },
                metadata_errors="ignore",
            )
    except FFmpegError as exc:
        if in_blocks or _has_signature(path):
            raise unreadable(path, "it is damaged or cut short", exc) from exc
        raise NotMedia(
            f"{path.name} is not a media file fanreel can read ({exc.strerror}); "
            "replace it with a video, sound or image file",
            path=str(path),
        ) from exc
    _bound_pictures(path, container)
    return container


def _bound_pictures(path: Path, container: InputContainer) -> None:
    """Refuse pictures that would take all memory, by the header or, where it lies, the decoder."""
    for stream in container.streams.video:
        context = stream.codec_context
        if context is None:
            continue
        if context.width * context.height > MAX_PIXELS:
            container.close()
            raise unreadable(
                path,
                f"its pictures are {context.width} x {context.height} pixels, at most 8192 x 8192 "
                "(or as many) are read; scale it down",
            )
        context.options = {**context.options, "max_pixels": str(MAX_PIXELS)}


def unreadable(path: Path, why: str, exc: BaseException | None = None) -> MediaUnreadable:
    """Make the error for a media file that cannot be decoded."""
    detail = f" (libav: {getattr(exc, 'strerror', None) or exc})" if exc else ""
    return MediaUnreadable(
        f"{path.name} cannot be decoded: {why}{detail}; export it again", path=str(path)
    )


def _refuse_what_is_not_media(path: Path) -> None:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # A pipe or a device may never end, or never begin.
            raise NotMedia(
                f"{path.name} is not a file but a pipe or a device; give a media file",
                path=str(path),
            )
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (FileNotFoundError, IsADirectoryError) as exc:
        raise AssetNotFound(f"there is no media file {path}", path=str(path)) from exc
    except OSError as exc:
        raise unreadable(path, "the file cannot be read", exc) from exc
    found = _name_text(head)
    if found:
        raise NotMedia(
            f"{path.name} is not media: it holds {found}. "
            "Often a download saved an error page under a media name.",
            path=str(path),
            found=found,
        )


def _name_text(head: bytes) -> str | None:
    """Say what a file that begins with *head* holds, if it is text or nothing at all."""
    if not head:
        return "nothing (0 bytes)"
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head):  # noqa: PLR2004 (ASCII space)
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for prefix, name in _TEXTS:
        if start.startswith(prefix):
            return name
    quote = start[:40].decode("utf-8", "replace")
    # Media may begin without control bytes by chance; text does not hold bytes outside UTF-8.
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as exc:
        return None if exc.start < len(head) - 4 else f"text ({quote!r})"
    return f"text ({quote!r})"


def _has_signature(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(16)
    return any(head[at : at + len(sign)] == sign for at, sign in _SIGNATURES)
