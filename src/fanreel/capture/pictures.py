"""Pictures of a page, from the call that puts it to a frame to the pixels on the screen."""

import time
from typing import Protocol

import numpy as np

from fanreel.capture.backdrop import Backdrop
from fanreel.capture.page_calls import PageCalls
from fanreel.capture.session_specs import Pixels, SessionSpec
from fanreel.errors import CaptureTimeout, RenderError


class Grabber(Protocol):
    """One way of getting the picture that is on the screen."""

    def grab(self, serial: int) -> Pixels:
        """Return picture number *serial*, `height × width × 4`; it may be gone with the next."""

    def png(self) -> bytes:
        """Return the picture there is now, for a person to look at."""


class Pictures:
    """
    Takes the pictures of a session's page, one after the other.

    Args:
        page: Is put to frames.
        grabber: Reads the screen it is on.
        spec: What transparency is read with.
    Attributes:
        is_unchanged: The last picture is known to be the one before; not every session can tell.
        raster_s: Waited in all for pictures to be on the screen.
    """

    def __init__(self, page: PageCalls, grabber: Grabber, spec: SessionSpec) -> None:
        self._page, self._grabber = page, grabber
        self._serial = 0
        self.is_unchanged = False
        self.raster_s = 0.0
        # Something was scaled since transparency was last read.
        self._is_stretched = True
        self._backdrop = (
            Backdrop(*spec.pixel_size, spec.device_scale_factor) if spec.layout == "bgra" else None
        )

    def rebuild(self) -> None:
        """Begin anew, for another page."""
        if self._backdrop:
            self._backdrop.rebuild()

    def prepare(self) -> None:
        """Put behind a page that is open what its transparency is read by."""
        if self._backdrop:
            self._backdrop.forget()
            backing = "style => __fanreelShell.showCells(style)"
            self._page.evaluate(backing, self._backdrop.style(), "preparing what is behind it")

    def look(self, frame: int) -> Pixels:
        """
        Put the page to *frame* and give its picture, `height × width × 4` device pixels.

        It is what is on the screen: once the page is put to another frame, it is gone.
        """
        self._serial += 1
        scaled = self._page.evaluate(
            "([frame, serial]) => __fanreelShell.seek(frame, serial)",
            [frame, self._serial],
            f"frame {frame}",
        )
        self._is_stretched |= bool(scaled)
        picture = self._grab(self._serial, frame)
        return self._over(self._backdrop, picture, frame) if self._backdrop else picture

    def _over(self, backdrop: Backdrop, shown: Pixels, frame: int) -> Pixels:
        cells = backdrop.changed(shown)
        self.is_unchanged = not cells
        if cells and self._is_stretched:
            # A layer that is scaled is on the screen at once, stretched from an earlier size, and
            # drawn anew with a later picture. That may be any of the two that are put together.
            shown = self._turned([], frame)
            cells = backdrop.changed(shown)
            self._is_stretched = False
        if cells:
            backdrop.look(shown, cells)
            backdrop.finish(self._turned(cells, frame), cells)
        return backdrop.picture

    def _turned(self, cells: list[int], frame: int) -> Pixels:
        self._serial += 1
        turning = "([cells, serial]) => __fanreelShell.turnCells(cells, serial)"
        self._page.evaluate(turning, [cells, self._serial], f"frame {frame}")
        return self._grab(self._serial, frame)

    def capture(self, frame: int, into: Pixels) -> None:
        """Put the page to *frame* and copy its picture, `height × width × 4` device pixels."""
        np.copyto(into, self.look(frame))

    def capture_layer(self, layer: str, frame: int, into: Pixels) -> bool:
        """
        Copy the picture once more, with a layer in the place of HDR videos; see page/layers.js.

        Args:
            layer: `white`, `high` or `low`; after `capture()` it is `black`.
            frame: Where the page stands, for messages.
            into: As for `capture()`.
        Returns:
            False, and nothing is copied, if there is no HDR video.
        """
        self._serial += 1
        shown = self._page.evaluate(
            "([layer, serial]) => __fanreelShell.showLayer(layer, serial)",
            [layer, self._serial],
            f"frame {frame}",
        )
        if shown:
            np.copyto(into, self._grab(self._serial, frame))
        return bool(shown)

    def _grab(self, serial: int, frame: int) -> Pixels:
        begun_s = time.perf_counter()
        try:
            return self._grabber.grab(serial)
        except TimeoutError as exc:
            raise self._page.explained(
                CaptureTimeout, f"frame {frame} did not appear on the screen in time", frame=frame
            ) from exc
        except RenderError:
            raise
        except Exception as exc:
            raise self._page.translated(exc, f"capturing frame {frame}") from exc
        finally:
            self.raster_s += time.perf_counter() - begun_s
