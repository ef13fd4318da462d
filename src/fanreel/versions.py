"""What made a plan and what renders it: fanreel, Chromium, libav, and the processor."""

import importlib.metadata
import platform
from pathlib import Path

from fanreel.browser.locate import chromium_version, find_chromium
from fanreel.errors import (
    BrowserVersionMismatch,
    FfmpegVersionMismatch,
    PlanProtocolUnsupported,
)
from fanreel.files.plan_dir import Versions

_ARCHITECTURES = {"aarch64": "arm64", "amd64": "x86_64"}
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


def architecture(machine: str | None = None) -> str:
    """Return the name of a processor as AWS has it: `x86_64`, `arm64`; None asks for this one."""
    name = (machine or platform.machine()).lower()
    return _ARCHITECTURES.get(name, name)


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
        architecture=architecture(),
    )


def check_versions(planned: Versions) -> None:
    """
    Refuse a plan made with other versions: its pixels would differ from chunk to chunk.

    Raises:
        PlanProtocolUnsupported: Another fanreel made it. With `planned` and `here`. Terminal.
        FfmpegVersionMismatch, BrowserVersionMismatch: Likewise for libav and Chromium, which draws
            other pixels on another processor. Terminal.
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
    if planned.architecture != architecture():
        raise BrowserVersionMismatch(
            f"the plan was made on {planned.architecture}, this worker is {architecture()}, where "
            "the same Chromium draws other pixels; plan and render on one kind of processor",
            planned=planned.architecture,
            here=architecture(),
        )
