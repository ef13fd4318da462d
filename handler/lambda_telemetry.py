"""What an invocation tells the outside on AWS: log lines, metrics in EMF, a trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from fanreel.errors import RenderError
from fanreel.storage.invocations import InvocationRecord
from handler.telemetry import numbers_of


class LambdaTelemetry:
    """
    One start line, and one end or error line, each with render id, chunk and code.

    Args:
        service: Name in log lines, metrics and traces.
        stream: Where log lines go; None for standard output, which Lambda collects.
    """

    def __init__(self, service: str = "fanreel", stream: IO[str] | None = None) -> None:
        self._logger = Logger(service=service, stream=stream)
        self._metrics = Metrics(namespace="fanreel", service=service)
        # S3 is called from many threads, hundreds of times: the phases say more than that.
        self._tracer = Tracer(service=service, auto_patch=False)

    def begin(self, request_id: str) -> None:
        """Forget the previous invocation."""
        self._metrics.clear_metrics()
        self._logger.clear_state()
        self._logger.append_keys(function_request_id=request_id)

    def start(self, *, cold: bool, **about: Any) -> None:
        """Say what begins; the render id and the chunk stay on every line that follows."""
        self._logger.append_keys(**{k: v for k, v in about.items() if v is not None})
        self._logger.info("start", extra={"cold_start": cold})

    def warn(self, error: RenderError) -> None:
        """Tell of a failure that ends nothing."""
        self._logger.warning("continued", extra={"code": error.code, "reason": error.message})

    def end(self, record: InvocationRecord, warnings: tuple[str, ...] = ()) -> None:
        """Say how it ended well, and publish its numbers."""
        for warning in warnings:
            self._logger.warning("composition", extra={"reason": warning})
        self._logger.info("end", extra=numbers_of(record) | {"outcome": record.outcome})
        self._publish(record)

    def fail(self, record: InvocationRecord, exc: BaseException) -> None:
        """Say under which code it failed; the stack goes to the log and nowhere else."""
        said = {"code": record.outcome, "reason": str(exc)[:4000]}
        self._logger.error("error", exc_info=exc, extra=numbers_of(record) | said)
        self._metrics.add_metric(name="Failures", unit=MetricUnit.Count, value=1)
        self._publish(record)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Make *name* a subsegment of the trace."""
        with self._tracer.provider.in_subsegment(f"## {name}"):
            yield

    def _publish(self, record: InvocationRecord) -> None:
        # Three numbers of three steps: every name with every value of a dimension is billed as a
        # metric, so all else is in the log line only.
        work = record.invocation.work
        add = self._metrics.add_metric
        self._metrics.add_dimension(name="work", value=work if not work.isdigit() else "chunk")
        add(name="Billed", unit=MetricUnit.Milliseconds, value=record.billed_ms)
        add(name="MemoryUsed", unit=MetricUnit.Megabytes, value=record.memory_used_mb)
        self._metrics.flush_metrics()
