"""The stack that `cdk deploy` makes: one `RenderService`, its outputs under their plain names."""

from typing import Any

from aws_cdk import Stack, Tags
from constructs import Construct

from cdk.service import RenderService
from fanreel.aws.deploy.stack_settings import Settings


class RenderStack(Stack):
    """Everything a render needs, in a stack of its own."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings | None = None, **props: Any
    ) -> None:
        super().__init__(scope, construct_id, **props)
        self.service = RenderService(self, "Render", settings=settings, output_prefix="")
        Tags.of(self).add("application", "fanreel")
