"""What made a plan and what renders it: fanreel, Chromium, libav."""

import importlib.metadata
from pathlib import Path

from fanreel.browser.locate import chromium_version, find_chromium
from fanreel.errors import (
    BrowserVersionMismatch,
    FfmpegVersionMismatch,
    PlanProtocolUnsupported,
)
from fanreel.files.plan_dir import Versions

# The libraries whose versions decide bytes: codecs, containers, filters, scaling and resampling.
_LIBAV = ("libavcodec", "libavformat", "libavfilter", "libswscale", "libswresample")


def fanreel_version() -> str:
    """Return the version of this package."""
    return importlib.metadata.version("fanreel")


def libav_version() -> str:
    """Return the versions of the libav libraries in this process, as one line."""
    import av  # noqa: PLC0415 (70 ms that only those pay who decode or encode)

    versions = av.library_versions
    return " ".join(f"{name} {'.'.join(map(str, versions[name]))}" for name in _LIBAV)


def current_versions(chromium: Path | None = None) -> Versions:
    """
    Return what is on this machine.

    Raises:
        BrowserUnavailable: There is no Chromium. Terminal.
    """
    return Versions(
        fanreel=fanreel_version(),
        chromium=chromium_version(chromium or find_chromium()),
        libav=libav_version(),
    )


def check_versions(planned: Versions) -> None:
    """
    Refuse a plan made with other versions: its pixels would differ from chunk to chunk.

    Raises:
        PlanProtocolUnsupported: Another fanreel made it. With `planned` and `here`. Terminal.
        FfmpegVersionMismatch, BrowserVersionMismatch: Likewise for libav and Chromium. Terminal.
    """
    fanreel = fanreel_version()
    if fanreel != planned.fanreel:
        raise PlanProtocolUnsupported(
            f"the plan was made with fanreel {planned.fanreel}, this worker has {fanreel}; "
            "plan and render with the same image",
            planned=planned.fanreel,
            here=fanreel,
        )
    libav = libav_version()
    if libav != planned.libav:
        raise FfmpegVersionMismatch(
            f"the plan was made with libav [{planned.libav}], this worker has [{libav}]; "
            "plan and render with the same image",
            planned=planned.libav,
            here=libav,
        )
    chromium = chromium_version(find_chromium())
    if chromium != planned.chromium:
        raise BrowserVersionMismatch(
            f"the plan was made with Chromium {planned.chromium}, this worker has {chromium}; "
            "plan and render with the same image",
            planned=planned.chromium,
            here=chromium,
        )
