"""Where Chromium and Xvfb are on this machine, and which Chromium it is."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from fanreel.errors import BrowserUnavailable, CaptureTimeout

CHROMIUM_VARIABLE = "FANREEL_CHROMIUM"
INSTALL_CHROMIUM = "sudo apt-get install -y chromium"
INSTALL_XVFB = "sudo apt-get install -y xvfb"
INSTALL_ALL = "fanreel setup"
"""Whatever pip does not bring, on a fresh Debian too, which has neither package lists nor sudo."""
_VERSION_TIMEOUT_S = 30
_VERSION = re.compile(r"\d+\.\d+\.\d+\.\d+")
_versions: dict[tuple[Path, int, int], str] = {}
"""By program: where it is, and what tells it from another that was put there."""

# The program itself comes before the distribution's start script on PATH: Debian's script picks
# flags by the size of /dev/shm and by what else is installed, and the same plan has to get the
# same flags on every machine.
_USUAL_PATHS = (
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
    "/opt/chromium/chrome",
)
_NAMES_ON_PATH = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium(environ: Mapping[str, str] | None = None) -> Path:
    """
    Return the Chromium to drive.

    Args:
        environ: Environment to look in; None takes the process's own, which is only read.
    Returns:
        `FANREEL_CHROMIUM` if set, else the system's, else the newest that Playwright installed.
    Raises:
        BrowserUnavailable: There is none, or `FANREEL_CHROMIUM` names no program. Terminal.
    """
    environ = os.environ if environ is None else environ
    chosen = environ.get(CHROMIUM_VARIABLE)
    if chosen:
        if _is_program(Path(chosen)):
            return Path(chosen)
        raise BrowserUnavailable(
            f"{CHROMIUM_VARIABLE}={chosen} is not a program; point it at a Chromium, or unset it "
            "to use the one that is installed",
            path=chosen,
        )
    for path in _candidates(environ):
        if _is_program(path):
            return path
    raise BrowserUnavailable(
        f"no Chromium found; `{INSTALL_ALL}` installs it with all else that a render needs, "
        f"`{INSTALL_CHROMIUM}` it alone, or set {CHROMIUM_VARIABLE} to the path of one",
        install=INSTALL_CHROMIUM,
    )


def find_xvfb(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the Xvfb program, or None where there is none."""
    environ = os.environ if environ is None else environ
    found = shutil.which("Xvfb", path=environ.get("PATH", os.defpath))
    usual = Path("/usr/bin/Xvfb")
    if found is None:
        return usual if _is_program(usual) else None
    return Path(found)


def chromium_version(path: Path) -> str:
    """
    Return the version of the Chromium at *path*, such as `156.0.8078.79`.

    Asking costs about 80 ms, so the answer is kept until the file changes.

    Raises:
        BrowserUnavailable: It does not start or does not tell a version. Terminal.
        CaptureTimeout: It takes too long. Retryable.
    """
    try:
        program = _identity(path)
    except OSError as exc:
        raise BrowserUnavailable(f"cannot read {path}: {exc.strerror}", path=str(path)) from exc
    if program not in _versions:
        _versions[program] = _asked_version(path)
    return _versions[program]


def note_version(path: Path, told: str) -> None:
    """Keep the version that the running Chromium at *path* told, so that none is started to ask."""
    version = _VERSION.search(told)
    with contextlib.suppress(OSError):
        if version is not None:
            _versions[_identity(path)] = version.group()


def _identity(path: Path) -> tuple[Path, int, int]:
    status = path.stat()
    return path, status.st_mtime_ns, status.st_size


def _asked_version(path: Path) -> str:
    try:
        answer = subprocess.run(
            [str(path), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION_TIMEOUT_S,
            env={"PATH": os.defpath, "HOME": "/nonexistent"},
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise CaptureTimeout(
            f"{path} --version did not answer within {_VERSION_TIMEOUT_S:.0f} s", path=str(path)
        ) from exc
    except OSError as exc:
        raise BrowserUnavailable(f"{path} does not start: {exc}", path=str(path)) from exc
    version = _VERSION.search(answer.stdout)
    if version is None:
        raise BrowserUnavailable(
            f"{path} --version told no version (exit status {answer.returncode}): "
            f"{answer.stderr.strip()[-400:] or 'it printed nothing'}",
            path=str(path),
        )
    return version.group()


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    yield from map(Path, _USUAL_PATHS)
    for name in _NAMES_ON_PATH:
        found = shutil.which(name, path=environ.get("PATH", os.defpath))
        if found is not None:
            yield Path(found)
    yield from _playwright_browsers(environ)


def _playwright_browsers(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the full Chromiums that `playwright install` left, newest build first."""
    root = environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if not root or root == "0":
        root = str(Path(environ.get("HOME", "/root"), ".cache", "ms-playwright"))

    def build_number(path: Path) -> int:
        build = path.name.removeprefix("chromium-")
        return int(build) if build.isdigit() else -1

    builds = sorted(Path(root).glob("chromium-*"), key=build_number, reverse=True)
    for build in builds:
        yield from sorted(build.glob("chrome-linux*/chrome"))


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
