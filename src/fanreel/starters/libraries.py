"""What examples use of npm: each file's package, pinned, fetched into the project's `vendor`."""

import functools
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from fanreel.errors import AssetNotFound
from fanreel.fonts.registry import REGISTRY_VARIABLE, npm_registry

_TABLE = Path(__file__).with_name("libraries.json")


@functools.cache
def table() -> dict[str, Any]:
    """Return `packages`, each with version and integrity, and the files of `examples`."""
    found: dict[str, Any] = json.loads(_TABLE.read_text())
    return found


def fetch(files: Iterable[str], environ: Mapping[str, str]) -> dict[str, bytes]:
    """
    Return files of packages by their place in a project.

    Args:
        files: `<package>/<path in it>`.
        environ: Names the registry.
    Raises:
        AssetNotFound: The registry does not give one. Terminal.
    """
    wanted: dict[str, list[str]] = {}
    for file in files:
        parts = file.split("/")
        package = "/".join(parts[: 2 if file.startswith("@") else 1])
        wanted.setdefault(package, []).append(file.removeprefix(f"{package}/"))
    found = {}
    for package, paths in wanted.items():
        with tarfile.open(fileobj=io.BytesIO(_archive(package, environ)), mode="r:gz") as archive:
            for path in paths:
                member = archive.extractfile(f"package/{path}")
                assert member is not None  # noqa: S101 (a file of the pinned archive)
                found[f"vendor/{PurePosixPath(path).name}"] = member.read()
    return found


def _archive(package: str, environ: Mapping[str, str]) -> bytes:
    from fanreel.fonts.npm import PackageUnavailable, fetch_package  # noqa: PLC0415 (loads TLS)

    pinned = table()["packages"][package]
    try:
        return fetch_package(npm_registry(environ), package, pinned["version"], pinned["integrity"])
    except PackageUnavailable as exc:
        raise AssetNotFound(
            f"{package} could not be fetched: {exc}; name a registry with {REGISTRY_VARIABLE}, or "
            "start without --gsap and --example"
        ) from exc
