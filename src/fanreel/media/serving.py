"""
The frames a page asks for: from output frame numbers to bytes a `VideoFrame` is made of.

Measured on 2 cores at 1080p, from the server to a painted canvas, CPU per frame: I420 handed to
`VideoFrame` by transfer 40 ms, through `ImageBitmap` 48, RGBA 70, `putImageData` 65; most of it
is Chromium receiving the bytes, so fewer bytes win and equal frames are not sent again.
"""

import json
import struct
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from fanreel.errors import RenderError
from fanreel.files.plan_dir import Composition, MediaClip
from fanreel.files.site_files import SiteFiles
from fanreel.media.animated import play_count
from fanreel.media.cache import FrameCache, source_key
from fanreel.media.cache_entries import CachedSource
from fanreel.media.colour import SourceFrame, encode_png
from fanreel.media.frames import VideoSource
from fanreel.media.presentation import Presentation
from fanreel.media.probe import probe
from fanreel.media.replies import BINARY, TEXT, Reply
from fanreel.timing.timeline import frame_time

_HEADER_BYTES = 508
# One decoder for each place where a file is being played at the same time.
_MOST_SOURCES = 4
# Decoding these costs less than writing their planes, so keeping them would only pay from the
# third render on. At 720p, decode / write / read in ms of CPU: Motion JPEG 1.8 / 3.3 / 0.2, but
# H.264 4.4 / 2.2 / 0.1, HEVC 10 bit 5.0 / 2.7 / 0.2, VP9 5.8 / 2.7 / 0.1, ProRes 11 / 4 / 0.2,
# ProRes 4444 22 / 5 / 0.4 (bench/extraction.py).
_CHEAP_CODECS = frozenset({"mjpeg", "rawvideo", "v210", "qtrle", "gif", "apng", "png", "webp"})
# What other clips of the same file are likely to ask for next: 8 frames of 1080p I420.
_KEPT_BYTES = 25 * 2**20


def source_time(
    clip: MediaClip, time_s: Fraction, source_s: Fraction | None, plays: int | None = 1
) -> Fraction:
    """
    Return the time in the source that *clip* shows at *time_s* of the root timeline.

    Args:
        clip: Where and how fast the source plays.
        time_s: Before the clip starts, its first moment counts.
        source_s: Length of the source; needed to loop.
        plays: How often an animated image plays; None: for ever.
    """
    passed = clip.passed_s(time_s)
    if clip.kind != "image":
        plays = None if clip.loop else 1
    if not source_s or plays == 1:
        return clip.offset_s + passed
    # A loop comes back to the clip's in-point, not to the start of the file.
    lap = source_s - clip.offset_s if clip.offset_s < source_s else source_s
    if plays is not None and passed >= lap * plays:
        return source_s
    return clip.offset_s % source_s + passed % lap


