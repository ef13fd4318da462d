"""The browser that tests of whole compositions share, as a worker of the process pool keeps it."""

import contextlib
from pathlib import Path
from typing import Any

from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from tests.media.sources import Picture


class Studio:
    """The browser at hand, and one of another kind when that is asked for."""

    def __init__(self, temp_dir: Path) -> None:
        self._temp_dir = temp_dir
        self._stack = contextlib.ExitStack()
        self._session: PageSession | None = None

    def session(self, spec: SessionSpec) -> PageSession:
        """Return a session of the kind *spec*, entered."""
        if self._session is None or self._session.spec != spec:
            self.close()
            self._session = self._stack.enter_context(PageSession(spec, self._temp_dir))
        return self._session

    def close(self) -> None:
        """End the browser."""
        self._stack.close()
        self._session = None


def as_rgba(picture: Picture, pixels: str) -> Any:
    """Return a captured picture as RGBA."""
    if pixels == "rgba":
        return picture.copy()
    shown = picture[..., [2, 1, 0, 3]]
    if pixels == "bgr0":
        shown[..., 3] = 255
    return shown
