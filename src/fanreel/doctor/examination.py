"""What fanreel needs of a machine: what is present, in which version, and how to get the rest."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fanreel.browser.locate import (
    INSTALL_CHROMIUM,
    INSTALL_XVFB,
    chromium_version,
    find_chromium,
    find_xvfb,
)
from fanreel.config import PLAN_DIR_SIZE_LIMIT_BYTES, RenderConfig
from fanreel.encode.encoders import lock_encoder
from fanreel.errors import BrowserUnavailable
from fanreel.fonts.library import library
from fanreel.fonts.store import font_store
from fanreel.formats import FORMATS
from fanreel.media.cache import DIR_VARIABLE, cache_settings
from fanreel.media.cache_sweep import size_of

_MIN_PYTHON = (3, 11)
_START_TIMEOUT_S = 60
_INSTALL_DRIVER_LIBRARY = "sudo apt-get install -y libatomic1"
_FONT_DIRS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
# What a composition falls back to, by a part of the file names: name, part, package.
_FONT_KINDS = (
    ("Latin", "", "fonts-liberation"),
    ("CJK", "cjk", "fonts-noto-cjk"),
    ("emoji", "emoji", "fonts-noto-color-emoji"),
)
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 (looked at, not written)
# While a plan is made, its parts and the whole lie side by side.
_TEMP_WANTED_BYTES = 2 * PLAN_DIR_SIZE_LIMIT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `weak` works, but less well than it could."""

    name: str
    state: Literal["ok", "weak", "missing"]
    detail: str
    fix: str | None = None
    """The command that mends it."""

    def to_json(self) -> dict[str, str | None]:
        """Return the object that `fanreel doctor --json` prints."""
        return {
            "name": self.name,
            "state": self.state,
            "detail": self.detail,
            "fix": self.fix,
        }


def examine(*, start_browser: bool) -> Iterator[Finding]:
    """Look at everything in turn; *start_browser* also sees whether Chromium really starts."""
    yield _python()
    yield from _chromium(start_browser=start_browser)
    yield _playwright()
    yield _xvfb()
    yield from _libav()
    yield _families()
    yield from _fonts()
    yield _shared_memory()
    yield _temp()
    yield _extraction_cache()
    yield _aws()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    package = importlib.metadata.version("fanreel")
    detail = f"{version} ({sys.executable}), fanreel {package}"
    if sys.version_info < _MIN_PYTHON:
        fix = "sudo apt-get install -y python3"
        return Finding(name="Python", state="missing", detail=f"{detail}; 3.11 is needed", fix=fix)
    return Finding(name="Python", state="ok", detail=detail)


def _chromium(*, start_browser: bool) -> Iterator[Finding]:
    try:
        path = find_chromium()
        version = chromium_version(path)
    except BrowserUnavailable as exc:
        yield Finding(name="Chromium", state="missing", detail=str(exc), fix=INSTALL_CHROMIUM)
        return
    yield Finding(name="Chromium", state="ok", detail=f"{version} ({path})")
    if not start_browser:
        return
    complaint = _start_complaint(path)
    yield Finding(
        name="Chromium starts",
        state="missing" if complaint else "ok",
        detail=complaint or "it shows a page",
        fix=f"{INSTALL_CHROMIUM} --reinstall" if complaint else None,
    )


