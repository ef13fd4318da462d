"""What a deployment may choose: `Settings`, from code or from `cdk deploy -c name=value`."""

import difflib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from fanreel.aws.cost.functions import FunctionChoice, parse_choices
from fanreel.aws.cost.quotas import DEFAULT_MAX_CONCURRENCY
from fanreel.config import PLAN_DIR_SIZE_LIMIT_BYTES
from fanreel.errors import InvalidConfig
from fanreel.storage.endpoints import OutputEndpoint, parse_endpoints

MIB = 1024**2
MOST_FUNCTIONS = 9
"""Beside the stack's own: metric math of an alarm takes ten metrics."""
_PLAN_SHARE = 5
"""A planned directory may take a fifth of /tmp: 2 GiB of 10. Frames and encoders get the rest."""

# CloudWatch Logs takes these only.
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip


_IMAGE = r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[^:@]+[:@].+$"


def _parse_list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [part for text in value.split(",") if (part := text.strip())]


def _parse_number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


BucketPlace = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\x00-\x1f]+)?$")
]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+\.[A-Za-z]{2,}$")]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/,]+)$")]
Names = Annotated[tuple[str, ...], BeforeValidator(_parse_list)]


class Settings(BaseModel):
    """
    One deployment; every field is also a CDK context key of the same name.

    Raises:
        ValidationError: A value is not allowed, or two do not fit each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_mb: int = Field(default=3538, ge=1024, le=10_240)
    """Memory of the function; 1769 MB is one vCPU, and a browser with an encoder wants two."""
    timeout_s: int = Field(default=900, ge=60, le=900)
    ephemeral_storage_mb: int = Field(default=10_240, ge=1024, le=10_240)
    """Size of /tmp."""
    plan_dir_size_limit_bytes: int | None = Field(default=None, ge=1)
    """Largest planned directory; None takes a fifth of /tmp, at most 2 GiB."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    functions: Names = ()
    """More functions to choose by name, `[NAME=]MEMORY[:ARCHITECTURE][@CONCURRENCY]` each."""
    reserved_concurrency: int | None = Field(default=None, ge=1)
    """Most invocations of the default function at once; None shares the account's."""
    max_concurrency: int = Field(default=DEFAULT_MAX_CONCURRENCY, ge=0)
    """Chunks of one render at once if it does not say itself; 0 for no limit."""
    concurrency_limit: int | None = Field(default=None, ge=1)
    """Chunks at once that a render may ask for; None for any number."""
    render_timeout_s: int = Field(default=24 * 3600, ge=60, le=365 * 24 * 3600)
    """Time after which a render is ended, however far it is."""
    max_render_cost_usd: float | None = Field(default=None, gt=0)
    """What a render may cost: it ends once it has cost more; its input may ask for less."""
    image_uri: str | None = Field(default=None, pattern=_IMAGE)
    """An image in ECR, by tag or digest; None builds the Dockerfile."""
    other_image_uri: str | None = Field(default=None, pattern=_IMAGE)
    """The same for those of `functions` that have the other architecture."""
    base_image: str | None = None
    """What the Dockerfile starts from, if not Debian from Docker Hub."""

    output_buckets: Annotated[tuple[BucketPlace, ...], BeforeValidator(_parse_list)] = ()
    """Where else outputs may go, `bucket` or `bucket/prefix` each; not to be the stack's own."""
    output_endpoints: Names = ()
    """Buckets of other S3-compatible services for outputs, `BUCKET=https://HOST=SECRET` each."""
    project_buckets: Annotated[tuple[BucketPlace, ...], BeforeValidator(_parse_list)] = ()
    """Where else archives of projects may come from, `bucket` or `bucket/prefix` each."""
    project_hosts: Annotated[tuple[Host, ...], BeforeValidator(_parse_list)] = ()
    """Hosts from which archives are fetched by https."""
    progress_document: bool = False
    """Keep `progress.json` of each render, for browsers; costs a PUT and a LIST in two seconds."""
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(_parse_list)] = ()
    """Web sites whose pages may read what a presigned link opens, `https://example.com` each."""
    webhook_url: str | None = Field(default=None, pattern=r"^https://[^\s/?#]+[^\s]*$")
    """Told of each render that ends, by a signed POST."""
    expiry_days: int = Field(default=7, ge=1)
    """Age at which plans, segments and progress are deleted; sites and outputs never are."""
    keep_bucket: bool = True
    """Whether the bucket with its videos outlives the stack."""
    kms_key_arn: str | None = Field(default=None, pattern=r"^arn:[a-z-]+:kms:")
    """Encrypts the bucket; None leaves it to S3's own keys."""

    vpc_id: str | None = None
    vpc_subnet_ids: Names = ()
    vpc_security_group_ids: Names = ()

    log_retention_days: Annotated[RetentionDays, BeforeValidator(_parse_number)] = 30
    alarm_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    dashboard: bool = False
    """A CloudWatch dashboard; AWS bills each beyond an account's first three."""
    custom_metrics: bool = False
    """Billed time, memory and failures as metrics of their own; AWS bills each of them."""
    max_invocations_per_hour: int = Field(default=5000, ge=1)
    """More than this raises the alarm for runaway invocations."""

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        vpc = (self.vpc_id, self.vpc_subnet_ids, self.vpc_security_group_ids)
        if any(vpc) and not all(vpc):
            raise ValueError("vpc_id, vpc_subnet_ids and vpc_security_group_ids belong together")
        most = self.concurrency_limit
        if most is not None and not 1 <= self.max_concurrency <= most:
            raise ValueError(
                f"max_concurrency is {self.max_concurrency}, more than concurrency_limit ({most}) "
                "allows; set both"
            )
        if self.plan_dir_limit_bytes > self.ephemeral_storage_mb * MIB // 2:
            raise ValueError(
                "plan_dir_size_limit_bytes is more than half of ephemeral_storage_mb: while a plan "
                "is made, the work and the plan both lie in /tmp"
            )
        return self

    @model_validator(mode="after")
    def _buckets_are_of_one_service(self) -> Self:
        listed = {place.partition("/")[0] for place in self.output_buckets}
        if twice := listed & self.endpoints.keys():
            raise ValueError(
                f"{min(twice)} is in output_buckets and output_endpoints; leave it in one of them"
            )
        return self

    @property
    def endpoints(self) -> dict[str, OutputEndpoint]:
        """Buckets of other services, by name."""
        return parse_endpoints(self.output_endpoints)

    @model_validator(mode="after")
    def _alarms_watch_all_functions(self) -> Self:
        if len(self.functions) > MOST_FUNCTIONS:
            raise ValueError(
                f"functions: {len(self.functions)} are listed, at most {MOST_FUNCTIONS} beside the "
                "stack's own: an alarm of CloudWatch adds up ten; deploy a second stack for more"
            )
        return self

    @model_validator(mode="after")
    def _functions_have_images(self) -> Self:
        others = [one.name for one in self.choices if one.architecture != self.architecture]
        if others and self.image_uri is not None and self.other_image_uri is None:
            raise ValueError(
                f"functions: {others[0]} needs an image of its architecture: set other_image_uri"
            )
        return self

    @property
    def choices(self) -> tuple[FunctionChoice, ...]:
        """The functions that a render may choose besides the default one."""
        return parse_choices(self.functions, self.architecture)

    @property
    def reserved_in_all(self) -> int:
        """What the functions together reserve of the account's concurrency."""
        return sum(
            reserved or 0
            for reserved in (
                self.reserved_concurrency,
                *(choice.reserved_concurrency for choice in self.choices),
            )
        )

    @property
    def plan_dir_limit_bytes(self) -> int:
        """The cap on a planned directory, which keeps /tmp safe."""
        if self.plan_dir_size_limit_bytes is not None:
            return self.plan_dir_size_limit_bytes
        return min(PLAN_DIR_SIZE_LIMIT_BYTES, self.ephemeral_storage_mb * MIB // _PLAN_SHARE)

    @classmethod
    def from_context(cls, context: Any) -> Self:
        """
        Read the settings among a CDK app's context values.

        Args:
            context: `try_get_context` of the app's node. Values given on the command line are
                text; in cdk.json they may be of any type.
        """
        given = {name: context(name) for name in cls.model_fields}
        return cls.model_validate(
            {name: _from_text(value) for name, value in given.items() if value is not None}
        )

    @classmethod
    def chosen(cls, values: Mapping[str, Any]) -> Self:
        """
        Return the settings that *values* name, each as text or of its type; empty is the default.

        Raises:
            InvalidConfig: One is unknown, and the nearest known one is named; or is not allowed.
                Terminal.
        """
        for name in values.keys() - cls.model_fields.keys():
            near = difflib.get_close_matches(name, cls.model_fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InvalidConfig(
                f"--set {name}: there is no such setting{hint} Known: "
                f"{', '.join(sorted(cls.model_fields))}"
            )
        given = {name: _from_text(value) for name, value in values.items() if value != ""}
        try:
            return cls.model_validate(given)
        except ValidationError as exc:
            told = [
                f"{'.'.join(map(str, error['loc'])) or 'settings'}: {error['msg']}"
                for error in exc.errors(include_url=False)
            ]
            raise InvalidConfig(f"the stack cannot be deployed so: {'; '.join(told)}") from exc

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults: short enough for an output of the stack."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def changes_from(self, deployed: Self) -> list[str]:
        """Return a line for each setting that is another than in *deployed*."""
        before, after = deployed.model_dump(mode="json"), self.model_dump(mode="json")
        return [
            f"{name}: {_shown(before[name])} -> {_shown(after[name])}"
            for name in type(self).model_fields
            if before[name] != after[name]
        ]


def _shown(value: Any) -> str:
    return "none" if value is None or value == [] else str(value)


def _from_text(value: Any) -> Any:
    """Let `-c keep_bucket=false` and `-c memory_mb=2048` mean what they say."""
    if value in ("true", "false", "null"):
        return json.loads(value)
    return value
