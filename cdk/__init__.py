"""
The AWS side as CDK constructs: one bucket, one function, one state machine.

In an app of your own, with this repository on the Python path:

    from cdk import RenderService, Settings
    RenderService(stack, "Video", settings=Settings(memory_mb=7076))
"""

from cdk.service import RenderService
from cdk.stack import RenderStack
from fanreel.aws.deploy.stack_settings import Settings

__all__ = ["RenderService", "RenderStack", "Settings"]
