"""A scripted worker that also writes to S3 what the handler would: counters, records, a video."""

import json
import time
import uuid
from dataclasses import dataclass, replace

from fanreel.storage import layout
from fanreel.storage.invocations import (
    ASSEMBLE,
    DONE,
    MORE,
    PLAN,
    STILL,
    Invocation,
    InvocationRecord,
    chunk_work,
)
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri
from handler.events import parse_event
from tests.aws.scripted_worker import (
    SEGMENT_FRAMES,
    Event,
    FunctionFailed,
    Killed,
    ScriptedWorker,
    Throttled,
)

VIDEO = b"as good as a video"
_WORK = {"plan": PLAN, "assemble": ASSEMBLE, "still": STILL}


@dataclass(kw_only=True)
class RecordingWorker(ScriptedWorker):
    """Does what its script says, and leaves in the bucket what clients read."""

    objects: ObjectStore
    root: ObjectUri
    """The bucket."""
    render_id: str
    billed_ms: int = 1500
    memory_mb: int = 2048
    video: bytes = VIDEO

    def invoke(self, event: Event) -> Event:
        """Answer one invocation; leave a counter when it begins and a record when it ends."""
        work = _WORK.get(event["Action"]) or chunk_work(event["ChunkIndex"])
        invocation = Invocation(
            work=work, started_ms=time.time_ns() // 1_000_000, request=uuid.uuid4().hex[:8]
        )
        record = InvocationRecord(
            invocation=invocation,
            outcome=DONE,
            billed_ms=self.billed_ms,
            memory_mb=self.memory_mb,
            tmp_mb=10240,
            s3_writes=3,
            s3_reads=5,
        )
        folder = layout.progress(parse_event(event).folder)
        self.objects.write_bytes(folder.joined(invocation.live_name()), b"")
        try:
            answer = super().invoke(event)
        except (Throttled, Killed):
            counter = folder.joined(invocation.live_name())
            self.objects.write_bytes(counter, bytes(self._frames_done(event)))
            raise
        except FunctionFailed as exc:
            ended = replace(record, outcome=exc.error_type, frames=self._frames_done(event))
            self.objects.write_bytes(
                folder.joined(ended.name()),
                ended.to_json({"message": "as scripted, in S3"}),
            )
            raise
        ended = replace(record, **self._results(event, answer))
        self.objects.write_bytes(folder.joined(ended.name()), ended.to_json())
        if work in (ASSEMBLE, STILL):
            self.objects.write_bytes(ObjectUri.parse(event["OutputS3Uri"]), self.video)
        return answer

    def recorded(self, work: str) -> bool:
        """Tell whether an invocation for *work* has left its record."""
        folder = layout.progress(layout.render(self.root, self.render_id))
        return any(
            found.uri.name.startswith(f"run.{work}.") for found in self.objects.list_objects(folder)
        )

    def variables(self) -> Event:
        """Return the variables of the plan, wherever the event said they are."""
        event = next(event for event in self.invocations if event["Action"] == "plan")
        if event.get("VariablesS3Uri"):
            uri = ObjectUri.parse(event["VariablesS3Uri"])
            given: Event = json.loads(self.objects.read_bytes(uri, limit_bytes=2**24))
            return given
        return dict(event["Config"].get("variables", {}))

    def _frames_done(self, event: Event) -> int:
        if event["Action"] != "renderChunk":
            return 0
        segments = self._segments()[event["ChunkIndex"]]
        kept = {path.stem for path in self.store.iterdir()}
        return SEGMENT_FRAMES * sum(f"{start:08}-{end:08}" in kept for start, end in segments)

    def _results(self, event: Event, answer: Event) -> Event:
        if event["Action"] == "plan":
            return {
                "total_frames": self.total_frames,
                "chunk_count": self.chunks,
                "segment_frames": SEGMENT_FRAMES,
            }
        outcome = DONE if answer.get("Done", True) else MORE
        return {"outcome": outcome, "frames": self._frames_done(event)}
