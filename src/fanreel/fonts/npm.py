"""
Packages of the npm registry, each pinned by its digest.

The standard library only: the image builds its fonts with this before anything is installed.
"""

import base64
import hashlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable

_TIMEOUT_S = 30.0
_MOST_BYTES = 64 * 2**20


class PackageUnavailable(Exception):
    """The registry does not answer, or not with the pinned bytes."""


def read(url: str) -> bytes:
    """Return what *url* gives. Raises `OSError`, `ValueError`."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("a registry is an http(s) address")
    context = ssl.create_default_context() if url.startswith("https://") else None
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S, context=context) as answer:  # noqa: S310 (checked)
        data: bytes = answer.read(_MOST_BYTES)
    return data


def fetch_package(
    registry: str, name: str, version: str, integrity: str, get: Callable[[str], bytes] = read
) -> bytes:
    """
    Return the archive of a package.

    Args:
        registry: As `registry.npm_registry()` gives it.
        name: Of the package, with its scope.
        version: The exact one.
        integrity: `sha512-` and the digest, as in a lock file.
        get: Reads a URL; raises `OSError` or `ValueError`.
    Raises:
        PackageUnavailable: No answer, or not the pinned bytes.
    """
    url = f"{registry}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    try:
        data = get(url)
    except (OSError, ValueError) as exc:
        reason = exc.reason if isinstance(exc, urllib.error.URLError) else exc
        raise PackageUnavailable(f"{url}: {reason}") from exc
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if f"sha512-{digest}" != integrity:
        raise PackageUnavailable(f"{url} is not the package that this version of fanreel pins")
    return data
