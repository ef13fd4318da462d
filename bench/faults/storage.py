"""An S3 that is slow, fails, throttles and lies, and workers that were started twice."""

import contextlib
import functools
import hashlib
import logging
import random
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from bench.faults.endings import Ending, Verdict, lost, refused
from bench.faults.ground import Ground, KnownSegments
from bench.faults.lying_s3 import LIES, LyingS3
from fanreel.aws.storage.s3_client import connect
from fanreel.config import RenderConfig
from fanreel.errors import RETRYABLE_CODES
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.results import AssembleResult, ChunkResult, PlanResult, StillResult
from fanreel.segments.chunks import SegmentWork, read_chunk, render_chunk_segments
from fanreel.segments.stores import SegmentStore
from fanreel.segments.verification import verify_plan
from fanreel.work.assembly import make_video
from tests.aws.handling import Function, deployed

_TRIES = 4
"""As the state machine tries a retryable failure."""
_PLACE = {"LocationConstraint": "eu-central-1"}


class KnownSteps:
    """The steps of the ground's film, without a browser; everything around them is real."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.renderer = KnownSegments(ground)

    def cancel(self) -> None:
        """Need nothing."""

    resume = cancel

    def plan(
        self,
        project_dir: Path,
        config: RenderConfig,
        plan_dir: Path,
        *,
        temp_dir: Path | None = None,
    ) -> PlanResult:
        """Return the known plan, if the project came as it was sent."""
        del config, temp_dir
        for path in self._ground.project.iterdir():
            if (project_dir / path.name).read_bytes() != path.read_bytes():
                raise AssertionError(f"{path.name} is not what was sent")
        shutil.copytree(self._ground.plan_dir, plan_dir)
        return self._ground.planned

    def render_chunk(  # noqa: PLR0913 (each is an option)
        self,
        plan_dir: Path,
        chunk_index: int,
        output_path: Path | None,
        *,
        store: SegmentStore | None = None,
        remaining_s: Callable[[], float] | None = None,
        heartbeat: Callable[[int], None] | None = None,
        cache: CacheSettings | None = None,
        temp_dir: Path | None = None,
        fetch: Callable[[], None] | None = None,
    ) -> ChunkResult:
        """Fetch and check the plan as a worker does, and send its segments."""
        del cache
        if fetch is not None:
            fetch()
        verify_plan(plan_dir, chunk_index)
        work_dir = (temp_dir or plan_dir.parent) / f"work-{uuid.uuid4().hex}"
        work_dir.mkdir()
        work = SegmentWork(
            store=store, remaining_s=remaining_s, heartbeat=heartbeat, work_dir=work_dir
        )
        try:
            return render_chunk_segments(
                self.renderer,
                read_chunk(plan_dir, chunk_index),
                work,
                output_path,
                lambda _paths, _output: None,
                lambda _outcome: CacheStats(),
            )
        finally:
            shutil.rmtree(work_dir)

    def assemble(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        output_path: Path,
        *,
        cfr: bool = False,
    ) -> AssembleResult:
        """Put them together."""
        del cfr
        return make_video(plan_dir, chunk_paths, audio_path, output_path)

    def still(
        self, project_dir: Path, output: Path, at_s: Fraction, config: RenderConfig
    ) -> StillResult:
        """Be asked by no event here."""
        raise NotImplementedError

    def assemble_parts(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        parts_dir: Path,
        part_bytes: int,
    ) -> AssembleResult:
        """Be asked by no event here: the film is small."""
        raise NotImplementedError


class Storage:
    """One real S3 on loopback with a lying one before it, for all runs of a process."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        _, port = self._server.get_host_and_port()
        self.lying = LyingS3(port).__enter__()
        session = boto3.session.Session("testing", "testing", region_name="eu-central-1")
        self.client = connect(session, self.lying.url)
        self.bucket = "render-faults"
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=_PLACE)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def lies(self, rng: random.Random, *, twice: bool) -> Iterator[None]:
        """Lie for a while, as *rng* has it."""
        lying = self.lying
        lying.rng, lying.chance = rng, rng.choice((0.05, 0.2, 0.6))
        lying.left = rng.randint(0 if twice else 1, 12)
        lying.lies = LIES if rng.random() < 0.5 else (rng.choice(LIES),)
        try:
            yield
        finally:
            lying.chance = 0.0


def lying_storage(storage: Storage, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Requests fail, are answered late, cut off, wrongly or not at all."""
    return _through(storage, rng, ground, folder, twice=False)


def fired_twice(storage: Storage, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Each worker is started twice at once, with an S3 that may fail besides."""
    return _through(storage, rng, ground, folder, twice=True)


def _through(
    storage: Storage, rng: random.Random, ground: Ground, folder: Path, *, twice: bool
) -> Verdict:
    steps = KnownSteps(ground)
    render_id = f"r{rng.getrandbits(64):016x}"
    with contextlib.ExitStack() as stack:
        containers = [
            stack.enter_context(
                deployed(storage.client, storage.bucket, folder, steps, ground.project)
            )
            for _ in range(2 if twice else 1)
        ]
        for container in containers:
            container.render_id = render_id
        with storage.lies(rng, twice=twice):
            failed = _render(containers, ground)
        verdict = failed or _outcome(storage, render_id, ground)
    rendered = steps.renderer.rendered
    often = max(map(rendered.count, rendered), default=0)
    if often > _TRIES * len(containers):
        return lost(f"a segment was rendered {often} times")
    return verdict


def _render(containers: list[Function], ground: Ground) -> Verdict | None:
    """Run a render as the state machine does; return the verdict if it failed."""
    first = containers[0]
    reply, code = _tried(first.planned)
    if reply is None:
        return refused(code)
    for container in containers:
        container.plan = reply
    # Each run's own, or the second would find the first's.
    prefix = f"s3://{first.bucket}/segments/{first.render_id}/{ground.planned.plan_hash}/"
    for index in range(ground.planned.chunk_count):
        codes = _at_once(containers, index, prefix)
        if all(codes):
            return refused(codes[0])
    event = first.assemble_event(ChunkOutputS3Prefix=prefix)
    reply, code = _tried(functools.partial(first.invoke, event))
    if reply is None:
        return refused(code)
    return None if reply["Sha256"] == ground.sha256 else lost("another digest was told")


def _tried(invoke: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
    """Return the reply, or the code of the last failure."""
    code = ""
    for _ in range(_TRIES):
        try:
            return invoke(), ""
        except Exception as exc:  # noqa: BLE001 (its class is named by the code)
            code = type(exc).__name__
            if code not in RETRYABLE_CODES:
                break
    return None, code


def _at_once(containers: list[Function], index: int, prefix: str) -> list[str]:
    """Have each container render the same chunk; return their codes, empty for success."""
    with ThreadPoolExecutor(len(containers)) as pool:
        answers = [
            pool.submit(
                _tried,
                functools.partial(
                    container.invoke, container.chunk_event(index, ChunkOutputS3Prefix=prefix)
                ),
            )
            for container in containers
        ]
    return [answer.result()[1] for answer in answers]


def _outcome(storage: Storage, render_id: str, ground: Ground) -> Verdict:
    key = f"outputs/{render_id}.mp4"
    content = storage.client.get_object(Bucket=storage.bucket, Key=key)["Body"].read()
    if hashlib.sha256(content).hexdigest() != ground.sha256:
        return lost("other bytes in the bucket")
    return Verdict(Ending.RECOVERED)
