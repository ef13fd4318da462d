"""One invocation's disk: everything in one folder, and afterwards nothing."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fanreel.processes import descendants, kill_all
from handler.settings import Settings


@contextlib.contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """
    Yield a fresh folder in which everything happens.

    What is left at the end, or was left by an invocation that was killed, is removed: a warm
    container hands its disk to the next render. Processes that outlived their owner are ended
    first, or they would go on writing.
    """
    if settings.owns_tmp:
        _empty(settings.tmp_dir)
    running = descendants()
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=settings.tmp_dir))
    try:
        yield folder
    finally:
        kill_all(descendants() - running)
        shutil.rmtree(folder, ignore_errors=True)
        if settings.owns_tmp:
            _empty(settings.tmp_dir)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                entry.unlink()
