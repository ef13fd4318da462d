"""Stills on Lambda: one invocation, from the client to the picture in the bucket."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from fanreel.aws import RenderClient
from fanreel.aws.storage.s3_client import s3_uri
from fanreel.cli.lambda_ import lambda_app
from fanreel.config import RenderConfig
from fanreel.errors import AssetNotFound, InvalidConfig, S3UriNotAllowed
from fanreel.stills import still
from fanreel.storage.progress import read_progress
from fanreel.storage.store import ObjectStore
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri
from tests.aws.carrying import Carrying
from tests.aws.handling import deployed
from tests.aws.recording_worker import VIDEO
from tests.aws.render_lab import Lab, open_lab
from tests.aws.scripted_worker import FunctionFailed, Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def lab(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Deploy a stack whose function answers, and is known by its name."""
    with (
        open_lab(s3_endpoint, tmp_path_factory.mktemp("stills")) as opened,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL_LAMBDA", opened.endpoint.url)
        found = opened.client.deployment
        opened.client = RenderClient(
            bucket=found.bucket, state_machine_arn=found.state_machine_arn, function_name="render"
        )
        yield opened


def test_the_client_waits_for_the_picture(lab: Lab) -> None:
    """The project is uploaded, the moment exact, the answer a dataclass."""
    worker = lab.worker()
    found = lab.client.still(
        lab.project, "5/2", {"variables": {"title": "Hi"}}, render_id=worker.render_id
    )
    (event,) = worker.invocations
    assert (event["Action"], event["AtS"]) == ("still", "5/2")
    assert event["Config"]["variables"] == {"title": "Hi"}
    assert found.output_uri == f"s3://{lab.bucket}/outputs/{worker.render_id}.png"
    assert (found.at_s, found.frame, found.warnings) == (2.5, 75, ("lanes overlap",))
    assert found.to_json()["width"] == 1920


def test_large_variables_go_by_themselves(lab: Lab) -> None:
    """An invocation takes no more than a render's input."""
    worker = lab.worker()
    lab.client.still(
        lab.project, 0, {"variables": {"title": "x" * 200_000}}, render_id=worker.render_id
    )
    (event,) = worker.invocations
    assert "variables" not in event["Config"]
    assert event["VariablesS3Uri"].startswith(f"s3://{lab.bucket}/renders/{worker.render_id}/")


def test_a_failure_is_the_function_s_own(lab: Lab) -> None:
    """In its class and words; what is wrong here is said before anything is sent."""
    worker = lab.worker()
    worker.on("still", None, Step(ending=FunctionFailed("ASSET_NOT_FOUND")))
    with pytest.raises(AssetNotFound, match="as scripted"):
        lab.client.still(lab.project, 1, render_id=worker.render_id)
    for moment in (-1, "soon"):
        with pytest.raises(InvalidConfig, match="at_s"):
            lab.client.still(lab.project, moment)
    with pytest.raises(InvalidConfig, match="a still ends in"):
        lab.client.still(lab.project, 1, output_uri=f"s3://{lab.bucket}/outputs/x.mp4")
    with pytest.raises(S3UriNotAllowed):
        lab.client.still(lab.project, 1, output_uri="s3://elsewhere/outputs/x.png")


def test_the_command_fetches_the_picture(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the kind that the file's name says."""
    worker = lab.worker()
    monkeypatch.setattr("fanreel.remote.inputs.new_render_id", lambda: worker.render_id)
    monkeypatch.setattr("fanreel.cli.lambda_target.Target.client", lambda _self: lab.client)
    output = lab.folder / "poster.jpg"
    argv = ["still", str(lab.project), "--at", "2.5", "-o", str(output), "--json"]
    answer = CliRunner().invoke(lambda_app, argv)
    assert answer.exit_code == 0, answer.output
    uri = f"s3://{lab.bucket}/outputs/{worker.render_id}.jpg"
    assert json.loads(answer.stdout)["outputUri"] == uri
    assert output.read_bytes() == VIDEO


def test_the_function_saves_and_tells_it(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """With the digest of what S3 holds, and a record like other actions'."""
    with deployed(s3, bucket, tmp_path, Carrying()) as function:
        event = {
            "Action": "still",
            "RenderId": "s1",
            "ProjectS3Uri": function.project_uri,
            "OutputS3Uri": f"s3://{bucket}/outputs/s1.png",
            "AtS": 2.5,
            "Config": {},
        }
        reply = function.invoke(event)
        content = fetch_file(store, ObjectUri.parse(reply["OutputS3Uri"]), tmp_path / "s1.png")
        assert (reply["Sha256"], reply["FileSize"]) == (content.sha256, content.size_bytes)
        assert (reply["AtS"], reply["Frame"]) == (2.5, 75)
        assert [r.invocation.work for r in read_progress("s1", s3_uri(bucket), store).records] == [
            "still"
        ]
        for wrong in ({"AtS": -1}, {"AtS": True}, {"OutputS3Uri": f"s3://{bucket}/sites/x.png"}):
            with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
                function.invoke(event | wrong)
            assert type(caught.value).__name__ == "INVALID_CONFIG"


@pytest.mark.media
def test_a_still_of_lambda_is_that_of_this_machine(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """To the byte, with its variables."""
    project = tmp_path / "page"
    project.mkdir()
    (project / "index.html").write_text(
        "<!doctype html><style>b { position: absolute; background: var(--ink) }</style>"
        """<div data-composition-id="main" data-duration="1" data-width="160" data-height="90"
        data-composition-variables='[
          {"id": "ink", "type": "color", "label": "", "default": "#f00"}]'
        data-no-timeline><b>word</b></div>"""
    )
    config = {"variables": {"ink": "#0a0"}}
    still(project, tmp_path / "local.png", Fraction(1, 2), RenderConfig.from_json(config))
    with deployed(s3, bucket, tmp_path, None, project) as function:
        uri = f"s3://{bucket}/outputs/s1.png"
        function.invoke(
            {
                "Action": "still",
                "RenderId": "s1",
                "ProjectS3Uri": function.project_uri,
                "OutputS3Uri": uri,
                "AtS": "1/2",
                "Config": config,
            }
        )
    fetch_file(store, ObjectUri.parse(uri), tmp_path / "lambda.png")
    assert (tmp_path / "lambda.png").read_bytes() == (tmp_path / "local.png").read_bytes()
