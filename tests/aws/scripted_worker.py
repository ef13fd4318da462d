"""
A worker behind Lambda's Invoke API on loopback, for interpreters of the state machine.

It keeps the handler's contract and the rule of segments (one file each, appearing whole, found
before it is made), but draws nothing, and it fails where its script says.
"""

import json
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from fanreel.errors import CATALOGUE, RenderError
from fanreel.timing.timeline import build_chunk_slices, resolve_chunk_plan, segments_of
from handler.events import parse_event
from handler.naming import RequestFailed, describe, named
from tests.loopback import Answering, Loopback

Event = dict[str, Any]
PLAN_HASH = "5" * 64
SEGMENT_FRAMES = 10


@dataclass(frozen=True, slots=True)
class FunctionFailed(Exception):
    """The invocation ends as Lambda reports it: with this error type."""

    error_type: str


@dataclass(frozen=True, slots=True)
class Throttled(Exception):
    """Lambda refuses the invocation: HTTP 429."""


@dataclass(frozen=True, slots=True)
class Killed(Exception):
    """The process is gone in the middle of its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one invocation does instead of finishing: *segments* of its work, then *ending*."""

    ending: Exception | None = None
    """None: it sees its deadline and says how far it came."""
    segments: int = 0
    before: Callable[[], object] = lambda: None
    """Called when the invocation begins."""


@dataclass
class ScriptedWorker:
    """Counts what it is asked and what it makes."""

    store: Path
    chunks: int = 2
    segments_per_chunk: int = 3
    output_format: str = "mp4"
    script: dict[tuple[str, int | None], deque[Step]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    invocations: list[Event] = field(default_factory=list)
    begun: Counter[str] = field(default_factory=Counter)
    """How often each segment was begun, finished or not."""
    most_at_once: int = 0
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, action: str, chunk: int | None, *steps: Step) -> Self:
        """Script the coming invocations of *action*; later ones succeed."""
        self.script[action, chunk].extend(steps)
        return self

    def count(self, action: str, chunk: int | None = None) -> int:
        """Return how often *action* was invoked, for one chunk or for all."""
        return sum(
            event["Action"] == action and chunk in (None, event.get("ChunkIndex"))
            for event in self.invocations
        )

    def invoke(self, event: Event) -> Event:
        """Answer one invocation as the handler would, which has to understand the event."""
        parse_event(event)
        with self._lock:
            self.invocations.append(event)
            steps = self.script[event["Action"], event.get("ChunkIndex")]
            step = steps.popleft() if steps else None
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            if step is not None:
                step.before()
                if isinstance(step.ending, Throttled):  # never reaches the function
                    raise step.ending
            actions = {
                "plan": self._plan,
                "renderChunk": self._chunk,
                "assemble": self._assemble,
                "still": self._still,
            }
            return actions[event["Action"]](event, step)
        finally:
            with self._lock:
                self._running -= 1

    @property
    def is_busy(self) -> bool:
        """Whether an invocation is under way."""
        return self._running > 0

    @property
    def total_frames(self) -> int:
        """Length of the timeline in frames."""
        return self.chunks * self.segments_per_chunk * SEGMENT_FRAMES

    def _plan(self, event: Event, step: Step | None) -> Event:
        if step is not None and step.ending is not None:
            raise step.ending
        return {
            "PlanManifestS3Uri": event["PlanOutputS3Prefix"] + "plan.json",
            "PlanHash": PLAN_HASH,
            "ChunkCount": self.chunks,
            "TotalFrames": self.total_frames,
            "Fps": "30",
            "Width": 1920,
            "Height": 1080,
            "Format": self.output_format,
            "HasAudio": False,
            "FfmpegVersion": "0",
            "ProducerVersion": "0",
            "DurationMs": self.total_frames * 1000 // 30,
        }

    def _segments(self) -> list[list[tuple[int, int]]]:
        plan = resolve_chunk_plan(
            self.total_frames,
            max_parallel_chunks=self.chunks,
            target_chunk_frames=self.segments_per_chunk * SEGMENT_FRAMES,
            segment_frames=SEGMENT_FRAMES,
        )
        return [
            segments_of(chunk.start_frame, chunk.end_frame, SEGMENT_FRAMES)
            for chunk in build_chunk_slices(plan)
        ]

    def _chunk(self, event: Event, step: Step | None) -> Event:
        segments = self._segments()[event["ChunkIndex"]]
        made = 0
        for start, end in segments:
            path = self.store / f"{start:08}-{end:08}.mp4"
            if path.exists():
                continue
            if step is not None and step.ending is None and made == step.segments:
                return _chunk_result(event, done=False, next_frame=start, frames=made)
            self.begun[path.stem] += 1
            if step is not None and step.ending is not None and made == step.segments:
                raise step.ending
            path.write_bytes(b"")
            made += 1
        return _chunk_result(event, done=True, next_frame=segments[-1][1], frames=made)

    def _assemble(self, event: Event, step: Step | None) -> Event:
        if step is not None and step.ending is not None:
            raise step.ending
        if len(list(self.store.iterdir())) != self.chunks * self.segments_per_chunk:
            raise FunctionFailed("MISSING_PLAN_ARTIFACT")
        return {
            "OutputS3Uri": event["OutputS3Uri"],
            "FramesEncoded": self.total_frames,
            "FileSize": 1,
            "Sha256": "0" * 64,
            "DurationMs": self.total_frames * 1000 // 30,
        }

    def _still(self, event: Event, step: Step | None) -> Event:
        if step is not None and step.ending is not None:
            raise step.ending
        return {
            "OutputS3Uri": event["OutputS3Uri"],
            "AtS": float(Fraction(event["AtS"])),
            "Frame": 75,
            "Width": 1920,
            "Height": 1080,
            "FileSize": 1,
            "Sha256": "0" * 64,
            "Warnings": ["lanes overlap"],
        }


