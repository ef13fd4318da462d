"""
A process that has imported what a child needs, and is copied for each child.

Importing takes half a second of a processor, which several children then pay once. This process
itself opens no page and no media, and no child can look into it; once there are children enough it
can become a small one, which only waits for them.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from typing import NoReturn

from fanreel.engine.forking import (
    ENDED,
    MOST_MESSAGE_BYTES,
    REPORT_FORMAT,
    SETTLE,
    STARTED,
    Copy,
    Report,
)
from fanreel.engine.isolation import drop_rights, hide_process, show_process
from fanreel.engine.process import CHILD, DECODING

# For an interpreter without libraries, which takes 5 MB. A process that becomes another program
# keeps its children.
_WAITER = """
import os, struct, sys
control_fd, form, ended = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
try:
    while True:
        pid, status = os.wait()
        os.write(control_fd, struct.pack(form, ended, pid, os.waitstatus_to_exitcode(status)))
except OSError:
    pass  # there is no child any more, or nobody to tell
"""


def main(control_fd: int) -> None:
    """Fork a child for each descriptor that comes through *control_fd*, until its peer is gone."""
    drop_rights()
    hide_process()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    os.set_inheritable(control_fd, False)  # noqa: FBT003 (posix)
    for module in (CHILD, DECODING):
        importlib.import_module(module)
    # Collecting would write into the pages that all copies share.
    gc.collect()
    gc.freeze()
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    with socket.socket(fileno=control_fd) as control, contextlib.suppress(OSError):
        while True:
            ready, _, _ = select.select([control_fd, woken], [], [])
            if woken in ready:
                os.read(woken, 1024)
                _report_ended(control)
            if control_fd not in ready:
                continue
            message, descriptors, _, _ = socket.recv_fds(control, MOST_MESSAGE_BYTES, 1)
            if not message:
                return
            if message == SETTLE:
                _wait_only(control_fd)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                control.close()
                os.close(woken)
                os.close(waker)
                _be_child(Copy.unpacked(message), descriptors[0])
            os.close(descriptors[0])
            control.send(Report(kind=STARTED, pid=pid).packed())


def _wait_only(control_fd: int) -> NoReturn:
    os.set_inheritable(control_fd, True)  # noqa: FBT003 (posix)
    argv = [sys.executable, "-I", "-S", "-c", _WAITER, str(control_fd), REPORT_FORMAT, str(ENDED)]
    os.execv(argv[0], argv)  # noqa: S606 (no shell is wanted)


def _report_ended(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            status = os.waitstatus_to_exitcode(ended[1])
            control.send(Report(kind=ENDED, pid=ended[0], status=status).packed())


def _be_child(copy: Copy, connection_fd: int) -> NoReturn:
    status = 1
    try:
        show_process()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(copy.environment)
        tempfile.tempdir = None  # an import may have asked, and it is kept
        os.chdir(copy.directory)
        importlib.import_module(copy.module).main(connection_fd)
        status = 0
    except BaseException:  # noqa: BLE001 (what an interpreter of its own would print)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