class FrameFeed:
    """
    Gives each media clip's picture at each frame, while open; thread-safe.

    A file that several clips show is decoded once where they show the same stretch.

    Args:
        plan_dir: As written by `plan()`; only read.
        composition: Its resolved timeline.
        cache: Where decoded frames are kept for the next render; None: nowhere.
        keep_hdr: Give pictures of HDR videos as layers; they are not cached.
    """

    def __init__(
        self,
        plan_dir: Path,
        composition: Composition,
        cache: FrameCache | None = None,
        *,
        keep_hdr: bool = False,
    ) -> None:
        cache = None if keep_hdr else cache
        self._fps, self._cache = composition.fps, cache
        self._all_clips = composition.media
        self._clips = {clip.key: clip for clip in composition.media if clip.shown}
        self._sources = {
            clip.path: _SharedSource(
                plan_dir / clip.path, None if clip.kind == "image" else cache, keep_hdr=keep_hdr
            )
            for clip in self._clips.values()
        }
        self.failure: RenderError | None = None
        """What went wrong first with a source; the page is told too."""
        self.spent_s = 0.0
        """On pictures in all; those of several clips at once count each."""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._cache is not None and self._sources:
            self._cache.sweep()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for source in self._sources.values():
            source.close()
        if self._cache is not None and self._sources:
            self._cache.sweep()

    def reply(self, path: str) -> Reply | None:
        """
        Answer `frame/<key>/<frame>[/<index the page already shows>]` and `info/<source>`.

        Returns:
            200 with `encode_frame()`'s bytes or the facts of a source; 204 if the page already
            shows that picture; 500 with the reason if the source is broken; None if there is no
            such clip or source.
        """
        kind, _, rest = path.partition("/")
        if kind == "info":
            return self._info(rest)
        key, _, numbers = rest.partition("/")
        frame, _, shown = numbers.partition("/")
        if kind != "frame" or key not in self._clips or not frame.isdecimal():
            return None
        begun_s = time.perf_counter()
        try:
            picture = self._picture(key, int(frame), int(shown) if shown.isdecimal() else None)
        except RenderError as exc:
            self.failure = self.failure or exc
            return 500, TEXT, str(exc).encode()
        finally:
            with self._lock:
                self.spent_s += time.perf_counter() - begun_s
        return (204, BINARY, b"") if picture is None else (200, BINARY, picture)

    def frame(self, key: str, frame: int) -> bytes:
        """
        Return what clip *key* shows at *frame* of the composition.

        Raises:
            KeyError: No clip with a picture has this key.
            MediaUnreadable: The source is damaged. Terminal.
        """
        picture = self._picture(key, frame, None)
        assert picture is not None  # noqa: S101 (None only means: the one you named)
        return picture

    def _info(self, source: str) -> Reply | None:
        clip = next((clip for clip in self._all_clips if clip.src == source), None)
        return info_reply(clip.source_s, clip.width, clip.height) if clip else None

    def _picture(self, key: str, frame: int, shown: int | None) -> bytes | None:
        clip = self._clips[key]
        return self._sources[clip.path].picture(clip, frame_time(frame, self._fps), shown)


class ProbeFeed:
    """
    Tells the planner's page what its sources are, before there is a plan.

    Args:
        files: Of the project; only read.
    """

    def __init__(self, files: SiteFiles) -> None:
        self._files = files
        self._known: dict[str, Reply | None] = {}

    def reply(self, path: str) -> Reply | None:
        """Answer `info/<source>`; None for what is no media file of the project."""
        kind, _, source = path.partition("/")
        if kind != "info":
            return None
        if source not in self._known:
            self._known[source] = self._info(source)
        return self._known[source]

    def _info(self, source: str) -> Reply | None:
        file = self._files.locate_url(source)
        if file is None:
            return None
        try:
            info = probe(file)
        except RenderError:
            return None  # the planner says so, naming the element
        return info_reply(info.duration_s, info.width, info.height)


def info_reply(duration_s: Fraction | None, width: int, height: int) -> Reply:
    """Return the facts about a source that a player would know."""
    seconds = None if duration_s is None else float(duration_s)
    body = json.dumps({"durationS": seconds, "width": width, "height": height})
    return 200, "application/json", body.encode()


def encode_frame(frame: SourceFrame, *, as_image: bool = False) -> bytes:
    """
    Encode a frame for the page.

    Layout: header length (4 bytes, little endian), header (JSON, padded with spaces to 508 bytes,
    so that frames of a source are of one length and planes begin aligned), planes; or a PNG file
    for the frame of an image.
    """
    body = encode_png(frame) if as_image else frame.planes
    header = json.dumps(
        {
            "index": frame.index,
            "format": frame.format,
            "width": frame.width,
            "height": frame.height,
            "displayWidth": frame.display_width,
            "displayHeight": frame.display_height,
            "colorSpace": frame.colour.to_json(),
            "layers": frame.layers,
        }
    )
    padded = header.ljust(_HEADER_BYTES).encode()
    return b"".join((struct.pack("<I", len(padded)), padded, body))


