"""The service of Cloud Run as a process of its own, behind HTTP, as it runs in the image."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from fanreel.browser.orphans import processes_of
from fanreel.processes import kill_all
from tests.aws.handling import short_tmp_dir

REPOSITORY = Path(__file__).parents[2]
START_LIMIT_S = 60.0


@dataclass
class Instance:
    """Where an instance listens."""

    url: str
    headers: dict[str, str] = field(default_factory=dict, kw_only=True)

    def post(self, event: Any) -> tuple[int, dict[str, Any]]:
        """Send a request; give status and answer."""
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        request = urllib.request.Request(self.url, data, self.headers, method="POST")  # noqa: S310 (loopback)
        try:
            with urllib.request.urlopen(request, timeout=240) as answer:  # noqa: S310 (loopback)
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, json.loads(exc.read())

    def health(self) -> int:
        """Return the status of `/health`, 0 where nobody listens."""
        try:
            with urllib.request.urlopen(f"{self.url}health", timeout=5) as answer:  # noqa: S310 (loopback)
                return int(answer.status)
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code
        except OSError:
            return 0


@dataclass
class ServiceProcess(Instance):
    """An instance that is a process of this machine."""

    process: subprocess.Popen[bytes]
    log_path: Path
    tmp_dir: Path

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has told so far."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def serving(storage_url: str, bucket: str | None, **environ: str) -> Iterator[ServiceProcess]:
    """Start an instance and wait until it listens; it is killed at the end, if it still runs."""
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("FANREEL_")}
    with short_tmp_dir() as tmp_dir, tempfile.NamedTemporaryFile(suffix=".log") as log:
        environment = kept | {
            "STORAGE_EMULATOR_HOST": storage_url,
            "GOOGLE_CLOUD_PROJECT": "project",
            "PORT": str(port),
            "FANREEL_HOST": "127.0.0.1",
            "FANREEL_TMP_DIR": str(tmp_dir),
            "TMPDIR": str(tmp_dir),
            "FANREEL_MEMORY_MB": "4096",
            "FANREEL_CPU": "2",
            **({"FANREEL_RENDER_BUCKET": bucket} if bucket else {}),
            **environ,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "handler.cloud_run"],
            cwd=REPOSITORY,
            env=environment,
            stdout=log,
        )
        service = ServiceProcess(f"http://127.0.0.1:{port}/", process, Path(log.name), tmp_dir)
        try:
            until = time.monotonic() + START_LIMIT_S
            while service.health() != 200:
                assert process.poll() is None, "it ended before it listened"
                assert time.monotonic() < until, "it did not listen in time"
                time.sleep(0.05)
            yield service
        finally:
            # What it started would end by itself, but writes and clears its folder until then.
            kill_all({process.pid, *_told_of(tmp_dir), *processes_of(tmp_dir)})
            process.wait()


def _told_of(folder: Path) -> list[int]:
    """Return the processes in whose environment a folder is, whoever their parent is by now."""
    found = psutil.process_iter(["environ"])
    return [one.pid for one in found if str(folder) in (one.info["environ"] or {}).values()]
