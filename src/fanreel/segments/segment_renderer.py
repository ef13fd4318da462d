"""Segments of a plan, rendered: frames of a page session into one encoded file each."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy as np

from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import Layout, session_spec
from fanreel.encode.mark import SegmentMark
from fanreel.encode.segment import SegmentWriter
from fanreel.errors import AssetNotInPlan, BrowserCrashed, CaptureTimeout, RenderError
from fanreel.files.plan_dir import RECORDED_DIR, SITE_DIR
from fanreel.files.plan_reading import read_recorded
from fanreel.fonts.frozen import PlannedFonts
from fanreel.media.cache import FrameCache
from fanreel.media.serving import FrameFeed
from fanreel.network.outside import Replayer
from fanreel.network.site import SiteRequest
from fanreel.page.config import rendering_config
from fanreel.segments.exposure import Picture, exposure_for
from fanreel.segments.looks import LookWriter
from fanreel.segments.times import SegmentTimes, TimesNoted
from fanreel.segments.verification import VerifiedPlan

# Besides the one being captured and the one being encoded.
_WAITING = 1
_ATTEMPTS = 2
# Counted from the segment's start, so that every segment sees it at the same frames.
_FRAMES_PER_RELIEF = 32
_HAND_OVER_POLL_S = 1.0
# Whatever a page, its browser or the way to it pile up in long films is let go. A new browser takes
# a second.
_FRAMES_PER_BROWSER = 2400
# A frame takes milliseconds; whoever gives up on a segment does not wait out a page that hangs.
_LAST_FRAME_S = 2.0

Converted = TypeVar("Converted")


class SegmentRenderer:
    """
    Renders segments of one plan; owns the page session, and replaces it when it breaks or gets old.

    Args:
        plan: Verified.
        temp_dir: For the browser's profile and screen.
        session: An entered session of the plan's size and engine, started ahead of time; whoever
            entered it closes it. None, or its failure, makes the renderer start its own.
        cache: Where frames of videos are kept for the next render; None: nowhere.
        looks: Whether small pictures are left beside segments while they are rendered.
    """

    def __init__(
        self,
        plan: VerifiedPlan,
        temp_dir: Path,
        session: PageSession | None = None,
        cache: FrameCache | None = None,
        *,
        looks: bool = False,
    ) -> None:
        self._looks = looks and not plan.locked.hdr
        self._plan, self._temp_dir, self._cache = plan, temp_dir, cache
        self._session = session
        composition = plan.composition
        self._spec = (
            session.spec
            if session
            else session_spec(composition.width, composition.height, plan.locked)
        )
        self._own_session = contextlib.ExitStack()
        self._frames_rendered = 0
        self._loaded = False
        self._replayer = Replayer([], plan.plan_dir)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._feed = self._stack.enter_context(
            FrameFeed(
                self._plan.plan_dir,
                self._plan.composition,
                self._cache,
                keep_hdr=self._plan.locked.hdr,
            )
        )
        self._stack.callback(self._close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def adopt(self, session: contextlib.ExitStack) -> None:
        """Own the session that was started ahead of time: what closes it is *session*."""
        self._own_session = session

    def render(
        self, start_frame: int, end_frame: int, path: Path, heartbeat: Callable[[int], None]
    ) -> SegmentTimes:
        """
        Write frames `[start_frame, end_frame)` to *path* as one segment; tell where the time went.

        Args:
            start_frame: Of the output timeline.
            end_frame: Half-open.
            path: Appears whole or not at all.
            heartbeat: Called with the frames of this segment done; what it raises ends it.
        Raises:
            BrowserCrashed, CaptureTimeout: Also with a fresh browser. Retryable.
            AssetNotInPlan: The page asked for what was not recorded. Terminal.
            MediaUnreadable: A source cannot be decoded where the frame needs it. Terminal.
        """
        if self._frames_rendered >= _FRAMES_PER_BROWSER:
            self._close()
        attempt = 0
        while True:
            attempt += 1
            try:
                times = self._render_once(start_frame, end_frame, path, heartbeat)
            except RenderError as exc:
                if self._feed.failure is not None:
                    # What the page made of a frame it did not get says less than why it did not.
                    raise self._feed.failure from exc
                if not isinstance(exc, BrowserCrashed | CaptureTimeout):
                    raise
                self._abandon()
                if attempt == _ATTEMPTS:
                    raise
            else:
                self._frames_rendered += end_frame - start_frame
                return times

    def capture(self, frames: Sequence[int]) -> Iterator[Picture]:
        """
        Return the pictures of *frames* of the output timeline, from a freshly opened page.

        Each picture is `height × width × 4`, 8 bit; of a plan for HDR it is `height × width × 3`,
        HLG in 16 bits.
        """
        return self._shoot(frames, np.array, TimesNoted())

    def _shoot(
        self,
        frames: Sequence[int],
        convert: Callable[[Picture], Converted],
        noted: TimesNoted,
    ) -> Iterator[Converted]:
        """Yield what *convert*, on the session's thread, makes of each picture while it is here."""
        session = self._open_session()
        session.open()
        first = self._plan.composition.first_frame
        if self._plan.composition.stepped and frames:
            session.pass_through(range(first + frames[0]))
        shows_media = any(clip.shown for clip in self._plan.composition.media)
        relief = _FRAMES_PER_RELIEF if shows_media else len(frames)
        take = exposure_for(session, hdr=self._plan.locked.hdr)
        wanted = [first + frame for frame in frames]
        pictures = session.pictures
        last: list[Converted] = []

        def taken(frame: int) -> Converted:
            begun_s, decode_s = time.perf_counter(), self._feed.spent_s
            raster_s = pictures.raster_s
            picture = take(frame)
            shown_s = time.perf_counter()
            if not (last and pictures.is_unchanged):
                last[:] = [convert(picture)]
            noted.frame(
                begun_s,
                shown_s,
                self._feed.spent_s - decode_s,
                pictures.raster_s - raster_s,
            )
            return last[0]

        with _FrameQueue(session, taken, wanted, relief) as queued:
            yield from queued
        if self._feed.failure is not None:
            raise self._feed.failure
        self._check_network()

    @property
    def pixels(self) -> Layout:
        """Layout of captured pictures."""
        return self._spec.layout

    def _render_once(
        self, start_frame: int, end_frame: int, path: Path, heartbeat: Callable[[int], None]
    ) -> SegmentTimes:
        plan, noted = self._plan, TimesNoted()
        mark = SegmentMark(plan_hash=plan.manifest.plan_hash, start_frame=start_frame)
        session = self._open_session()
        look = LookWriter(path, is_blue_first=session.pixels != "rgba") if self._looks else None

        def convert(picture: Picture) -> Any:
            if look is not None:
                look.take(picture)
            return writer.convert(picture)

        with (
            contextlib.closing(look) if look else contextlib.nullcontext(),
            SegmentWriter(
                path, plan.locked, plan.manifest.fps, pixels=session.pixels, mark=mark
            ) as writer,
            # Converted straight from the screen: a copy of it would be 8.3 MB a frame at 1080p.
            contextlib.closing(
                self._shoot(range(start_frame, end_frame), convert, noted)  # type: ignore[type-var]
            ) as frames,
        ):
            for frame in frames:
                begun_s = time.perf_counter()
                writer.write(frame)
                noted.encoded(begun_s)
                heartbeat(writer.frames)
        return noted.times

    def _open_session(self) -> PageSession:
        if self._session is None:
            self._session = self._own_session.enter_context(PageSession(self._spec, self._temp_dir))
            self._loaded = False
        if not self._loaded:
            plan_dir = self._plan.plan_dir
            self._replayer = Replayer(
                read_recorded(plan_dir), plan_dir / RECORDED_DIR, self._plan.composition.refused
            )
            fonts = PlannedFonts(plan_dir, self._replayer.missing.append)
            self._session.load(
                PageLoad(
                    root_dir=plan_dir / SITE_DIR,
                    entry_file=self._plan.composition.entry_file,
                    project_path=self._plan.composition.project_path,
                    page_config=rendering_config(self._plan.composition) | fonts.page_config(),
                    network=self._replayer,
                    own=lambda path: fonts.reply(path) or self._feed.reply(path),
                    on_request=self._note_request,
                )
            )
            if self._plan.locked.webgl:
                self._session.page.verify_software_gl()
            self._loaded = True
        return self._session

    def _close(self) -> None:
        """Leave the session; take it down if it is the renderer's own."""
        self._session, self._frames_rendered = None, 0
        self._own_session.close()

    def _abandon(self) -> None:
        """Leave a session whose browser crashed or hangs: closing would wait for it in vain."""
        if self._session is not None:
            self._session.browser.kill()
        self._close()

    def _note_request(self, request: SiteRequest) -> None:
        if not request.found and request.path not in self._plan.composition.absent:
            self._replayer.missing.append(request.path)

    def _check_network(self) -> None:
        if self._replayer.missing:
            urls = sorted(set(self._replayer.missing))
            raise AssetNotInPlan(
                f"the page asked for {', '.join(urls[:3])}, which the plan did not record; make "
                "the request not depend on the frame, or put the file into the project",
                urls=urls,
            )