@dataclass(slots=True)
class _Player:
    """A decoder, and the clip that moved it last."""

    source: VideoSource
    clip_key: str


class _SharedSource:
    """One file, played at several places at once by a bounded number of decoders."""

    def __init__(self, path: Path, cache: FrameCache | None, *, keep_hdr: bool = False) -> None:
        self._path, self._cache, self._keep_hdr = path, cache, keep_hdr
        self._lock = threading.Lock()
        self._players: list[_Player] = []  # the one used last is the last
        self._presentation: Presentation | None = None
        self._cached: CachedSource | None = None
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._length: tuple[Fraction | None, int | None] | None = None

    def picture(self, clip: MediaClip, time_s: Fraction, shown: int | None) -> bytes | None:
        """Return the encoded picture of *clip* at *time_s*; None if it is number *shown*."""
        with self._lock:
            presentation = self._presentation or self._begin(clip)
            lap = self._lap(clip, presentation)
            index = presentation.index_at(source_time(clip, time_s, *lap))
            if index == shown:
                return None
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
            encoded = self._encoded(clip, index, presentation)
            self._keep(index, encoded)
            return encoded

    def close(self) -> None:
        with self._lock:
            if self._cached is not None:
                self._cached.close()
                self._cached = None
            for player in self._players:
                player.source.close()
            self._players.clear()
            self._kept.clear()

    def _begin(self, clip: MediaClip) -> Presentation:
        """Find out when the frames are shown: from the cache, or by reading the file."""
        if self._cache is not None:
            key = self._cache.attempt("a source cannot be read", lambda: source_key(self._path))
            self._cached = CachedSource(self._cache, key) if key else None
            self._presentation = self._cached.presentation() if self._cached else None
        if self._presentation is None:
            source = VideoSource(self._path, keep_hdr=self._keep_hdr)
            self._players.append(_Player(source, clip.key))
            self._presentation = source.presentation
            if source.codec in _CHEAP_CODECS:
                self._cached = None
            elif self._cached is not None:
                self._cached.keep_presentation(source.presentation)
        return self._presentation

    def _encoded(self, clip: MediaClip, index: int, presentation: Presentation) -> bytes:
        encoded = self._cached.read(index) if self._cached is not None else None
        if encoded is None:
            is_image = clip.kind == "image"
            player = self._player_for(clip.key, index, presentation)
            encoded = encode_frame(player.source.frame(index, as_rgb=is_image), as_image=is_image)
            if self._cached is not None:
                self._cached.keep(index, encoded)
        return encoded

    def _lap(
        self, clip: MediaClip, presentation: Presentation
    ) -> tuple[Fraction | None, int | None]:
        """Return length and number of plays, for clips that come round."""
        if clip.kind != "image" and not clip.loop:
            return None, 1
        if self._length is None:
            if clip.kind == "image":
                self._length = (presentation.end_s, play_count(self._path))
            else:
                self._length = (clip.source_s or probe(self._path).duration_s, None)
        return self._length

    def _player_for(self, clip_key: str, index: int, presentation: Presentation) -> _Player:
        near = [(p.source.forward_cost(index), n) for n, p in enumerate(self._players)]
        reachable = [(cost, n) for cost, n in near if cost is not None]
        own = [n for n, p in enumerate(self._players) if p.clip_key == clip_key]
        if reachable:
            number = min(reachable)[1]
        elif own:
            number = own[-1]
        elif len(self._players) < _MOST_SOURCES:
            source = VideoSource(self._path, presentation, keep_hdr=self._keep_hdr)
            self._players.append(_Player(source, clip_key))
            number = len(self._players) - 1
        else:
            number = 0
        player = self._players.pop(number)
        player.clip_key = clip_key
        self._players.append(player)
        return player

    def _keep(self, index: int, encoded: bytes) -> None:
        self._kept[index] = encoded
        self._kept_bytes += len(encoded)
        while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)
