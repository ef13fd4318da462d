"""Stills: one synchronous invocation of the function, and its answer."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from botocore.config import Config

from fanreel.aws.client.causes import read_cause
from fanreel.aws.client.deployment import Connection
from fanreel.aws.client.inputs import RenderRequest
from fanreel.aws.client.results import Failure
from fanreel.aws.storage.failures import aws_errors
from fanreel.errors import InvalidConfig
from fanreel.storage import layout
from fanreel.storage.outputs import OutputOptions, OutputPlaces
from fanreel.storage.uris import ObjectUri, require_scheme

_ANSWER_TIMEOUT_S = 900
_VARIABLES = "variables"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStill:
    """A picture in the bucket."""

    output_uri: str
    at_s: float
    frame: int
    """Of the composition's timeline, from 0."""
    width: int
    height: int
    size_bytes: int
    sha256: str
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> "RemoteStill":
        """Read the function's answer."""
        return cls(
            output_uri=answer["OutputS3Uri"],
            at_s=answer["AtS"],
            frame=answer["Frame"],
            width=answer["Width"],
            height=answer["Height"],
            size_bytes=answer["FileSize"],
            sha256=answer["Sha256"],
            warnings=tuple(answer["Warnings"]),
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


def still_uri(
    bucket: ObjectUri, render_id: str, given: str | None, output_buckets: Iterable[str] = ()
) -> ObjectUri:
    """
    Return where a still goes.

    Raises:
        InvalidConfig, S3UriNotAllowed: No picture may go there. Terminal.
    """
    uri = ObjectUri.parse(given or str(bucket.at(f"{layout.OUTPUTS}{render_id}.png")))
    require_scheme([uri], bucket.scheme)
    OutputPlaces.of(bucket.bucket, output_buckets).require(uri, OutputOptions())
    layout.require_still(uri)
    return uri


def take_still(
    connection: Connection, request: RenderRequest, at_s: Fraction, uri: ObjectUri
) -> RemoteStill:
    """
    Have the function save one frame, and wait for it.

    Raises:
        RenderError: As the function raised it, or as AWS refused.
    """
    name = connection.deployment.named_function(request.function)
    if name is None:
        raise InvalidConfig(
            "a still needs the function's name: RenderClient.from_stack() finds it, or pass "
            "function_name"
        )
    config = request.config.to_json()
    event = {
        "Action": "still",
        "RenderId": request.render_id,
        "ProjectS3Uri": request.project_uri,
        "OutputS3Uri": str(uri),
        "AtS": str(at_s),
        "Config": config,
    }
    if request.sends_variables_apart:
        connection.store.write_bytes(request.variables_uri, request.variables_json)
        event |= {"VariablesS3Uri": str(request.variables_uri), "Config": config}
        del config[_VARIABLES]
    with aws_errors(f"invoking {name}"):
        # Not the shared client: a still may take minutes, and asking again would take it twice.
        client = connection.session.client(
            "lambda",
            region_name=connection.deployment.region,
            endpoint_url=connection.endpoint_url,
            config=Config(read_timeout=_ANSWER_TIMEOUT_S, retries={"total_max_attempts": 1}),
        )
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        text = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        cause = read_cause(text)
        raise Failure.of(cause.code, cause.message).to_error(request.render_id)
    return RemoteStill.from_json(json.loads(text))
