"""
Lambda's entry point: one worker for the container's life, failures under their codes' names.

Lambda's Python runtime reports `type(exc).__name__` as `errorType`, and that is what a state
machine's `ErrorEquals` matches; `errorMessage` is JSON for people and programs.
"""

import os
from typing import TYPE_CHECKING, Any

from fanreel.engine.engine import Engine
from fanreel.engine.isolation import hide_process
from fanreel.engine.warm import stay_warm
from fanreel.processes import age_ms
from fanreel.versions import architecture
from handler.naming import RequestFailed, named
from handler.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from fanreel.storage.progress import RenderActivity
    from handler.worker import Worker

_worker: "Worker | None" = None


def lambda_handler(event: Any, context: "LambdaContext") -> dict[str, Any]:
    """Answer one event; the container's worker is made once."""
    return answer(_container_worker(), event, context)


def answer(worker: "Worker", event: Any, context: "LambdaContext") -> dict[str, Any]:
    """
    Have *worker* answer one event.

    Raises:
        An exception whose class is named by the failure's code.
    """
    from handler.worker import RequestContext  # noqa: PLC0415 (see `_container_worker`)

    request = RequestContext(
        request_id=context.aws_request_id,
        remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    try:
        return worker.handle(event, request)
    except RequestFailed as exc:
        raise named(exc) from None


def spent_usd(activity: "RenderActivity", settings: Settings) -> float:
    """Return what the workers of a render have cost so far, by Lambda's list prices."""
    # The prices are of no use to a render without a limit, and a cold start reads no more than it
    # needs.
    from fanreel.aws.cost.functions import FunctionSettings  # noqa: PLC0415
    from fanreel.aws.cost.prices import REFERENCE_REGION, prices_for  # noqa: PLC0415
    from fanreel.aws.cost.render_cost import cost_of  # noqa: PLC0415
    from fanreel.aws.cost.usage import used_so_far  # noqa: PLC0415

    function = FunctionSettings(
        memory_mb=settings.memory_mb,
        tmp_mb=settings.tmp_mb,
        architecture="arm64" if architecture() == "arm64" else "x86_64",
    )
    usage, _ = used_so_far(activity, function, None)
    region = os.environ.get("AWS_REGION", REFERENCE_REGION)
    return cost_of(usage, prices_for(region, function.architecture)).total_usd


def _container_worker() -> "Worker":
    global _worker  # noqa: PLW0603 (what a warm container keeps)
    if _worker is None:
        hide_process()  # for good: what the credentials are in is nobody's to look into
        settings = Settings.from_environment()
        # It imports what the steps need while this process imports AWS's libraries and connects.
        stay_warm()
        from fanreel.aws.storage.endpoint_keys import output_stores  # noqa: PLC0415
        from fanreel.aws.storage.s3_client import connect  # noqa: PLC0415
        from fanreel.aws.storage.s3_store import S3ObjectStore  # noqa: PLC0415
        from handler.lambda_telemetry import LambdaTelemetry  # noqa: PLC0415
        from handler.worker import Worker  # noqa: PLC0415

        _worker = Worker(
            settings,
            output_stores(S3ObjectStore(connect()), settings.output_endpoints),
            primitives=Engine(),
            telemetry=LambdaTelemetry(),
            spent_usd=lambda activity: spent_usd(activity, settings),
            init_ms=age_ms(),
        )
    return _worker


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # In Lambda's init phase, which has a processor of its own: not in the first invocation.
    _container_worker()
