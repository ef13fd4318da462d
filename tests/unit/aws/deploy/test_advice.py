"""What is said before a deployment begins."""

from fanreel.aws.deploy.advice import advice
from fanreel.aws.deploy.stack_settings import Settings


def test_an_image_for_another_processor_is_told() -> None:
    """With the command that makes it possible, and the quicker ways; a ready image needs none."""
    (said,) = advice(Settings(architecture="arm64"), "x86_64")
    assert "binfmt --install arm64" in said
    assert "--set image_uri=URI" in said
    (said,) = advice(Settings(), "aarch64")
    assert "binfmt --install amd64" in said
    assert list(advice(Settings(), "x86_64")) == []
    assert list(advice(Settings(architecture="arm64"), "arm64")) == []
    (said,) = advice(Settings(functions=("3538:arm64",)), "x86_64")
    assert "the image for arm64" in said
    uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1"
    assert list(advice(Settings(architecture="arm64", image_uri=uri), "x86_64")) == []


def test_a_network_needs_a_way_to_s3() -> None:
    """Its lack shows only in renders that fail."""
    settings = Settings(
        vpc_id="vpc-1", vpc_subnet_ids=("subnet-1",), vpc_security_group_ids=("sg-1",)
    )
    (said,) = advice(settings, "x86_64")
    assert "gateway endpoint for S3" in said
    assert "STORAGE_UNAVAILABLE" in said
