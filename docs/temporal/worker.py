"""
Renders under Temporal: a workflow of plan, chunks, assembly, and the worker that takes its steps.

    FANREEL_RENDER_BUCKET=BUCKET python worker.py --address temporal.example.com:7233

Runs in fanreel's image with `pip install temporalio`; start `Render` on the task queue `fanreel`
with `{"RenderId": …, "ProjectS3Uri": "s3://BUCKET/project.zip", "Config": {…}}`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from fanreel.errors import TERMINAL_CODES

TASK_QUEUE = "fanreel"
RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    maximum_attempts=4,
    non_retryable_error_types=list(TERMINAL_CODES),
)
"""Four tries, but for what another try does not help: the error's type is fanreel's code."""
HEARTBEAT_S = 10.0
_SILENCE = timedelta(seconds=60)
_LONGEST = timedelta(hours=12)

Event = dict[str, Any]


@activity.defn
async def plan(event: Event) -> Event:
    """Plan a project."""
    return await _step("plan", event)


@activity.defn
async def render_chunk(event: Event) -> Event:
    """Render a chunk; segments that an earlier try has kept are found."""
    return await _step("renderChunk", event)


@activity.defn
async def assemble(event: Event) -> Event:
    """Put the video together."""
    return await _step("assemble", event)


async def _step(action: str, event: Mapping[str, Any]) -> Event:
    """
    Answer one event in a process of its own, which is ended when the activity is cancelled.

    Raises:
        ApplicationError: Its type is the error's code.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handler.step", json.dumps({"Action": action, **event})),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    said = asyncio.ensure_future(process.communicate())
    try:
        while not (await asyncio.wait([said], timeout=HEARTBEAT_S))[0]:
            activity.heartbeat()
    finally:
        if not said.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        out, _ = await said
    lines = out.decode().splitlines()
    if not lines:  # ended from outside, as when memory runs out
        raise ApplicationError(f"the step ended with status {process.returncode}", type="Lost")
    told: Event = json.loads(lines[-1])
    if process.returncode:
        raise ApplicationError(told["Message"], told, type=told["Code"])
    return told


@workflow.defn
class Render:
    """One render; its id names it in the bucket, so starting it again goes on where it was."""

    @workflow.run
    async def run(self, asked: Event) -> Event:
        """Plan, render all chunks at once, assemble; return the reply of `assemble`."""
        bucket = asked["ProjectS3Uri"].removeprefix("s3://").partition("/")[0]
        name = asked["RenderId"]
        folder = f"s3://{bucket}/renders/{name}/"
        planned = await _ask(plan, {**asked, "PlanOutputS3Prefix": folder})
        work = {
            "RenderId": name,
            "PlanManifestS3Uri": f"{folder}plan.json",
            "PlanHash": planned["PlanHash"],
            "Format": planned["Format"],
        }
        chunks = range(planned["ChunkCount"])
        await asyncio.gather(*(_ask(render_chunk, {**work, "ChunkIndex": i}) for i in chunks))
        output = f"s3://{bucket}/outputs/{name}.{planned['Format']}"
        return await _ask(assemble, {**work, "OutputS3Uri": output, "Cfr": False})


async def _ask(step: Any, event: Event) -> Event:
    reply: Event = await workflow.execute_activity(
        step,
        event,
        start_to_close_timeout=_LONGEST,
        heartbeat_timeout=_SILENCE,
        retry_policy=RETRIES,
    )
    return reply


async def main() -> None:
    """Take steps, one at a time: each keeps the processors of the machine busy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="127.0.0.1:7233")
    client = await Client.connect(parser.parse_args().address)
    steps = [plan, render_chunk, assemble]
    await Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Render],
        activities=steps,
        max_concurrent_activities=1,
    ).run()


if __name__ == "__main__":
    asyncio.run(main())
