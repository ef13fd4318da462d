"""The execution input: checked before anything is sent, and never too large."""

import json

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import (
    InvalidConfig,
    S3UriNotAllowed,
)
from fanreel.remote.inputs import MAX_INPUT_BYTES, build_request, new_render_id, parse_config

SITE = "s3://bucket/sites/abc/site.json"


def test_the_input_is_the_document_anyone_could_write() -> None:
    """Keys as documented, the configuration without its defaults."""
    request = build_request(
        bucket=s3_uri("bucket"),
        project_uri=SITE,
        config={"fps": 30, "outputResolution": "4k"},
        render_id="r1",
        max_concurrency=7,
    )
    assert request.to_json() == {
        "ProjectS3Uri": SITE,
        "PlanOutputS3Prefix": "s3://bucket/renders/r1/",
        "OutputS3Uri": "s3://bucket/outputs/r1.mp4",
        "MaxConcurrency": 7,
        "Config": {"fps": 30, "outputResolution": "4k", "runtimeCap": "lambda"},
    }


def test_large_variables_travel_through_s3() -> None:
    """200 KiB of variables leave the input; their URI, named by content, takes their place."""
    variables = {"text": "x" * 200_000}
    request = build_request(
        bucket=s3_uri("bucket"), project_uri=SITE, config={"variables": variables}, render_id="r1"
    )
    document = request.to_json()
    assert request.sends_variables_apart
    assert "variables" not in document["Config"]
    assert document["VariablesS3Uri"].startswith("s3://bucket/renders/r1/variables-")
    assert json.loads(request.variables_json) == variables
    other = build_request(
        bucket=s3_uri("bucket"), project_uri=SITE, config={"variables": {"text": "y" * 200_000}}
    )
    assert other.variables_uri.name != request.variables_uri.name


def test_small_variables_stay_in_the_input() -> None:
    """No object is written that need not be."""
    request = build_request(
        bucket=s3_uri("bucket"), project_uri=SITE, config={"variables": {"a": 1}}
    )
    assert not request.sends_variables_apart
    assert request.to_json()["Config"]["variables"] == {"a": 1}


def test_an_input_too_large_without_variables_is_refused() -> None:
    """There is no way out but a shorter configuration, and the message says so."""
    with pytest.raises(InvalidConfig, match="256 KiB") as caught:
        build_request(
            bucket=s3_uri("bucket"), project_uri=SITE, config={"entryFile": "a" * MAX_INPUT_BYTES}
        )
    assert caught.value.facts["limit_bytes"] == MAX_INPUT_BYTES


@pytest.mark.parametrize("render_id", ["", "a b", "../x", "-x", "x" * 81, "ä"])
def test_a_render_id_names_an_execution_and_a_folder(render_id: str) -> None:
    """Anything else is refused before it is sent; an empty one means none was given."""
    if not render_id:
        assert build_request(
            bucket=s3_uri("bucket"), project_uri=SITE, render_id=render_id
        ).render_id
        return
    with pytest.raises(InvalidConfig, match="render id"):
        build_request(bucket=s3_uri("bucket"), project_uri=SITE, render_id=render_id)


def test_fresh_ids_sort_by_time_and_differ() -> None:
    """Two made in one second are still two."""
    first, second = new_render_id(), new_render_id()
    assert first != second
    assert len(first) == len("20260131-235959-1f2e3d4c")


@pytest.mark.parametrize(
    "uri", ["s3://other/sites/abc/site.json", "https://x/y", "s3://bucket/../x"]
)
def test_a_project_outside_the_bucket_is_refused(uri: str) -> None:
    """The function could not read it, and must not."""
    with pytest.raises(S3UriNotAllowed):
        build_request(bucket=s3_uri("bucket"), project_uri=uri)


def test_an_output_outside_the_bucket_is_refused() -> None:
    """Likewise for what is written."""
    with pytest.raises(S3UriNotAllowed):
        build_request(bucket=s3_uri("bucket"), project_uri=SITE, output_uri="s3://other/x.mp4")


@pytest.mark.parametrize("key", ["", "sites/", "renders/r1/plan.json", "video.mp4", "my/project/"])
def test_a_project_is_a_site_or_an_archive(key: str) -> None:
    """Said at the start; an archive may lie anywhere."""
    with pytest.raises(InvalidConfig, match=r"a site below s3://bucket/sites/, or an archive"):
        build_request(bucket=s3_uri("bucket"), project_uri=f"s3://bucket/{key}")
    for name in ("sites/abc", "sites/abc/site.json", "sites/p.zip", "elsewhere/p.tar.gz"):
        build_request(bucket=s3_uri("bucket"), project_uri=f"s3://bucket/{name}")


@pytest.mark.parametrize(
    ("output_format", "key", "words"),
    [
        ("mp4", "", "below s3://bucket/outputs/"),
        ("mp4", "outputs/", "below s3://bucket/outputs/"),
        ("mp4", "film.mp4", "below s3://bucket/outputs/"),
        ("mp4", "segments/outputs/film.mp4", "below s3://bucket/outputs/"),
        ("png-sequence", "frames/", "below s3://bucket/outputs/"),
        ("png-sequence", "outputs/", "below s3://bucket/outputs/"),
        ("mp4", "outputs/film", r"ends in \.mp4"),
        ("mp4", "outputs/film.mov", r"ends in \.mp4"),
        ("mov", "outputs/film.mp4", r"ends in \.mov"),
        ("mp4", "outputs/film/", r"ends in \.mp4"),
        ("png-sequence", "outputs/film.mp4", r"ends in \.tar or /"),
    ],
)
def test_an_output_where_no_such_video_may_go_is_refused(
    output_format: str, key: str, words: str
) -> None:
    """Before anything is planned, not when everything is rendered."""
    with pytest.raises(InvalidConfig, match=words):
        build_request(
            bucket=s3_uri("bucket"),
            project_uri=SITE,
            config={"format": output_format},
            output_uri=f"s3://bucket/{key}",
        )


@pytest.mark.parametrize(
    ("output_format", "key"),
    [("mp4", "outputs/a/b.mp4"), ("mov", "outputs/b.mov"), ("png-sequence", "outputs/frames/")],
)
def test_an_output_may_have_any_name_below_outputs(output_format: str, key: str) -> None:
    """Folders, too; frames may be single objects."""
    uri = f"s3://bucket/{key}"
    request = build_request(
        bucket=s3_uri("bucket"), project_uri=SITE, config={"format": output_format}, output_uri=uri
    )
    assert request.to_json()["OutputS3Uri"] == uri


def test_variables_are_json() -> None:
    """A value that JSON has no word for is refused with its reason."""
    with pytest.raises(InvalidConfig, match="JSON"):
        parse_config({"variables": {"when": object()}})


def test_concurrency_is_at_least_one() -> None:
    """Zero would mean unlimited to Step Functions."""
    with pytest.raises(InvalidConfig, match="max_concurrency"):
        build_request(bucket=s3_uri("bucket"), project_uri=SITE, max_concurrency=0)
