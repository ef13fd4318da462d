"""What is refused before any decoder sees it."""

import resource
import struct
import zlib
from pathlib import Path

import pytest

from fanreel.errors import AssetNotFound, MediaUnreadable, NotMedia
from fanreel.media.opening import open_media
from fanreel.media.probe import probe


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "nothing (0 bytes)"),
        (b"<!DOCTYPE html><title>404 Not Found</title>", "an HTML page"),
        (b"\xef\xbb\xbf\n <HTML><body>502</body>", "an HTML page"),
        (b'{"error": "expired"}', "JSON"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "an HLS playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "an ffconcat list"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer"),
        ("Zugriff verweigert: für Sie nicht".encode(), "text ('zugriff"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "an SDP"),
    ],
)
def test_text_is_not_media(tmp_path: Path, content: bytes, found: str) -> None:
    """The message names the file and says what it holds."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(NotMedia) as error:
        open_media(path)
    assert "clip.mp4" in str(error.value)
    assert found in str(error.value)


def test_bytes_of_no_known_kind_are_not_media(tmp_path: Path) -> None:
    """Neither text nor any container."""
    path = tmp_path / "noise.mp4"
    path.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(NotMedia, match=r"noise\.mp4"):
        open_media(path)


def test_a_missing_file_is_an_asset_not_found(tmp_path: Path) -> None:
    """Not a decoder's error."""
    with pytest.raises(AssetNotFound, match=r"gone\.mp4"):
        open_media(tmp_path / "gone.mp4")


def png(width: int, height: int) -> bytes:
    """Return a PNG whose header promises this size, with one row of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    row = zlib.compress(bytes(1 + 4 * width))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def test_a_header_that_promises_gigabytes_is_refused(tmp_path: Path) -> None:
    """Before the decoder takes memory for it: 30,000 pixels a side are 3.6 GB."""
    huge, small = tmp_path / "huge.png", tmp_path / "small.png"
    huge.write_bytes(png(30_000, 30_000))
    small.write_bytes(png(16, 1))
    assert probe(small).width == 16
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MediaUnreadable, match=r"huge\.png"):
        probe(huge)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_picture_that_ends_in_its_head_is_none(tmp_path: Path) -> None:
    """Before the byte that says whether a WebP file moves."""
    path = tmp_path / "sticker.webp"
    path.write_bytes(b"RIFF\xdcd\0\0WEBPVP8XWFE")
    with pytest.raises((MediaUnreadable, NotMedia)):
        probe(path)
