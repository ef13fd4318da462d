"""
The stack as a plain CloudFormation template, for those who deploy without CDK.

    python -m cdk.plain [NAME=VALUE...] > fanreel.template.json

Settings (`fanreel lambda deploy --set`) are chosen when it is written; the image, the function's
memory and the life of intermediates are parameters of the template.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk

from cdk.app import DEFAULT_STACK_NAME
from cdk.stack import RenderStack
from fanreel.aws.client.deployment import FUNCTION, SETTINGS
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.aws.deploy.templates import read_template
from fanreel.errors import InvalidConfig

Document = dict[str, Any]
_STAND_IN = "111122223333.dkr.ecr.us-east-1.amazonaws.com/fanreel:1"
IMAGE, OTHER_IMAGE, MEMORY = "ImageUri", "OtherImageUri", "MemoryMb"
INLINE_LIMIT_BYTES = 51_200
"""What CloudFormation takes in a request; a larger template goes by way of S3."""


def plain_template(settings: Settings) -> Document:
    """
    Return the template of a stack with *settings*.

    Raises:
        InvalidConfig: A setting needs an asset of CDK's. Terminal.
    """
    if not settings.keep_bucket:
        raise InvalidConfig(
            "keep_bucket=false: emptying a bucket takes a function of CDK's; deploy with CDK, or "
            "empty the bucket yourself"
        )
    with tempfile.TemporaryDirectory(prefix="fanreel-plain-") as folder:
        app = aws_cdk.App(outdir=folder, analytics_reporting=False)
        RenderStack(
            app,
            DEFAULT_STACK_NAME,
            settings=settings.model_copy(
                update={"image_uri": _STAND_IN, "other_image_uri": _STAND_IN}
            ),
            # No parameter and no rule that ask for `cdk bootstrap`.
            synthesizer=aws_cdk.BootstraplessSynthesizer(),
        )
        app.synth()
        document = read_template(Path(folder, f"{DEFAULT_STACK_NAME}.template.json"))
    _parametrise(document, settings)
    return document


def _parametrise(document: Document, settings: Settings) -> None:
    document["Description"] = "fanreel: plan a composition, render its chunks, assemble the video."
    document["Parameters"] = {
        IMAGE: {
            "Type": "String",
            "Description": "fanreel's image in ECR of this region, by tag or digest",
        },
        MEMORY: {
            "Type": "Number",
            "Default": settings.memory_mb,
            "MinValue": 1024,
            "MaxValue": 10_240,
            "Description": "Memory of the function; 1769 MB are one vCPU",
        },
    }
    main = document["Outputs"][FUNCTION]["Value"]["Ref"]
    for name, resource in document["Resources"].items():
        resource.pop("Metadata", None)  # paths of the construct tree
        properties = resource.get("Properties", {})
        if "ImageUri" in properties.get("Code", {}):
            image = _image_parameter(document, settings, properties)
            properties["Code"]["ImageUri"] = {"Ref": image}
        if name == main:
            properties["MemorySize"] = {"Ref": MEMORY}
    document["Outputs"][SETTINGS]["Value"] = json.dumps(settings.to_json(), separators=(",", ":"))


def _image_parameter(document: Document, settings: Settings, function: Document) -> str:
    """Return the parameter that names a function's image; the template has it from now on."""
    (architecture,) = function["Architectures"]
    if architecture == settings.architecture:
        return IMAGE
    document["Parameters"][OTHER_IMAGE] = {
        "Type": "String",
        "Description": f"The same for {architecture}",
    }
    return OTHER_IMAGE


def main(chosen: list[str]) -> None:
    """Print the template with the settings that *chosen* names, each `NAME=VALUE`."""
    pairs = dict(item.split("=", 1) for item in chosen)
    document = plain_template(Settings.chosen(pairs))
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
