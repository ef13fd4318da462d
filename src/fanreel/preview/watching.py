"""Changes of a project's files, told while they happen."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from watchfiles import Change, DefaultFilter, watch

# Waits this long for more of the same save, and no longer than that for all of it. Two of the first
# pass before anybody hears of a save; what still comes after them is one more, shown as soon.
_STEP_MS, _LONGEST_MS = 10, 120


class Watcher:
    """
    Tells of changes below a folder, while open.

    Args:
        folder: The project.
        changed: Called after each burst of changes, from the watcher's thread.
        ignored: Tells of a file that it is none of the project's, such as a video made of it.
    """

    def __init__(
        self, folder: Path, changed: Callable[[], None], ignored: Callable[[Path], bool]
    ) -> None:
        self._folder, self._changed = folder.resolve(), changed
        self._filter = _Sources(self._folder, ignored)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fanreel-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for _changes in watch(
            self._folder,
            watch_filter=self._filter,
            step=_STEP_MS,
            debounce=_LONGEST_MS,
            stop_event=self._stop,
            rust_timeout=200,
            raise_interrupt=False,
        ):
            self._changed()


class _Sources:
    """Leaves out what editors, version control and renders put beside a project's files."""

    def __init__(self, folder: Path, ignored: Callable[[Path], bool]) -> None:
        self._usual = DefaultFilter()
        self._watched, self._ignored = folder, ignored

    def __call__(self, change: Change, path: str) -> bool:
        file = Path(path)
        parts = file.relative_to(self._watched).parts if file.is_relative_to(self._watched) else ()
        if any(part.startswith(".") for part in parts) or self._ignored(file):
            return False
        return bool(self._usual(change, path))
