"""The stack without CDK: a plain template, and a Terraform module around it."""

import importlib
import json
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk.plain import IMAGE, INLINE_LIMIT_BYTES, MEMORY, OTHER_IMAGE, plain_template
from fanreel.aws.client.deployment import read_deployment
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import InvalidConfig

# Neither has types.
hcl2: Any = importlib.import_module("hcl2")
cfnlint: Any = importlib.import_module("cfnlint")

ROOT = Path(__file__).parents[2]
IMAGE_URI = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1"
REGIONS = ["eu-central-1", "us-east-1"]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """Write it as scripts/release does."""
    text = subprocess.run(
        [sys.executable, "-m", "cdk.plain", "alarm_email=a@example.com"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert len(text.encode()) <= INLINE_LIMIT_BYTES
    document: dict[str, Any] = json.loads(text)
    return document


def _text(template: dict[str, Any]) -> str:
    return json.dumps(template, separators=(",", ":"))


def test_cloudformation_would_take_it(template: dict[str, Any]) -> None:
    """By AWS's own linter and resource schemas, in two regions."""
    found = cfnlint.lint(_text(template), config=cfnlint.ManualArgs(regions=REGIONS))
    assert [str(match) for match in found if match.rule.id.startswith("E")] == []


def test_it_needs_nothing_of_cdks(template: dict[str, Any]) -> None:
    """No bootstrap, no asset, no metadata; two parameters, one of which has to be given."""
    text = _text(template)
    assert not re.search("bootstrap|cdk-|aws:cdk|Fn::Transform", text)
    assert set(template["Parameters"]) == {IMAGE, MEMORY}
    assert "Default" not in template["Parameters"][IMAGE]
    (function,) = (
        one["Properties"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    )
    assert function["Code"] == {"ImageUri": {"Ref": IMAGE}}
    assert function["MemorySize"] == {"Ref": MEMORY}


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")  # moto leaves alarms out
def test_the_client_finds_a_stack_that_was_made_of_it(
    template: dict[str, Any], aws_environment: None, s3_endpoint: str
) -> None:
    """Created from the template alone, by CloudFormation on loopback."""
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    cloudformation = session.client("cloudformation", endpoint_url=s3_endpoint)
    cloudformation.create_stack(
        StackName="plain",
        TemplateBody=_text(template),
        Parameters=[{"ParameterKey": IMAGE, "ParameterValue": IMAGE_URI}],
        Capabilities=["CAPABILITY_IAM"],
    )
    found = read_deployment("plain", session=session, endpoint_url=s3_endpoint)
    assert found.settings == {"alarm_email": "a@example.com"}
    functions = session.client("lambda", endpoint_url=s3_endpoint)
    made = functions.get_function(FunctionName=str(found.function_name))
    assert made["Code"]["ImageUri"] == IMAGE_URI
    assert made["Configuration"]["MemorySize"] == Settings().memory_mb
    assert urllib.parse.quote(found.bucket) == found.bucket


def test_functions_to_choose_have_their_own_memory_and_the_images_of_two_processors() -> None:
    """The default one's memory is a parameter; another processor's image is one more."""
    made = plain_template(Settings(functions=("big=7076", "3538:arm64")))
    assert set(made["Parameters"]) == {IMAGE, OTHER_IMAGE, MEMORY}
    shown = sorted(
        (str(one["Properties"]["MemorySize"]), one["Properties"]["Code"]["ImageUri"]["Ref"])
        for one in made["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    )
    assert shown == [
        ("3538", OTHER_IMAGE), ("7076", IMAGE), (str({"Ref": MEMORY}), IMAGE),
    ]  # fmt: skip


def test_a_setting_that_takes_cdk_is_refused() -> None:
    """Emptying the bucket is done by a function of CDK's."""
    with pytest.raises(InvalidConfig, match="keep_bucket"):
        plain_template(Settings(keep_bucket=False))


def _terraform() -> dict[str, list[dict[str, Any]]]:
    merged: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((ROOT / "terraform" / "aws").glob("*.tf")):
        with path.open() as file:
            for kind, blocks in hcl2.load(file).items():
                merged.setdefault(kind, []).extend(blocks)
    return merged


def _named(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {name.strip('"'): body for block in blocks for name, body in block.items()}


def test_the_terraform_module_fits_the_template(template: dict[str, Any]) -> None:
    """It parses; parameters, outputs and capabilities are the template's; variables exist."""
    module = _terraform()
    (stack,) = _named(module["resource"])["aws_cloudformation_stack"].values()
    parameters = set(re.findall(r"(\w+) = ", stack["parameters"]))
    assert parameters == {*template["Parameters"], OTHER_IMAGE}
    assert "fanreel.template.json" in stack["template_body"]
    roles = [one for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    assert not any("RoleName" in role["Properties"] for role in roles)  # or CAPABILITY_NAMED_IAM
    assert stack["capabilities"] == ['"CAPABILITY_IAM"']
    used = set(re.findall(r"var\.(\w+)", str(module)))
    assert used == set(_named(module["variable"]))
    values = [output["value"] for output in _named(module["output"]).values()]
    read = {re.search(r'outputs\["(\w+)"\]', value) for value in values}
    assert {found[1] for found in read if found} <= set(template["Outputs"])
    assert None not in read
