"""Put in place what pip cannot: Debian's packages that a render needs, and the format's fonts."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable

from fanreel.errors import BrowserUnavailable, FontFetchFailed
from fanreel.fonts.library import library
from fanreel.fonts.store import FontsUnavailable, font_store

# libatomic1: Playwright's own Node.js needs it, and Debian 12 brings it with nothing else here.
SYSTEM_PACKAGES = (
    "ca-certificates",
    "chromium",
    "xvfb",
    "libatomic1",
    "fonts-liberation",
    "fonts-noto-core",
    "fonts-noto-cjk",
    "fonts-noto-color-emoji",
)
"""As `scripts/setup` installs them in a checkout, of Debian and what is made of it."""
_TIMEOUT_S = 1800


def missing_packages() -> list[str]:
    """Return what is not installed; all of them where dpkg cannot be asked."""
    if shutil.which("dpkg-query") is None:
        return list(SYSTEM_PACKAGES)
    return [package for package in SYSTEM_PACKAGES if not _is_installed(package)]


def apt_commands(packages: list[str], *, is_root: bool, has_sudo: bool) -> list[list[str]]:
    """Return what installs *packages*, as argument lists; a fresh machine has no lists yet."""
    rights = [] if is_root or not has_sudo else ["sudo"]
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    return [
        [*rights, *quiet, "update"],
        [*rights, *quiet, "install", "-y", "--no-install-recommends", *packages],
    ]


def install_packages(packages: list[str]) -> None:
    """
    Install Debian packages, as root or by sudo.

    Raises:
        BrowserUnavailable: This is no Debian, there are no rights, or apt-get fails. Terminal.
    """
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise BrowserUnavailable(
            "no apt-get here: install Chromium (or name one with FANREEL_CHROMIUM), Xvfb and "
            f"fonts by this system's own means; Debian calls them {names}"
        )
    is_root, has_sudo = os.geteuid() == 0, shutil.which("sudo") is not None
    if not is_root and not has_sudo:
        raise BrowserUnavailable(
            f"installing needs root or sudo; as root: apt-get update && apt-get install -y {names}"
        )
    for argv in apt_commands(packages, is_root=is_root, has_sudo=has_sudo):
        # What it says is progress of other programs; only a failure's end is of use.
        ended = subprocess.run(
            argv,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
        if ended.returncode:
            said = ended.stderr.strip()[-600:]
            raise BrowserUnavailable(f"`{' '.join(argv)}` failed: {said}", argv=argv)


def fetch_families(
    say: Callable[[str], None], names: Iterable[str] | None = None, *, again: bool = False
) -> None:
    """
    Fetch the format's font families that are not here; each is told as it comes.

    Args:
        say: Takes a line for people.
        names: Of the families; None for all.
        again: Also those that are here.
    Raises:
        FontFetchFailed: The registry does not give one. Terminal.
    """
    store, families = font_store(os.environ), library().families
    for name in families if names is None else names:
        family = families[name]
        if store.has(family) and not again:
            continue
        try:
            store.fetch(family)
        except FontsUnavailable as exc:
            raise FontFetchFailed(
                f"{name} could not be fetched: {exc}; FANREEL_NPM_REGISTRY names another registry"
            ) from exc
        say(f"fetched {name} {family.version}")


def _is_installed(package: str) -> bool:
    query = ["dpkg-query", "-W", "-f=${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=60, check=False)
    return answer.stdout == "installed"
