"""
The CDK app: `cdk deploy` in this folder, or `fanreel lambda deploy` anywhere.

Context: every field of `Settings`, and `stack_name` (default `fanreel`).
"""

import os

import aws_cdk

from cdk.stack import RenderStack
from fanreel.aws.deploy.stack_settings import Settings

DEFAULT_STACK_NAME = "fanreel"


def main() -> None:
    """Synthesise one stack from the context."""
    app = aws_cdk.App()
    RenderStack(
        app,
        app.node.try_get_context("stack_name") or DEFAULT_STACK_NAME,
        settings=Settings.from_context(app.node.try_get_context),
        env=aws_cdk.Environment(
            account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=os.environ.get("CDK_DEFAULT_REGION"),
        ),
        description="fanreel: plan a composition, render its chunks, assemble the video.",
    )
    app.synth()


if __name__ == "__main__":
    main()
