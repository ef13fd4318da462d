"""What the function understands, and what it says of what it does not."""

import json
from typing import Any

import pytest

from fanreel.errors import (
    InvalidConfig,
    RenderError,
    S3UriNotAllowed,
)
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.uris import ObjectUri
from handler.events import MAX_CHUNKS, AssembleRequest, PlanRequest, RenderChunkRequest, parse_event
from handler.replies import MAX_CHUNK_REPLY_BYTES, RenderChunkReply

PLAN = {
    "Action": "plan",
    "ProjectS3Uri": "s3://renders/sites/x/site.json",
    "PlanOutputS3Prefix": "s3://renders/renders/r1/",
    "Config": {"fps": "30000/1001", "format": "mov"},
}
CHUNK = {
    "Action": "renderChunk",
    "PlanManifestS3Uri": "s3://renders/renders/r1/plan.json",
    "PlanHash": "a" * 64,
    "ChunkIndex": 3,
    "ChunkOutputS3Prefix": "s3://renders/segments/",
    "Format": "mp4",
}
ASSEMBLE = {
    "Action": "assemble",
    "PlanManifestS3Uri": "s3://renders/renders/r1/plan.json",
    "PlanHash": "a" * 64,
    "ChunkOutputS3Prefix": "s3://renders/segments/",
    "OutputS3Uri": "s3://renders/outputs/r1.mp4",
    "Format": "mp4",
    "Cfr": True,
}


def test_each_action_becomes_its_type() -> None:
    """With every URI found, and the render named by its folder."""
    plan, chunk, assemble = map(parse_event, (PLAN, CHUNK, ASSEMBLE))
    assert isinstance(plan, PlanRequest)
    assert plan.render_config().runtime_cap == "lambda"
    assert plan.render_config().format == "mov"
    assert isinstance(chunk, RenderChunkRequest)
    assert chunk.chunk_index == 3
    assert isinstance(assemble, AssembleRequest)
    assert assemble.cfr
    assert {str(request.folder) for request in (plan, chunk, assemble)} == {
        "s3://renders/renders/r1/"
    }
    assert [len(list(request.uris())) for request in (plan, chunk, assemble)] == [1, 2, 2]
    assert [request.place() for request in (plan, chunk)] == [None, None]
    assert assemble.place() == (ObjectUri.parse("s3://renders/outputs/r1.mp4"), OutputOptions())


@pytest.mark.parametrize("wrap", [["Payload"], ["Input"], ["Input", "Payload", "Payload", "Input"]])
def test_envelopes_are_taken_off(wrap: list[str]) -> None:
    """Up to four, of either kind, whatever else lies in them."""
    event: dict[str, Any] = PLAN
    for name in wrap:
        event = {name: event, "Context": {"Execution": "x"}}
    assert isinstance(parse_event(event), PlanRequest)


def test_five_envelopes_are_too_many() -> None:
    """Something loops; the message says what was expected."""
    event: dict[str, Any] = PLAN
    for _ in range(5):
        event = {"Payload": event}
    with pytest.raises(InvalidConfig, match="at most 4 envelopes"):
        parse_event(event)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "JSON object with an Action"),
        ([], "JSON object with an Action"),
        ({"Payload": "text"}, "JSON object with an Action"),
        ({}, "expected 'plan', 'renderChunk', 'assemble'"),
        ({"Action": "render"}, "Action 'render': expected 'plan', 'renderChunk', 'assemble'"),
        ({"Action": ["plan"]}, "expected 'plan'"),
        ({"Action": "plan"}, "Expected: Action, ProjectS3Uri, PlanOutputS3Prefix; optional"),
        (PLAN | {"ProjectS3Uri": 1}, "ProjectS3Uri: .*a project is a string"),
        (PLAN | {"Confg": {}}, "Confg: Extra inputs are not permitted.*optional: .*Config"),
        (PLAN | {"Config": []}, "Config: "),
        (PLAN | {"Config": {"fps": 310}}, "fps = 310: allowed"),
        (PLAN | {"PlanOutputS3Prefix": "s3://renders/"}, "render id ''"),
        (PLAN | {"OutputS3Uri": "s3://renders/outputs/r1.mp4"}, r"OutputS3Uri.*ends in \.mov"),
        (CHUNK | {"ChunkIndex": -1}, "ChunkIndex: "),
        (CHUNK | {"ChunkIndex": MAX_CHUNKS}, "ChunkIndex: "),
        (CHUNK | {"PlanHash": "A" * 64}, "PlanHash: "),
        (CHUNK | {"Format": "avi"}, "Format: "),
        (ASSEMBLE | {"Cfr": "maybe"}, "Cfr: "),
    ],
)
def test_what_is_not_understood_is_explained(event: Any, words: str) -> None:
    """A terminal error that names the field and what was expected."""
    with pytest.raises(InvalidConfig, match=words):
        parse_event(event)


@pytest.mark.parametrize(
    "key", ["ProjectS3Uri", "PlanOutputS3Prefix", "VariablesS3Uri", "OutputS3Uri"]
)
def test_a_uri_that_cannot_be_read_has_its_own_code(key: str) -> None:
    """Not a shape but a place: the caller's allow-list is what to look at."""
    with pytest.raises(S3UriNotAllowed):
        parse_event(PLAN | {key: "https://example.com/x"})


@pytest.mark.parametrize(
    "config", [{"format": "webm"}, {"format": "gif"}, {"hdrMode": "force-hdr"}]
)
def test_every_format_is_planned(config: dict[str, Any]) -> None:
    """Webm and HDR are joined like mp4, a GIF is coloured when it is assembled."""
    request = parse_event(PLAN | {"Config": config})
    assert isinstance(request, PlanRequest)
    assert config.items() <= request.render_config().to_json().items()


def test_variables_of_the_configuration_outrank_those_in_s3() -> None:
    """Both may be given."""
    request = parse_event(PLAN | {"Config": {"variables": {"a": 1}}})
    assert isinstance(request, PlanRequest)
    assert request.render_config({"a": 2, "b": 3}).variables == {"a": 1, "b": 3}


def test_the_largest_chunk_reply_is_small() -> None:
    """With spaces, as Lambda's runtime writes JSON; a week at 120 frames/s in one video."""
    frames = 7 * 24 * 3600 * 120
    reply = RenderChunkReply(
        chunk_index=MAX_CHUNKS - 1,
        done=False,
        next_frame=frames,
        frames_encoded=frames,
        sha256="f" * 64,
    ).to_json()
    assert list(reply) == ["ChunkIndex", "Done", "NextFrame", "FramesEncoded", "Sha256"]
    assert len(json.dumps(reply)) <= MAX_CHUNK_REPLY_BYTES


def test_every_parse_error_is_one_of_ours() -> None:
    """Whatever the event is made of."""
    values: list[Any] = [0, "", True, [[]], {"Action": None}, {"Input": {"Input": 3}}]
    for value in values:
        with pytest.raises(RenderError):
            parse_event(value)