def _chunk_result(event: Event, *, done: bool, next_frame: int, frames: int) -> Event:
    return {
        "ChunkIndex": event["ChunkIndex"],
        "Done": done,
        "NextFrame": next_frame,
        "FramesEncoded": frames * SEGMENT_FRAMES,
        "Sha256": "0" * 64,
    }


class LambdaEndpoint(Loopback):
    """Lambda's Invoke API in front of one worker per render id."""

    def __init__(self) -> None:
        self.workers: dict[str, ScriptedWorker] = {}
        self.invoked: dict[str, list[str]] = {}
        """Names of the functions that each render invoked, in order."""
        endpoint = self

        class Handler(Answering):
            def do_POST(self) -> None:  # noqa: N802 (http.server's name)
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                # /2015-03-31/functions/NAME/invocations
                name = unquote(self.path).split("/")[-2].rpartition(":")[2]
                endpoint.invoked.setdefault(event["RenderId"], []).append(name)
                status, headers, answer = _answer(endpoint.workers[event["RenderId"]], event)
                headers |= {"x-amzn-RequestId": "00000000-0000-4000-8000-000000000000"}
                self.give(status, json.dumps(answer).encode(), headers=headers)

        super().__init__(Handler)


def _answer(worker: ScriptedWorker, event: Event) -> tuple[int, dict[str, str], Event]:
    failed = {"X-Amz-Function-Error": "Unhandled"}
    try:
        return 200, {}, worker.invoke(event)
    except FunctionFailed as exc:
        if exc.error_type not in CATALOGUE:
            return 200, failed, {"errorType": exc.error_type, "errorMessage": "as scripted"}
        return 200, failed, _as_lambda_tells(CATALOGUE[exc.error_type]("as scripted"), event)
    except RenderError as exc:
        return 200, failed, _as_lambda_tells(exc, event)
    except Killed:
        # The words of Lambda's runtime emulator when the process dies of SIGKILL.
        message = "RequestId: 0 Error: Runtime exited with error: signal: killed"
        return 200, failed, {"errorType": "Runtime.ExitError", "errorMessage": message}
    except Throttled:
        refusal = {"Reason": "ConcurrentInvocationLimitExceeded", "message": "Rate Exceeded."}
        return 429, {"x-amzn-ErrorType": "TooManyRequestsException"}, refusal


def _as_lambda_tells(error: RenderError, event: Event) -> Event:
    """Return Lambda's answer to what the handler raises for *error*."""
    raised = named(
        RequestFailed(describe(error, Path("/nowhere"), ChunkIndex=event.get("ChunkIndex")))
    )
    return {
        "errorType": type(raised).__name__,
        "errorMessage": str(raised),
        "requestId": "00000000-0000-4000-8000-000000000000",
        "stackTrace": ['  File "/opt/fanreel/handler/app.py", line 1, in handle\n'],
    }


def wait_until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    """Wait until *condition* holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
