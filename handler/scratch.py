"""One invocation's disk and environment: everything in one folder, and afterwards nothing."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from handler import processes
from handler.settings import Settings

# Besides AWS_*: the runtime's own variables, which name the function and its entry point.
_LAMBDA_NAMES = ("_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR")


@contextlib.contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """
    Give a fresh folder in which everything happens, temporary files of libraries included.

    What is left at the end, or was left by an invocation that was killed, is removed: a warm
    container hands its disk to the next render. Processes that outlived their owner are ended
    first, or they would go on writing.
    """
    if settings.owns_tmp:
        _empty(settings.tmp_dir)
    running = processes.descendants()
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=settings.tmp_dir))
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    # Chromium puts a socket into its temporary folder, and a socket's path has 107 bytes at most,
    # so no level is added where none is needed.
    os.environ["TMPDIR"] = tempfile.tempdir = str(settings.tmp_dir if settings.owns_tmp else folder)
    try:
        yield folder
    finally:
        _set("TMPDIR", before[0])
        tempfile.tempdir = before[1]
        processes.end(processes.descendants() - running)
        shutil.rmtree(folder, ignore_errors=True)
        if settings.owns_tmp:
            _empty(settings.tmp_dir)


@contextlib.contextmanager
def clean_environment() -> Iterator[None]:
    """
    Hide Lambda's and AWS's variables while strangers' pages and media are at work.

    Children that inherit the environment then see no credentials. The S3 client has read them
    already, and keeps them to itself.
    """
    hidden = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(("AWS_", "LAMBDA_")) or name in _LAMBDA_NAMES
    }
    try:
        yield
    finally:
        os.environ.update(hidden)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                entry.unlink()


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
