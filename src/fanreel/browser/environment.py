"""What child processes see: a clean environment, and one way of drawing text."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

# Greyscale antialiasing, no hinting: what headless Chromium does by itself, so that both engines
# draw the same text. Hinting and subpixel order would come from the machine's own settings.
_FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <cachedir>{cache_dir}</cachedir>
  <match target="pattern">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="autohint" mode="assign"><bool>false</bool></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
    <edit name="lcdfilter" mode="assign"><const>lcdnone</const></edit>
  </match>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="autohint" mode="assign"><bool>false</bool></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"""

# Chromium puts a socket of some 45 characters below it, and a socket's path has at most 107.
_LONGEST_SOCKET_DIR = 60
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")


# What may be chosen about the machine that a page can see, and the variable it becomes. The values
# are taken when planning and travel with the plan, so workers draw what the planner saw.
_RUNTIME = {"FANREEL_RUNTIME_TZ": "TZ", "FANREEL_RUNTIME_LANG": "LANG"}


def runtime_snapshot(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the allow-listed `FANREEL_RUNTIME_*` values of *environ*."""
    return {name: environ[name] for name in _RUNTIME if name in environ}


def child_environment(
    work_dir: Path,
    *,
    display: str | None = None,
    authority: Path | None = None,
    runtime_env: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """
    Return the whole environment of a browser or display server.

    Nothing of the caller's is passed on but where programs and libraries lie: a page runs
    strangers' code, and credentials such as `AWS_*` must not be within its reach.

    Args:
        work_dir: The child's own directory: home, caches and fontconfig's file lie there.
        display: X display such as `:7`, or None for a headless browser.
        authority: File with that display's cookie (Xsecurity(7)).
        runtime_env: The plan's snapshot; names that are not allow-listed are ignored.
    """
    fonts = work_dir / "fonts.conf"
    if not fonts.exists():
        fonts.write_text(_FONTCONFIG.format(cache_dir=_font_cache_dir(os.environ, work_dir)))
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {
        "HOME": str(work_dir),
        "XDG_CONFIG_HOME": str(work_dir / "config"),
        "XDG_CACHE_HOME": str(work_dir / "cache"),
        "TMPDIR": str(work_dir) if len(str(work_dir)) <= _LONGEST_SOCKET_DIR else "/tmp",  # noqa: S108
        "FONTCONFIG_FILE": str(fonts),
        # One language and one time zone, or dates and numbers would differ between machines.
        "LANG": "en_US.UTF-8",
        "LANGUAGE": "en_US",
        "TZ": "UTC",
    }
    environment |= {
        _RUNTIME[name]: value for name, value in runtime_env.items() if name in _RUNTIME
    }
    if display is not None:
        environment["DISPLAY"] = display
    if authority is not None:
        environment["XAUTHORITY"] = str(authority)
    return environment


def _font_cache_dir(environ: Mapping[str, str], work_dir: Path) -> str:
    # Scanning fonts anew costs seconds; the cache holds no pixels, so it may be shared.
    system = Path("/var/cache/fontconfig")
    if any(system.glob("*.cache-*")):
        return str(system)
    return str(Path(environ.get("XDG_CACHE_HOME", work_dir), "fontconfig"))
