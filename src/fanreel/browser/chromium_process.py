"""Chromium's process: its command line, its debugging pipe, and what it says when it fails."""

import contextlib
import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

# As Playwright starts it, so that a page cannot tell the drivers apart; a test compares them.
# Switches that carry lists are in `browser_argv()`.
_QUIET = (
    "--disable-field-trial-config",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-back-forward-cache",
    "--disable-breakpad",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--no-default-browser-check",
    "--disable-default-apps",
    "--disable-extensions",
    "--allow-pre-commit-input",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-renderer-backgrounding",
    "--metrics-recording-only",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
    "--no-service-autorun",
    "--disable-search-engine-choice-screen",
    "--unsafely-disable-devtools-self-xss-warnings",
    "--disable-stack-profiler",
    "--disable-infobars",
    "--disable-sync",
)
_FOR_COMMANDS, _FOR_ANSWERS, _FOR_ERRORS = 3, 4, 2
# Above all that are put in their place, so that none overwrites another.
_LOWEST_FD = 10
_TAIL_BYTES = 8192


def chromium_argv(
    program: Path, profile_dir: Path, switches: Sequence[str], *, headless: bool
) -> list[str]:
    """Return the whole command line of a Chromium that is driven through a pipe."""
    return [
        str(program),
        *_QUIET,
        *(["--headless"] if headless else []),
        *switches,
        f"--user-data-dir={profile_dir}",
        "--remote-debugging-pipe",
        "about:blank",
    ]


class ChromiumProcess:
    """
    A Chromium that was started with a debugging pipe.

    Args:
        argv: See `chromium_argv()`.
        env: Its whole environment.
        errors_path: Takes what it prints; nothing else tells why it does not start.
    Attributes:
        pid: Of the browser process.
        read_fd: Its answers come here; whoever takes it closes it.
        write_fd: Commands go here; whoever takes it closes it.
    Raises:
        OSError: There is no such program.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], errors_path: Path) -> None:
        self._errors_path = errors_path
        self._status: int | None = None
        with contextlib.ExitStack() as theirs:
            commands, self.write_fd = _pipe()
            theirs.callback(os.close, commands)
            self.read_fd, answers = _pipe()
            theirs.callback(os.close, answers)
            errors = _high(os.open(errors_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
            theirs.callback(os.close, errors)
            try:
                self.pid = os.posix_spawn(
                    argv[0],
                    list(argv),
                    env,
                    file_actions=[
                        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                        (os.POSIX_SPAWN_DUP2, errors, _FOR_ERRORS),
                        (os.POSIX_SPAWN_DUP2, commands, _FOR_COMMANDS),
                        (os.POSIX_SPAWN_DUP2, answers, _FOR_ANSWERS),
                    ],
                    setsid=True,  # Ctrl-C is for us to hear and to decide about
                )
            except OSError:
                os.close(self.write_fd)
                os.close(self.read_fd)
                raise

    def status(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                pid, status = self.pid, 0
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def said(self) -> str:
        """Return the end of what it printed."""
        with contextlib.suppress(OSError):
            return self._errors_path.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
        return ""


def _pipe() -> tuple[int, int]:
    read_fd, write_fd = os.pipe()
    return _high(read_fd), _high(write_fd)


def _high(fd: int) -> int:
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_FD)
    os.close(fd)
    return moved
