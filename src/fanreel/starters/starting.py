"""start_project(): a folder with a composition that renders."""

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.fonts.npm import PackageUnavailable, fetch_package
from fanreel.fonts.registry import REGISTRY_VARIABLE, npm_registry

GSAP_VERSION = "3.15.0"
_GSAP_INTEGRITY = (
    "sha512-dMW4CWBTUK1AEEDeZc1g4xpPGIrSf9fJF960qbTZmN/"
    "QwZIWY5wgliS6JWl9/25fpTGJrMRtSjGtOmPnfjZB+A=="
)
_GSAP_FILE = "package/dist/gsap.min.js"
_STARTERS_DIR = Path(__file__).parent


def start_project(
    folder: Path, *, gsap: bool = False, environ: Mapping[str, str] = os.environ
) -> Path:
    """
    Write a project to *folder*, and give its page.

    Args:
        folder: Made; it may be there, as long as it is empty.
        gsap: Animate with GSAP, which is fetched from the npm registry; else with CSS.
        environ: Names the registry.
    Raises:
        InvalidConfig: There is something in *folder* already. Terminal.
        AssetNotFound: The registry does not give GSAP. Terminal.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidConfig(f"{folder} is there and not empty; give a folder that is not")
    starter = _STARTERS_DIR / ("gsap" if gsap else "plain")
    contents = {"index.html": (starter / "index.html").read_bytes()}
    if gsap:
        contents["vendor/gsap.min.js"] = _gsap(environ)
    with naming_write_errors(folder), written_aside(folder) as aside:
        for name, content in contents.items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_bytes(content)
    return folder / "index.html"


def _gsap(environ: Mapping[str, str]) -> bytes:
    try:
        data = fetch_package(npm_registry(environ), "gsap", GSAP_VERSION, _GSAP_INTEGRITY)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            member = archive.extractfile(_GSAP_FILE)
            assert member is not None  # noqa: S101 (a file of the pinned archive)
            return member.read()
    except PackageUnavailable as exc:
        raise AssetNotFound(
            f"GSAP could not be fetched: {exc}; name a registry with {REGISTRY_VARIABLE}, or start "
            "without --gsap"
        ) from exc
