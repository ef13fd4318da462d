"""The process that children are copies of is lost, or stands still, amid a step."""

import contextlib
import os
import random
import signal
import threading
from pathlib import Path

import psutil

from bench.faults.commands import COMMANDS, a_place
from bench.faults.endings import Ending, Verdict, lost, refused
from bench.faults.ground import Ground
from fanreel import render_chunk
from fanreel.engine.warm import keep_warm
from fanreel.errors import RenderError
from fanreel.files.digest import sha256_file

CHUNK = COMMANDS[1]


def server_lost(
    number: signal.Signals, rng: random.Random, ground: Ground, folder: Path
) -> Verdict:
    """It gets signal *number* at any moment of a chunk; the next chunk finds a way too."""
    with a_place(folder, ground) as place, keep_warm():
        seconds = rng.uniform(-0.2, ground.undisturbed[CHUNK.step].seconds)
        if seconds < 0:
            _send(number)
        timer = threading.Timer(max(0.0, seconds), _send, [number])
        timer.start()
        try:
            for name in (CHUNK.output, f"next-{CHUNK.output}"):
                render_chunk(ground.plan_dir, 0, place.out / name)
                if sha256_file(place.out / name) != ground.undisturbed[CHUNK.step].sha256:
                    return lost("other bytes")
                timer.join()
        except RenderError as error:
            return refused(error.code)
        finally:
            timer.cancel()
            timer.join()
        place.check_nothing_left()
    return Verdict(Ending.RECOVERED)


def _send(number: signal.Signals) -> None:
    for process in psutil.Process(os.getpid()).children():
        with contextlib.suppress(psutil.Error):
            if any("fork_server" in word for word in process.cmdline()):
                process.send_signal(number)
