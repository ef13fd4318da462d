"""What is worth knowing before a deployment begins, for its settings and this machine."""

from collections.abc import Iterator

from fanreel.aws.deploy.stack_settings import Settings
from fanreel.versions import architecture


def advice(settings: Settings, machine: str) -> Iterator[str]:
    """
    Say what a deployment with *settings* needs that nobody can see from here.

    Args:
        settings: Of the stack.
        machine: This machine's processor, as `platform.machine()` tells it.
    """
    here = architecture(machine)
    for wanted in _built(settings) - {here}:
        yield (
            f"the image for {wanted} is built on {here} by emulation, which takes "
            "many times as long and needs QEMU (`docker run --privileged --rm tonistiigi/binfmt "
            f"--install {_DOCKER[wanted]}`, once); quicker: deploy from a machine "
            f"of {wanted}, or name an image built there with --set image_uri=URI"
        )
    if settings.vpc_id is not None:
        yield (
            f"in {settings.vpc_id} the function reaches S3 only through a gateway endpoint for S3 "
            "in the route tables of its subnets (it is free), and the internet, for pages that use "
            "it while they are planned, only through a NAT gateway; without the endpoint every "
            "render ends with STORAGE_UNAVAILABLE"
        )


def _built(settings: Settings) -> set[str]:
    """Return the architectures of which `deploy` builds an image."""
    every = {settings.architecture, *(choice.architecture for choice in settings.choices)}
    images = {settings.architecture: settings.image_uri}
    return {one for one in every if images.get(one, settings.other_image_uri) is None}


_DOCKER = {"arm64": "arm64", "x86_64": "amd64"}
