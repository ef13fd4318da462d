"""
One event answered by a process that ends: for engines that start containers, such as Kubernetes.

    python -m handler.step '{"Action": "plan", …}'

S3, or a service like it (`AWS_ENDPOINT_URL_S3`), holds all. The reply is the last line on standard
output; log lines go to standard error. In an indexed Job the chunk is `JOB_COMPLETION_INDEX`.
"""

import json
import math
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fanreel.aws.storage.endpoint_keys import output_stores
from fanreel.aws.storage.s3_client import connect
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.engine.engine import Engine
from fanreel.engine.isolation import hide_process
from handler.cloud_run_telemetry import CloudRunTelemetry
from handler.naming import RequestFailed
from handler.settings import Settings
from handler.worker import RequestContext, Worker

TERMINAL, RETRYABLE = 65, 75
"""Exit statuses: another try does not help, or it may (BSD's EX_DATAERR and EX_TEMPFAIL)."""
INDEX = "JOB_COMPLETION_INDEX"


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Answer the event that is the one argument; return the exit status."""
    hide_process()  # what the credentials are in is nobody's to look into
    settings = Settings.from_environment(environ)
    try:
        worker = Worker(
            settings,
            output_stores(S3ObjectStore(connect()), settings.output_endpoints),
            primitives=Engine(),
            telemetry=CloudRunTelemetry(stream=sys.stderr),
            spent_usd=lambda _: 0.0,  # machines of one's own have no list price
        )
        context = RequestContext(request_id=uuid.uuid4().hex, remaining_s=lambda: math.inf)
        reply = worker.handle(_event(arguments, environ), context)
    except RequestFailed as exc:
        sys.stdout.write(exc.to_json() + "\n")
        return RETRYABLE if exc.retryable else TERMINAL
    sys.stdout.write(json.dumps(reply) + "\n")
    return 0


def _event(arguments: Sequence[str], environ: Mapping[str, str]) -> Any:
    event = json.loads(arguments[0]) if arguments else None
    if isinstance(event, dict) and event.get("Action") == "renderChunk" and INDEX in environ:
        event["ChunkIndex"] = int(environ[INDEX])
    return event


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
