"""What the hostile tests share: tiny projects, and a look at what is left when they are over."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from fanreel.config import RenderConfig

DRAFT = RenderConfig(quality="draft")
GREEN, RED = (0, 128, 0), (255, 0, 0)
# A browser ends in no time; an X screen that has lost its last client waits for ten seconds.
_GONE_S = 30.0


def page(
    body: str = "",
    *,
    head: str = "",
    root: str = 'data-duration="0.4" data-no-timeline',
    size: tuple[int, int] = (160, 90),
) -> str:
    """Return a page of twelve green frames with *body* in its root."""
    return (
        f"<!doctype html><html><head><style>html {{ background: green }}</style>{head}</head><body>"
        f'<div data-composition-id="main" data-width="{size[0]}" data-height="{size[1]}" {root}>'
        f"{body}</div></body></html>"
    )


def script(code: str) -> str:
    """Return *code* as an element."""
    return f"<script>{code}</script>"


@contextlib.contextmanager
def small_disk(folder: Path, size_kib: int) -> Iterator[Path]:
    """Yield a file system of its own; skip where mounting is forbidden, but in CI it must be."""
    folder.mkdir()
    options = f"size={size_kib}k,mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"in CI small disks must be mounted: {mounted.stderr}", pytrace=False)
        pytest.skip("mounting a small tmpfs is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A corner of the disk for one test: its project, its outputs, its temporary files."""

    project: Path
    out: Path
    temp: Path

    def write(self, files: Mapping[str, str | bytes]) -> Path:
        """Write *files* into the project; give its folder."""
        for name, content in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.project

    def command(self, *argv: str | Path, before: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start `fanreel` as people do, in the folder for outputs; *before* is what starts it."""
        return subprocess.Popen(
            [*before, sys.executable, "-m", "fanreel", *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.out,
            start_new_session=True,  # as a terminal's, so that signals reach all of it
        )

    def outputs(self) -> list[str]:
        """Return the names of all outputs, hidden ones too."""
        return sorted(path.relative_to(self.out).as_posix() for path in self.out.rglob("*"))

    def check_nothing_left(self) -> None:
        """Fail if a process, a temporary file or a half-written output is left."""
        assert [name for name in self.outputs() if name.startswith(".") or "/." in name] == []
        end = time.monotonic() + _GONE_S
        while (left := self.processes()) and time.monotonic() < end:
            time.sleep(0.1)
        assert not left, [process.info["cmdline"] for process in left]
        files = sorted(self.temp.rglob("*"))
        assert not files, files

    def processes(self) -> list[psutil.Process]:
        """Return the processes other than this one that this place's temporary files belong to."""
        mark = str(self.temp)
        found = []
        for process in psutil.process_iter(["cmdline", "environ", "status"]):
            words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
            if process.pid != os.getpid() and any(mark in word for word in words):
                found.append(process)
        return found
