"""The format's own renderer, installed from npm and run as a black box."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

VERSION = "0.8.170"
HEADLESS_SHELL = "/usr/bin/chromium-headless-shell"


def install(directory: Path) -> Path:
    """Install it below *directory*, once; gives the directory of its programs."""
    programs = directory / "node_modules" / ".bin"
    if not (programs / "hyperframes").exists():
        subprocess.run(
            [
                *("npm", "install", "--silent", "--no-audit", "--no-fund"),
                *("--prefix", str(directory), "node@22", f"hyperframes@{VERSION}"),
            ],
            check=True,
            env=os.environ | {"PUPPETEER_SKIP_DOWNLOAD": "1"},
        )
    return programs


def environment(programs: Path) -> dict[str, str]:
    """Return its environment: no telemetry, no updates, the system's browser, no cache."""
    node = programs.parent / "node" / "bin"
    switches = ("NO_TELEMETRY", "NO_UPDATE_CHECK", "NO_AUTO_INSTALL", "SKIP_SKILLS")
    return os.environ | {
        "PATH": f"{node}:{os.environ['PATH']}",
        "HYPERFRAMES_BROWSER_PATH": HEADLESS_SHELL,
        "PRODUCER_HEADLESS_SHELL_PATH": HEADLESS_SHELL,
        "HYPERFRAMES_EXTRACT_CACHE_DIR": "off",
        "DO_NOT_TRACK": "1",
        "CI": "1",
        "NO_COLOR": "1",
        **{f"HYPERFRAMES_{switch}": "1" for switch in switches},
    }


def render_argv(programs: Path, project: Path, output: Path, *options: str) -> list[str]:
    """Return the command that renders *project* to *output*."""
    return [str(programs / "hyperframes"), "render", str(project), "-o", str(output), *options]


def snapshot_argv(programs: Path, project: Path, out_dir: Path, at_s: Sequence[float]) -> list[str]:
    """Return the command that saves the moments *at_s* of *project* as `at-<seconds>s.png`."""
    moments = ",".join(f"{moment:g}" for moment in at_s)
    options = ["--no-end", "--no-browser-gpu", "--keep", "-o", str(out_dir)]
    return [str(programs / "hyperframes"), "snapshot", str(project), "--at", moments, *options]
