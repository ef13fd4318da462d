"""A virtual X screen whose pixels can be read through memory."""

import contextlib
import mmap
import os
import secrets
import select
import struct
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from fanreel.browser.environment import child_environment
from fanreel.errors import BrowserUnavailable, CaptureTimeout

_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0
_XWD_WORDS = 25
_XWD_COLOR_BYTES = 12
_COOKIE_NAME, _COOKIE_BYTES = b"MIT-MAGIC-COOKIE-1", 16
_ANY_FAMILY = 0xFFFF


def display_argv(
    program: Path, width: int, height: int, frame_buffer_dir: Path, authority: Path, fd: int
) -> list[str]:
    """Return Xvfb's command line for a screen of *width* × *height* pixels."""
    return [
        str(program),
        "-displayfd",
        str(fd),
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-fbdir",
        str(frame_buffer_dir),
        "-nolisten",
        "tcp",
        # Whoever has no cookie may not connect: another user of the machine, or another page, would
        # see the screen and type on it.
        "-auth",
        str(authority),
        # Ends soon after its last client, so it does not outlive a worker that was killed. Chromium
        # connects more than once while it starts, hence the seconds of grace.
        "-terminate",
        "10",
        # The pointer would be drawn into the frame buffer, and so into the video.
        "-nocursor",
        # Chromium brings its own software GL; for GLX Xvfb would load Mesa with LLVM, 28 MB.
        "-extension",
        "GLX",
        "+extension",
        "MIT-SHM",
    ]


def authority_entry(cookie: bytes) -> bytes:
    """
    Return the content of an authority file with *cookie* for any display.

    Which display it will be is known only when the server has read the file.

    Source: the entries of `libXau` (Xauth.h): a family, then address, number, name and data, each
    after its length, all big-endian; an empty number fits every display.
    """
    fields = (b"", b"", _COOKIE_NAME, cookie)
    return struct.pack(">H", _ANY_FAMILY) + b"".join(
        struct.pack(">H", len(field)) + field for field in fields
    )


class Display:
    """
    An Xvfb with one screen.

    Attributes:
        name: X display such as `:7`.
        authority: File with the cookie that clients have to show.
        pixels: The live screen, `height × width × 4`, B,G,R,x, 8 bit, read-only.
    Source: Xvfb's `-fbdir` keeps the screen in an XWD file (Xvfb(1); X11/XWDFile.h).
    """

    name: str
    authority: Path
    pixels: npt.NDArray[np.uint8]

    def __init__(self, program: Path, width: int, height: int, temp_dir: Path) -> None:
        self._program, self._width, self._height = program, width, height
        self._temp_dir = temp_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            work_dir = Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="display-", dir=self._temp_dir)
                )
            )
            stack.callback(self._stop)
            self.authority = work_dir / "Xauthority"
            self.authority.touch(mode=0o600)
            self.authority.write_bytes(authority_entry(secrets.token_bytes(_COOKIE_BYTES)))
            self.name = self._start(work_dir)
            self.pixels = self._map(work_dir / "Xvfb_screen0", stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def pid(self) -> int | None:
        """Process id of the running Xvfb."""
        return self._process.pid if self._process else None

    def _start(self, work_dir: Path) -> str:
        read_fd, write_fd = os.pipe()
        with open(read_fd, "rb") as answer:  # noqa: PTH123 (a descriptor, not a path)
            try:
                self._process = subprocess.Popen(
                    display_argv(
                        self._program,
                        self._width,
                        self._height,
                        work_dir,
                        self.authority,
                        write_fd,
                    ),
                    pass_fds=[write_fd],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=child_environment(work_dir),
                    start_new_session=True,
                )
            except OSError as exc:
                raise BrowserUnavailable(f"{self._program} does not start: {exc}") from exc
            finally:
                os.close(write_fd)
            ready, _, _ = select.select([answer], [], [], _START_TIMEOUT_S)
            # To the end of the line: it comes in two writes, and the second must find a reader.
            number = answer.readline().strip() if ready else b""
        screen = f"a {self._width}x{self._height} screen"
        if not ready:
            raise CaptureTimeout(f"Xvfb did not open {screen} within {_START_TIMEOUT_S:.0f} s")
        if not number:
            raise BrowserUnavailable(
                f"Xvfb ended without opening {screen}; `fanreel doctor` says what is missing"
            )
        return f":{number.decode()}"

    def _map(self, path: Path, stack: contextlib.ExitStack) -> npt.NDArray[np.uint8]:
        file = stack.enter_context(path.open("rb"))
        # Not closed by hand: arrays over it may outlive this object, and it ends with the last.
        memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        words = struct.unpack(f">{_XWD_WORDS}I", memory[: _XWD_WORDS * 4])
        header_size, width, height, bytes_per_line, colors = (words[i] for i in (0, 4, 5, 12, 19))
        offset = header_size + colors * _XWD_COLOR_BYTES
        rows = np.frombuffer(memory, np.uint8, height * bytes_per_line, offset)
        return rows.reshape(height, bytes_per_line // 4, 4)[:, :width]

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
