"""
What keeps a child from its parent, by the system's own means.

A process of the same user can read another's first environment (`/proc/<pid>/environ`), memory and
descriptors, and attach to it, whatever `os.environ` holds by now: it must not be dumpable
(prctl(2), ptrace(2)). For root that means nothing unless the child gives up the right to ignore it.
"""

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator
from pathlib import Path

_SET_DUMPABLE, _GET_DUMPABLE, _DROP_BOUNDING, _NO_NEW_PRIVILEGES = 4, 3, 24, 38  # linux/prctl.h
_CAPABILITY_VERSION = 0x20080522  # linux/capability.h: two words of 32 capabilities each
# Files of any owner, as root in a container has them, and ending processes; no more.
_CHOWN, _DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER, _FSETID, _KILL = range(6)
_KEPT = frozenset({_CHOWN, _DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER, _FSETID, _KILL})
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")

_libc = ctypes.CDLL(None, use_errno=True)
_lock = threading.Lock()
_hidden = 0
_before = 1


def hide_process() -> None:
    """Let no process of this user look into this one, until `show_process()` as often."""
    global _hidden, _before  # noqa: PLW0603 (the process has one such state)
    with _lock:
        if _hidden == 0:
            _before = _libc.prctl(_GET_DUMPABLE, 0, 0, 0, 0)
            _libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
        _hidden += 1


def show_process() -> None:
    """Undo `hide_process()`; with the last one debuggers may attach again."""
    global _hidden  # noqa: PLW0603
    with _lock:
        _hidden -= 1
        if _hidden == 0 and _before == 1:
            _libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0)


@contextlib.contextmanager
def hidden_process() -> Iterator[None]:
    """Hide this process for the time of the block."""
    hide_process()
    try:
        yield
    finally:
        show_process()


def drop_rights() -> None:
    """
    Give up all rights of root but those over files, for this process and all it starts, for good.

    Without `CAP_SYS_PTRACE` root, too, cannot look into a hidden process. Harmless for other users.
    """
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if os.geteuid() != 0:
        return
    with contextlib.suppress(OSError, ValueError):
        for capability in set(range(int(_LAST_CAPABILITY.read_text()) + 1)) - _KEPT:
            _libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()
    if _libc.capget(header, held) != 0:
        return
    kept = sum(1 << capability for capability in _KEPT)
    # effective, permitted, inheritable of the first 32; then those of the rest
    words = (held[0] & kept, held[1] & kept, 0, 0, 0, 0)
    _libc.capset(header, (ctypes.c_uint32 * 6)(*words))
