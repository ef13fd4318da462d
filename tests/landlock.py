"""What the kernel's landlock can do."""

import os

import landlockpy
import pytest


def require_landlock(least: int = 1) -> int:
    """Return the version of its interface; skip below *least*, but in CI it must be there."""
    try:
        version: int = landlockpy.abi_version()
    except OSError:
        version = 0
    if version < least:
        reason = f"the kernel's landlock is of version {version}, not {least}"
        if os.environ.get("CI"):
            pytest.fail(f"in CI: {reason}", pytrace=False)
        pytest.skip(reason)
    return version