class _FrameQueue(Generic[Converted]):
    """
    Pictures from the session's thread to the caller's.

    While one frame is encoded the next is captured; the hand-over is bounded.
    """

    def __init__(
        self,
        session: PageSession,
        take: Callable[[int], Converted],
        frames: Sequence[int],
        frames_per_relief: int,
    ) -> None:
        self._session, self._take, self._frames = session, take, frames
        self._frames_per_relief = frames_per_relief
        self._full: queue.Queue[Converted | BaseException | None] = queue.Queue(_WAITING)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._capture, name="fanreel-capture", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join(_LAST_FRAME_S)
        if self._thread.is_alive():
            self._session.browser.kill()
            self._thread.join()

    def __iter__(self) -> Iterator[Converted]:
        while (item := self._full.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _capture(self) -> None:
        try:
            for count, frame in enumerate(self._frames):
                if count and count % self._frames_per_relief == 0:
                    self._session.relieve_memory()
                if not self._hand_over(self._take(frame)):
                    return
        except BaseException as exc:  # noqa: BLE001 (handed to the thread that waits)
            self._hand_over(exc)
        else:
            self._hand_over(None)

    def _hand_over(self, item: Converted | BaseException | None) -> bool:
        """Wait for room; False when nobody waits for the item any more."""
        while not self._ended.is_set():
            with contextlib.suppress(queue.Full):
                self._full.put(item, timeout=_HAND_OVER_POLL_S)
                return True
        return False