def _playwright() -> Finding:
    """See whether the program that Playwright drives the browser with runs; it is a Node.js."""
    try:
        import playwright  # noqa: PLC0415 (only where doctor gets here)
    except ImportError:
        return Finding(
            name="Playwright",
            state="weak",
            detail="not installed; `fanreel lint` needs it, rendering does not",
            fix="pip install playwright",
        )
    version = importlib.metadata.version("playwright")
    node = Path(playwright.__file__).parent / "driver" / "node"
    try:
        answer = subprocess.run(
            [str(node), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_START_TIMEOUT_S,
            env={"PATH": os.defpath},
            check=False,
        )
        complaint = answer.stderr.strip()[-300:] if answer.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as exc:
        complaint = str(exc)
    return Finding(
        name="Playwright",
        state="missing" if complaint else "ok",
        detail=f"{version}: its driver does not start: {complaint}" if complaint else version,
        fix=_INSTALL_DRIVER_LIBRARY if complaint else None,
    )


def _start_complaint(path: Path) -> str:
    """Start the browser on a page of one word; give what went wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix="fanreel-doctor-") as profile:
        argv = [
            str(path),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            f"--user-data-dir={profile}",
            "--dump-dom",
            "data:text/html,fanreel-was-here",
        ]
        try:
            answer = subprocess.run(
                argv,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_START_TIMEOUT_S,
                env={"PATH": os.defpath, "HOME": profile},
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            return f"it does not start: {exc}"
    if "fanreel-was-here" in answer.stdout:
        return ""
    return f"exit status {answer.returncode}: {answer.stderr.strip()[-300:]}"


def _xvfb() -> Finding:
    path = find_xvfb()
    if path is None:
        return Finding(
            name="Xvfb",
            state="weak",
            detail="not found; frames are taken as screenshots, which is several times slower",
            fix=INSTALL_XVFB,
        )
    return Finding(name="Xvfb", state="ok", detail=str(path))


def _libav() -> Iterator[Finding]:
    import av  # noqa: PLC0415 (70 ms, only when doctor gets here)

    versions = [
        f"{name} {'.'.join(map(str, version))}"
        for name, version in av.library_versions.items()
        if name in {"libavcodec", "libavformat", "libavfilter"}
    ]
    detail = f"PyAV {av.__version__}: {', '.join(versions)}"
    yield Finding(name="libav", state="ok", detail=detail)
    wanted = _encoders()
    lacking = sorted(wanted - av.codecs_available)
    yield Finding(
        name="Encoders",
        state="missing" if lacking else "ok",
        detail=f"PyAV lacks {', '.join(lacking)}" if lacking else ", ".join(sorted(wanted)),
        fix="uv sync --locked --reinstall-package av" if lacking else None,
    )


def _encoders() -> set[str]:
    """Return every libav encoder that some format uses."""
    configs = [RenderConfig(format=name) for name, spec in FORMATS.items() if spec.pictures]
    configs.append(RenderConfig(codec="h265"))
    video = {
        lock_encoder(config, alpha=alpha).codec for config in configs for alpha in (False, True)
    }
    sound = {spec.audio_codec for spec in FORMATS.values() if spec.audio_codec}
    return {name for name in video | sound if name}  # formats of sound have no video codec


def _families() -> Finding:
    """See which of the format's font families are on this machine."""
    store, families = font_store(os.environ), library().families
    missing = [name for name, family in families.items() if not store.has(family)]
    if not missing:
        detail = f"all {len(families)}, in {store.directory}"
        return Finding(name="Fonts, format's", state="ok", detail=detail)
    return Finding(
        name="Fonts, format's",
        state="weak",
        detail=f"{len(missing)} of {len(families)} families are fetched when first used",
        fix="fanreel fonts fetch",
    )


def _fonts() -> Iterator[Finding]:
    names = [
        path.name.lower()
        for folder in _FONT_DIRS
        for path in Path(folder).expanduser().rglob("*")
        if path.suffix.lower() in {".ttf", ".otf", ".ttc", ".woff2"}
    ]
    for kind, part, package in _FONT_KINDS:
        count = sum(part in name for name in names)
        yield Finding(
            name=f"Fonts, {kind}",
            state="ok" if count else "weak",
            detail=f"{count} files" if count else "none; such text shows as empty boxes",
            fix=None if count else f"sudo apt-get install -y {package}",
        )


def _shared_memory() -> Finding:
    try:
        size_bytes = shutil.disk_usage(_SHARED_MEMORY).total
    except OSError:
        return Finding(
            name=_SHARED_MEMORY,
            state="weak",
            detail="not there (as on Lambda); frames cost a few milliseconds more",
        )
    return Finding(name=_SHARED_MEMORY, state="ok", detail=f"{size_bytes / 1e9:.1f} GB")


def _temp() -> Finding:
    folder = tempfile.gettempdir()
    free_bytes = shutil.disk_usage(folder).free
    detail = f"{folder}, {free_bytes / 1e9:.1f} GB free"
    if free_bytes >= _TEMP_WANTED_BYTES:
        return Finding(name="Temporary files", state="ok", detail=detail)
    return Finding(
        name="Temporary files",
        state="weak",
        detail=f"{detail}; a large plan needs {_TEMP_WANTED_BYTES / 1e9:.1f} GB",
        fix="set TMPDIR to a folder on a larger disk",
    )


def _extraction_cache() -> Finding:
    """Say where decoded frames of videos are kept for the next render, and how that is ended."""
    settings = cache_settings(os.environ)
    if settings is None:
        return Finding(name="Extraction cache", state="ok", detail=f"off ({DIR_VARIABLE})")
    limit = f" of {settings.limit_bytes / 1e9:.1f}" if settings.limit_bytes else ""
    where = f"{settings.directory}; {DIR_VARIABLE} moves it, {DIR_VARIABLE}=off ends it"
    if not settings.directory.exists():
        return Finding(name="Extraction cache", state="ok", detail=f"empty, {where}")
    cache = settings.open()
    if cache.stats.warnings:
        return Finding(
            name="Extraction cache",
            state="weak",
            detail=cache.stats.warnings[0],
            fix=f"export {DIR_VARIABLE}=off  # or a folder of your own",
        )
    size_bytes = cache.attempt("it cannot be listed", lambda: size_of(settings.directory)) or 0
    return Finding(
        name="Extraction cache", state="ok", detail=f"{size_bytes / 1e9:.1f}{limit} GB in {where}"
    )


def _aws() -> Finding:
    try:
        version = importlib.metadata.version("boto3")
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            name="AWS",
            state="weak",
            detail="boto3 is not installed; needed for `fanreel lambda` only",
            fix="pip install 'fanreel[aws]'",
        )
    return Finding(name="AWS", state="ok", detail=f"boto3 {version}")
