"""
Many renders of one project with different variables: read, checked as a whole, run a few at once.

A batch file is JSON Lines, one object a line:

    {"variables": {...}, "renderId": "...", "config": {...},
     "outputUri": "s3://...", "output": {...}}

All keys are optional; `config` is laid over the batch's own configuration.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig, RenderError
from fanreel.files.digest import canonical_json
from fanreel.remote.inputs import RenderRequest, build_request
from fanreel.remote.results import BatchItem, Failure, Progress, StartedRender
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.uris import ObjectUri

DEFAULT_MAX_CONCURRENT = 5
"""Renders of a batch at once; each runs many chunks at once itself."""


class BatchLine(BaseModel):
    """One render of a batch."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    render_id: str | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    output_uri: str | None = None
    output: dict[str, Any] = Field(default_factory=dict)


def parse_batch(text: str) -> list[BatchLine]:
    """
    Read a batch file's text; blank lines are skipped.

    Raises:
        InvalidConfig: A line is not as described above; every bad line is named. Terminal.
    """
    numbered: list[tuple[int, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                numbered.append((number, json.loads(line)))
            except ValueError as exc:
                numbered.append((number, exc))
    return check_lines(numbered)


def check_lines(numbered: Iterable[tuple[int, Any]]) -> list[BatchLine]:
    """
    Check the objects of a batch; an exception among them is a line that is not JSON.

    Raises:
        InvalidConfig: One is not as described above; every bad one is named. Terminal.
    """
    lines, problems = [], []
    for number, value in numbered:
        if isinstance(value, ValueError):
            problems.append(f"line {number}: not JSON: {value}")
            continue
        try:
            lines.append(BatchLine.model_validate(value))
        except ValidationError as exc:
            problems += [_told(number, dict(error)) for error in exc.errors(include_url=False)]
    if problems or not lines:
        raise InvalidConfig(
            "invalid batch: " + ("; ".join(problems) or "it has no lines"), problems=problems
        )
    return lines


def _told(number: int, error: Mapping[str, Any]) -> str:
    """Say what is wrong with one line, and what it may have instead."""
    where = ".".join(map(str, error["loc"])) or "the line"
    if error["type"] == "extra_forbidden":
        allowed = ", ".join(field.alias or name for name, field in BatchLine.model_fields.items())
        return f"line {number}: {where}: there is no such key; allowed: {allowed}"
    return f"line {number}: {where}: {error['msg']}"


def read_batch(path: Path) -> list[BatchLine]:
    """
    Read a batch file.

    Raises:
        InvalidConfig: It cannot be read, or a line is wrong. Terminal.
    """
    try:
        return parse_batch(path.read_text())
    except OSError as exc:
        raise InvalidConfig(f"the batch file {path} cannot be read: {exc}") from exc


def batch_requests(
    lines: Sequence[BatchLine],
    *,
    bucket: ObjectUri,
    project_uri: str,
    config: RenderConfig | Mapping[str, Any] | None = None,
    output: OutputOptions | None = None,
    **shared: Any,
) -> list[RenderRequest]:
    """
    Check every line before anything is started.

    A line without an id gets one from its place and content, so running the same file again
    continues where it stopped rather than rendering everything twice. *shared* is what
    `build_request()` takes and all have in common.

    Raises:
        InvalidConfig: A line is not a valid render, or two have one id; all are named. Terminal.
    """
    laid_under = (output or OutputOptions()).model_dump(exclude_unset=True)
    base = config.to_json() if isinstance(config, RenderConfig) else dict(config or {})
    requests: list[RenderRequest] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for index, line in enumerate(lines):
        merged = base | line.config
        merged["variables"] = (
            base.get("variables", {}) | line.config.get("variables", {}) | line.variables
        )
        try:
            request = build_request(
                bucket=bucket,
                project_uri=project_uri,
                config=merged,
                render_id=line.render_id or _line_id(index, project_uri, merged, line),
                output_uri=line.output_uri,
                output=_over(laid_under, line),
                **shared,
            )
        except RenderError as exc:
            problems.append(f"render {index + 1}: {exc}")
            continue
        first = seen.setdefault(request.render_id, index)
        if first != index:
            problems.append(
                f"render {index + 1}: has the id {request.render_id} of render {first + 1}"
            )
        requests.append(request)
    if problems:
        raise InvalidConfig("invalid batch: " + "; ".join(problems), problems=problems)
    return requests


def _over(options: Mapping[str, Any], line: BatchLine) -> OutputOptions:
    own = OutputOptions.of(line.output).model_dump(exclude_unset=True)
    return OutputOptions.of({**options, **own})


def _line_id(index: int, project_uri: str, config: Mapping[str, Any], line: BatchLine) -> str:
    options = [line.output] if line.output else []
    content = [index, project_uri, config, line.output_uri, *options]
    digest = hashlib.sha256(canonical_json(content)).hexdigest()
    return f"batch-{index + 1:05}-{digest[:12]}"


def checked_item(index: int, request: RenderRequest) -> BatchItem:
    """Return what a dry run says of a line that could be started."""
    return BatchItem(
        index=index,
        render_id=request.render_id,
        status="CHECKED",
        output_uri=request.output_uri,
    )


def run_batch(
    requests: Iterable[RenderRequest],
    *,
    start: Callable[[RenderRequest], StartedRender],
    progress: Callable[[str], Progress],
    max_concurrent: int = DEFAULT_MAX_CONCURRENT,
    poll_s: float = 2.0,
    on_progress: Callable[[Progress], None] | None = None,
) -> Iterator[BatchItem]:
    """
    Run *requests*, at most *max_concurrent* at once, and give each as it ends.

    The pause between looks grows to *poll_s*, so that short renders are noticed soon.

    One that fails, or cannot be started, is an item of its own and does not stop the others.
    """
    waiting = list(enumerate(requests))[::-1]
    running: dict[str, tuple[int, StartedRender]] = {}
    pause_s = min(0.25, poll_s)
    while waiting or running:
        while waiting and len(running) < max_concurrent:
            index, request = waiting.pop()
            try:
                running[request.render_id] = index, start(request)
            except RenderError as exc:
                yield BatchItem(
                    index=index,
                    render_id=request.render_id,
                    status="FAILED",
                    failure=Failure.of(exc.code, str(exc)),
                )
        ended = False
        for render_id, (index, started) in list(running.items()):
            now = progress(render_id)
            if on_progress is not None:
                on_progress(now)
            if not now.finished:
                continue
            ended = True
            del running[render_id]
            yield BatchItem(
                index=index,
                render_id=render_id,
                status="SUCCEEDED" if now.status == "SUCCEEDED" else "FAILED",
                output_uri=now.output_uri or started.output_uri,
                failure=now.failure,
            )
        if running and not ended:
            time.sleep(pause_s)
            pause_s = min(1.5 * pause_s, poll_s)
