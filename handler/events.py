"""What the function is asked: DESIGN's "Lambda contract", as types."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_pascal

from fanreel.config import LAMBDA_PLAN_LIMIT_BYTES, RenderConfig
from fanreel.errors import InvalidConfig
from fanreel.files.budget import within_cap
from fanreel.formats import Format
from fanreel.storage.layout import SITES, require_output, require_render_id, require_still
from fanreel.storage.layout import render as render_folder
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.projects import Project, parse_project
from fanreel.storage.uris import ObjectUri
from handler.limits import Limits

_PROJECT, _OUTPUT = "project_s3_uri", "output_s3_uri"
ENVELOPES = ("Payload", "Input")
MAX_ENVELOPES = 4
MAX_CHUNKS = 10_000


def _parse_uri(value: Any) -> ObjectUri:
    if not isinstance(value, str):
        raise ValueError("a URI is a string: s3://<bucket>/<key>")  # noqa: TRY004 (pydantic)
    return ObjectUri.parse(value)


Uri = Annotated[ObjectUri, BeforeValidator(_parse_uri)]


def _parse_seconds(value: Any) -> Fraction:
    try:
        at_s = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        at_s = Fraction(-1)
    if isinstance(value, bool) or at_s < 0:
        raise ValueError("allowed: seconds from 0, as a number or as text such as '5/2'")
    return at_s


def _parse_project(value: Any) -> Project:
    if not isinstance(value, str):
        raise ValueError("a project is a string: s3://<bucket>/<key>")  # noqa: TRY004 (pydantic)
    return parse_project(value)


ProjectUri = Annotated[Project, BeforeValidator(_parse_project)]
Seconds = Annotated[Fraction, BeforeValidator(_parse_seconds)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Request(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_pascal, arbitrary_types_allowed=True
    )

    render_id: str | None = Field(default=None, max_length=80)
    """For logs; what counts is the folder that the plan lies in, which has the id's name."""

    limits: Limits = Limits()

    @property
    def folder(self) -> ObjectUri:
        """The render's folder: plan, progress, cancel marker."""
        raise NotImplementedError

    def uris(self) -> Iterator[ObjectUri]:
        """Yield every URI of the event but project and output: they have their own rules."""
        for name in type(self).model_fields:
            if name not in (_PROJECT, _OUTPUT) and isinstance(
                value := getattr(self, name), ObjectUri
            ):
                yield value

    def project(self) -> Project | None:
        """Return where its project comes from, if it needs one."""
        project: Project | None = getattr(self, _PROJECT, None)
        return project

    def place(self) -> tuple[ObjectUri, OutputOptions] | None:
        """Return where its output goes, and how, if it says."""
        uri = getattr(self, _OUTPUT, None)
        return None if uri is None else (uri, getattr(self, "output", OutputOptions()))


class PlanRequest(_Request):
    """Plan a project under a render's folder."""

    action: Literal["plan"]
    project_s3_uri: ProjectUri
    """A site, or a .tar.gz, .tgz or .zip, which may also be an https URL."""
    plan_output_s3_prefix: Uri
    variables_s3_uri: Uri | None = None
    """A JSON object: variables too big for the event; those in `Config` outrank them."""
    output_s3_uri: Uri | None = None
    """Where the video will go, so that a wrong place ends the render here and not at its end."""
    output: OutputOptions = OutputOptions()
    config: dict[str, Any] = Field(default_factory=dict)

    @property
    def folder(self) -> ObjectUri:
        """As the caller chose it; its last component is the render id."""
        return self.plan_output_s3_prefix.folder()

    def render_config(
        self,
        variables: dict[str, Any] | None = None,
        plan_limit_bytes: int = LAMBDA_PLAN_LIMIT_BYTES,
    ) -> RenderConfig:
        """
        Check and complete the configuration.

        Args:
            variables: Those that are too big for the event.
            plan_limit_bytes: The stack's cap on plans, which a caller may lower; above it /tmp
                would overflow.
        Raises:
            InvalidConfig: A field is not allowed. Terminal.
        """
        config = within_cap(RenderConfig.from_json(self.config), plan_limit_bytes)
        return config.replace(
            runtime_cap="lambda",
            variables=(variables or {}) | dict(config.variables),
        )

    @model_validator(mode="after")
    def _config_is_sound(self) -> "PlanRequest":
        config = self.render_config()
        require_render_id(self.folder.name)
        if self.output_s3_uri is not None:
            require_output(self.output_s3_uri, config.format)
        return self


