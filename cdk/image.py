"""The functions' image, one for each architecture: built from the Dockerfile, or named in ECR."""

from pathlib import Path

from aws_cdk import Aws, IgnoreMode
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from fanreel.aws.deploy.stack_settings import Settings

REPOSITORY = Path(__file__).parents[1]
ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}
_PLATFORMS = {
    "x86_64": ecr_assets.Platform.LINUX_AMD64,
    "arm64": ecr_assets.Platform.LINUX_ARM64,
}


class Images:
    """
    Images by architecture, each made once.

    Args:
        scope: Holds the repositories.
        settings: Say where an image is, or how to build it.
        given: Of their architecture, whatever they say.
    """

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        given: lambda_.DockerImageCode | None,
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._made = {} if given is None else {str(settings.architecture): given}

    def of(self, architecture: str) -> lambda_.DockerImageCode:
        """Return the image of an architecture."""
        if architecture not in self._made:
            self._made[architecture] = self._make(architecture)
        return self._made[architecture]

    def _make(self, architecture: str) -> lambda_.DockerImageCode:
        settings = self._settings
        own = architecture == settings.architecture
        uri = settings.image_uri if own else settings.other_image_uri
        if uri is not None:
            return _stored(self._scope, "Repository" if own else "OtherRepository", uri)
        return lambda_.DockerImageCode.from_image_asset(
            str(REPOSITORY),
            platform=_PLATFORMS[architecture],
            build_args={"BASE": settings.base_image} if settings.base_image else None,
            ignore_mode=IgnoreMode.DOCKER,
            display_name="fanreel",
        )


def _stored(scope: Construct, construct_id: str, image_uri: str) -> lambda_.DockerImageCode:
    """Return the image at `account.dkr.ecr.region.amazonaws.com/name:tag` (or `@digest`)."""
    registry, _, rest = image_uri.partition("/")
    account, _, _, region, *_ = registry.split(".")
    name, separator, digest = rest.partition("@")
    if not separator:
        name, _, digest = rest.partition(":")
    repository = ecr.Repository.from_repository_attributes(
        scope,
        construct_id,
        repository_name=name,
        repository_arn=f"arn:{Aws.PARTITION}:ecr:{region}:{account}:repository/{name}",
    )
    return lambda_.DockerImageCode.from_ecr(repository, tag_or_digest=digest)
