"""
A process that has imported what a child needs, and is copied for each child.

Importing takes half a second of a processor, which several children then pay once. This process
itself opens no page and no media; once there are children enough it becomes a small one, which only
waits for them.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import traceback
from typing import NoReturn

from fanreel.engine import child
from fanreel.engine.forking import ENDED, REPORT_FORMAT, SETTLE, STARTED, Report
from fanreel.engine.isolation import drop_rights

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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    os.set_inheritable(control_fd, False)  # noqa: FBT003 (posix)
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
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                return
            if message == SETTLE:
                _wait_only(control_fd)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                control.close()
                _be_child(descriptors[0])
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


def _be_child(connection_fd: int) -> NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        child.main(connection_fd)
        status = 0
    except BaseException:  # noqa: BLE001 (what an interpreter of its own would print)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
