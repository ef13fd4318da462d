"""
What a render is started with: its id, its places, and the execution's input; no I/O.

Anyone may build the same document and start an execution (docs/aws.md, docs/gcp.md); this module is
how `RenderClient` does it.
"""

import hashlib
import math
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig
from fanreel.files.digest import canonical_json
from fanreel.storage import layout
from fanreel.storage.fetching import require_project
from fanreel.storage.outputs import OutputOptions, OutputPlaces
from fanreel.storage.projects import ProjectSources, parse_project
from fanreel.storage.uris import ObjectUri, require_scheme

MAX_INPUT_BYTES = 256 * 1024
"""What Step Functions takes of an execution's input; another orchestrator may take less."""
INLINE_SHARE = 2
"""
Inputs larger than half of what one may have send their variables through the bucket: the steps add
their own results to it.
"""

PROJECT_URI = "ProjectS3Uri"
PLAN_PREFIX = "PlanOutputS3Prefix"
OUTPUT_URI = "OutputS3Uri"
OUTPUT = "Output"
CONFIG = "Config"
MAX_CONCURRENCY = "MaxConcurrency"
TIMEOUT, MAX_COST = "TimeoutSeconds", "MaxCostUsd"
VARIABLES_URI = "VariablesS3Uri"
FUNCTION = "Function"


_PLAIN = OutputOptions()


def new_render_id() -> str:
    """Return a fresh render id that sorts by time: `20260131-235959-1f2e3d4c`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def parse_config(config: RenderConfig | Mapping[str, Any] | None) -> RenderConfig:
    """
    Return the checked configuration of a distributed render, planned for a cloud's limits.

    Raises:
        InvalidConfig: A value is not allowed. Terminal.
    """
    if not isinstance(config, RenderConfig):
        config = RenderConfig.from_json(dict(config or {}))
    return config.replace(runtime_cap="lambda")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """One render, checked: what `start_render()` sends, and the variables sent apart if large."""

    render_id: str
    bucket: ObjectUri
    project_uri: str
    output_uri: str
    config: RenderConfig
    max_concurrency: int | None = None
    """Chunks at once; None leaves it to the deployment."""
    output: OutputOptions = _PLAIN
    timeout_s: float | None = None
    """The state machine's workers end the render after so long."""
    cost_limit_usd: float | None = None
    """They end it once it has cost more."""
    function: str | None = None
    """Which of the deployment's functions renders it; None is its default."""
    max_input_bytes: int = MAX_INPUT_BYTES
    """The orchestrator takes of an execution's input."""

    @property
    def folder(self) -> ObjectUri:
        """The folder of everything this render keeps, its video apart."""
        return layout.render(self.bucket, self.render_id)

    @property
    def variables_json(self) -> bytes:
        """The variables as the bytes that are sent apart when they do not fit the input."""
        return canonical_json(self.config.to_json().get("variables", {}))

    @property
    def variables_uri(self) -> ObjectUri:
        """Named by content, so a second start with other variables cannot change this render."""
        digest = hashlib.sha256(self.variables_json).hexdigest()
        return self.folder.joined(f"variables-{digest[:32]}.json")

    @property
    def sends_variables_apart(self) -> bool:
        """Whether the variables travel through the bucket rather than in the execution input."""
        size = len(canonical_json(self._document(self.config.to_json())))
        return size > self.max_input_bytes // INLINE_SHARE and bool(self.config.variables)

    def _document(self, config: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = {
            PROJECT_URI: self.project_uri,
            PLAN_PREFIX: str(self.folder),
            OUTPUT_URI: self.output_uri,
            CONFIG: config,
        }
        if self.max_concurrency is not None:
            document[MAX_CONCURRENCY] = self.max_concurrency
        if self.timeout_s is not None:
            document[TIMEOUT] = self.timeout_s
        if self.cost_limit_usd is not None:
            document[MAX_COST] = self.cost_limit_usd
        if self.function is not None:
            document[FUNCTION] = self.function
        if output := self.output.to_json():
            document[OUTPUT] = output
        return document

    def to_json(self) -> dict[str, Any]:
        """
        Return the execution input.

        Raises:
            InvalidConfig: Even without its variables it is too large. Terminal.
        """
        config = self.config.to_json()
        document = self._document(config)
        if self.sends_variables_apart:
            del config["variables"]
            document[VARIABLES_URI] = str(self.variables_uri)
        size = len(canonical_json(document))
        if size > self.max_input_bytes:
            raise InvalidConfig(
                f"the execution input has {size / 1024:.0f} KiB even without its variables, "
                f"an execution takes {self.max_input_bytes // 1024} KiB; shorten the configuration",
                size_bytes=size,
                limit_bytes=self.max_input_bytes,
            )
        return document


def build_request(  # noqa: PLR0913 (each is a field of the request)
    *,
    bucket: ObjectUri,
    project_uri: str,
    config: RenderConfig | Mapping[str, Any] | None = None,
    render_id: str | None = None,
    output_uri: str | None = None,
    max_concurrency: int | None = None,
    output: OutputOptions | Mapping[str, Any] | None = None,
    output_buckets: Iterable[str] = (),
    project_sources: ProjectSources | None = None,
    timeout_s: float | None = None,
    cost_limit_usd: float | None = None,
    function: str | None = None,
    functions: Iterable[str] = (),
    max_input_bytes: int = MAX_INPUT_BYTES,
) -> RenderRequest:
    """
    Check everything about a render that can be checked without a cloud.

    Raises:
        InvalidConfig: Configuration or render id is not allowed, the project is neither a site nor
            an archive, no video of this format may go to the output, or *function* is none of
            *functions*. Terminal.
        S3UriNotAllowed: The output lies outside *bucket* and *output_buckets*, or the project
            outside *bucket* and *project_sources*. Terminal.
    """
    checked = parse_config(config)
    render_id = layout.require_render_id(render_id or new_render_id())
    place = output_uri or str(layout.output(bucket, render_id, checked.format))
    project, uri, options = (
        parse_project(project_uri),
        ObjectUri.parse(place),
        OutputOptions.of(output),
    )
    require_scheme((one for one in (project, uri) if isinstance(one, ObjectUri)), bucket.scheme)
    (project_sources or ProjectSources(bucket=bucket.bucket)).require(project)
    require_project(project)
    OutputPlaces.of(bucket.bucket, output_buckets).require(uri, options)
    layout.require_output(uri, checked.format)
    if max_concurrency is not None and max_concurrency < 1:
        raise InvalidConfig(f"max_concurrency = {max_concurrency}: allowed: a whole number from 1")
    for name, value in {"timeout_s": timeout_s, "cost_limit_usd": cost_limit_usd}.items():
        if value is not None and not 0 < value < math.inf:
            raise InvalidConfig(f"{name} = {value}: allowed: a number above 0")
    if function is not None:
        require_function(function, functions)
    request = RenderRequest(
        render_id=render_id,
        bucket=bucket,
        project_uri=project_uri,
        output_uri=place,
        config=checked,
        max_concurrency=max_concurrency,
        output=options,
        timeout_s=timeout_s,
        cost_limit_usd=cost_limit_usd,
        function=function,
        max_input_bytes=max_input_bytes,
    )
    request.to_json()
    return request


def require_function(choice: str, names: Iterable[str]) -> None:
    """
    Refuse to choose a function that is not among *names*.

    Raises:
        InvalidConfig: It is not. Terminal.
    """
    known = sorted(names)
    if choice not in known:
        told = ", ".join(known) if known else "none, until `deploy --set functions=` lists some"
        raise InvalidConfig(f"function = {choice!r}: to choose from: {told}", known=known)