class StillRequest(_Request):
    """Save the frame that a project shows at one moment as a picture."""

    action: Literal["still"]
    render_id: str = Field(max_length=80)
    """Names the folder of its records; the picture lies elsewhere."""
    project_s3_uri: ProjectUri
    output_s3_uri: Uri
    """Its extension says what kind of picture."""
    at_s: Seconds
    variables_s3_uri: Uri | None = None
    config: dict[str, Any] = Field(default_factory=dict)

    @property
    def folder(self) -> ObjectUri:
        """As that of a render with this id."""
        project = self.project_s3_uri
        if isinstance(project, ObjectUri) and project.key.startswith(SITES):
            return render_folder(project, self.render_id)
        return render_folder(self.output_s3_uri, self.render_id)

    def render_config(self, variables: dict[str, Any] | None = None) -> RenderConfig:
        """Check and complete the configuration. Raises `InvalidConfig`."""
        config = RenderConfig.from_json(self.config)
        return config.replace(variables=(variables or {}) | dict(config.variables))

    @model_validator(mode="after")
    def _config_is_sound(self) -> "StillRequest":
        self.render_config()
        require_render_id(self.render_id)
        require_still(self.output_s3_uri)
        return self


class _WorkRequest(_Request):
    plan_manifest_s3_uri: Uri
    plan_hash: Sha256
    chunk_output_s3_prefix: Uri | None = None
    """Where segments lie, with or without the plan's hash; None for `segments/<hash>/`."""
    format: Format | None = None

    @property
    def folder(self) -> ObjectUri:
        """Where the manifest lies."""
        return self.plan_manifest_s3_uri.parent

    @model_validator(mode="after")
    def _names_a_render(self) -> "_WorkRequest":
        require_render_id(self.folder.name)
        return self


class RenderChunkRequest(_WorkRequest):
    """Render what is not rendered yet of one chunk."""

    action: Literal["renderChunk"]
    chunk_index: int = Field(ge=0, lt=MAX_CHUNKS)


class AssembleRequest(_WorkRequest):
    """Put all segments and the sound together."""

    action: Literal["assemble"]
    output_s3_uri: Uri
    output: OutputOptions = OutputOptions()
    cfr: bool = False


Request = PlanRequest | RenderChunkRequest | AssembleRequest | StillRequest
_REQUESTS: dict[str, type[_Request]] = {
    "plan": PlanRequest,
    "renderChunk": RenderChunkRequest,
    "assemble": AssembleRequest,
    "still": StillRequest,
}
_ADAPTER: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Discriminator("action")])


def parse_event(event: Any) -> Request:
    """
    Read an event, however it was wrapped on its way.

    Raises:
        InvalidConfig: Not one of the actions, or a field is missing, unknown or not
            allowed; the message says what was expected. Terminal.
        S3UriNotAllowed: A URI cannot be read. Terminal.
    """
    event = _unwrap(event)
    action = event.get("Action")
    if not isinstance(action, str) or action not in _REQUESTS:
        raise InvalidConfig(
            f"Action {action!r}: expected {', '.join(map(repr, _REQUESTS))}; "
            f"the event has the keys {sorted(map(str, event))}",
            expected=tuple(_REQUESTS),
        )
    try:
        return _ADAPTER.validate_python(event)
    except ValidationError as exc:
        fields = _REQUESTS[action].model_fields.values()
        required = ", ".join(str(field.alias) for field in fields if field.is_required())
        optional = ", ".join(str(field.alias) for field in fields if not field.is_required())
        problems = [
            f"{'.'.join(map(str, error['loc'][1:])) or 'event'}: {error['msg']}"
            for error in exc.errors(include_url=False)
        ]
        raise InvalidConfig(
            f"the event is not a {action} request: {'; '.join(problems)}. "
            f"Expected: {required}; optional: {optional}",
            problems=tuple(problems),
        ) from None


def _unwrap(event: Any) -> dict[str, Any]:
    """Take off the envelopes that Step Functions' integrations and test tools put around."""
    for _ in range(MAX_ENVELOPES + 1):
        if not isinstance(event, dict):
            break
        inside = next((event[name] for name in ENVELOPES if name in event), None)
        if "Action" in event or inside is None:
            return event
        event = inside
    raise InvalidConfig(
        f"the event is a JSON object with an Action, at most {MAX_ENVELOPES} envelopes "
        f"({' or '.join(ENVELOPES)}) deep",
        expected=tuple(_REQUESTS),
    )
