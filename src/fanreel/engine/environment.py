"""The environment of a child, built from nothing."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from fanreel.fonts.registry import REGISTRY_VARIABLE, npm_registry

# Where programs, libraries, certificates, fonts and browsers lie, and how text is encoded. Nothing
# else of the caller's: a child handles strangers' pages and media, and `/proc` shows it to all that
# it starts. Not in here on purpose: AWS_*, proxies (which may hold passwords), tokens of any kind.
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CACHE_HOME",
    "PLAYWRIGHT_BROWSERS_PATH",
    "FANREEL_CHROMIUM",
    "FANREEL_WEB_FONTS_URL",
    "FANREEL_FONTS_DIR",
    "FANREEL_LANDLOCK",
    "FANREEL_RUNTIME_TZ",
    "FANREEL_RUNTIME_LANG",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONWARNINGS",
)


def engine_environment(environ: Mapping[str, str], temp_dir: Path) -> dict[str, str]:
    """
    Return the whole environment of a child.

    Args:
        environ: The caller's; only what is listed is taken from it.
        temp_dir: Where libraries put what is temporary.
    """
    return {name: environ[name] for name in _PASSED_ON if name in environ} | {
        "TMPDIR": str(temp_dir),
        # What a file in the caller's home may say, which a child does not get to read.
        REGISTRY_VARIABLE: npm_registry(environ),
        # The caller's modules, wherever it got them from; its own directory as it is now.
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),  # noqa: PTH109
        # For Playwright's driver, by which lint goes: with young objects in 1 MB it takes 25 MB
        # less, and is no slower.
        "NODE_OPTIONS": "--max-semi-space-size=1",
        # For NumPy: nothing here multiplies matrices, and OpenBLAS starts a thread for each core.
        "OPENBLAS_NUM_THREADS": "1",
        # For glibc: large blocks go back when they are freed, which left alone it learns not to do
        # from the first one. Those of a video's frame, up to 4 MiB, are kept for the next frame:
        # the system clears new ones first, 3 ms for the copies of a 720p frame.
        "MALLOC_MMAP_THRESHOLD_": "4194304",
        "MALLOC_TRIM_THRESHOLD_": "4194304",
    }
