"""Whether Chromium can have its own sandbox: renderers in namespaces of their own."""

import functools
import os
import subprocess

_PROBE = ("unshare", "--user", "--map-root-user", "--net", "true")
_TIMEOUT_S = 5.0


@functools.cache
def has_sandbox() -> bool:
    """
    Tell whether this user may make the namespaces that the sandbox consists of.

    Chromium refuses to have it as root; containers, Lambda, and systems whose AppArmor restricts
    user namespaces, do not allow it.
    """
    if os.geteuid() == 0:
        return False
    try:
        probe = subprocess.run(_PROBE, check=False, capture_output=True, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0
