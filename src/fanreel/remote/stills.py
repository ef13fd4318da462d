"""Stills: one event answered by a worker, outside any execution."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fanreel.remote.cloud import Cloud
from fanreel.remote.inputs import RenderRequest
from fanreel.storage import layout
from fanreel.storage.outputs import OutputOptions, OutputPlaces
from fanreel.storage.uris import ObjectUri, require_scheme

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
        """Read the worker's answer."""
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


def take_still(cloud: Cloud, request: RenderRequest, at_s: Fraction, uri: ObjectUri) -> RemoteStill:
    """
    Have a worker save one frame, and wait for it.

    Raises:
        RenderError: As the worker raised it, or as the cloud refused.
    """
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
        cloud.store.write_bytes(request.variables_uri, request.variables_json)
        event |= {"VariablesS3Uri": str(request.variables_uri), "Config": config}
        del config[_VARIABLES]
    return RemoteStill.from_json(cloud.ask(event, request.function))
