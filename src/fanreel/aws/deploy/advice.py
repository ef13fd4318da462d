"""What is worth knowing before a deployment begins, for its settings and this machine."""

from collections.abc import Iterator

from fanreel.aws.deploy.stack_settings import Settings

_NAMES = {"aarch64": "arm64", "arm64": "arm64", "amd64": "x86_64", "x86_64": "x86_64"}


def advice(settings: Settings, machine: str) -> Iterator[str]:
    """
    Say what a deployment with *settings* needs that nobody can see from here.

    Args:
        settings: Of the stack.
        machine: This machine's processor, as `platform.machine()` tells it.
    """
    here = _NAMES.get(machine.lower(), machine)
    if settings.image_uri is None and settings.architecture != here:
        yield (
            f"the image for {settings.architecture} is built on {here} by emulation, which takes "
            "many times as long and needs QEMU (`docker run --privileged --rm tonistiigi/binfmt "
            f"--install {_DOCKER[settings.architecture]}`, once); quicker: deploy from a machine "
            f"of {settings.architecture}, or name an image built there with --set image_uri=URI"
        )
    if settings.vpc_id is not None:
        yield (
            f"in {settings.vpc_id} the function reaches S3 only through a gateway endpoint for S3 "
            "in the route tables of its subnets (it is free), and the internet, for pages that use "
            "it while they are planned, only through a NAT gateway; without the endpoint every "
            "render ends with STORAGE_UNAVAILABLE"
        )


_DOCKER = {"arm64": "arm64", "x86_64": "amd64"}
