"""What a deployment chooses, and what of it the next one keeps."""

import pytest

from fanreel.aws.client.deployment import Deployment
from fanreel.aws.cost.functions import reserved_concurrency
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import InvalidConfig

OUTPUTS = {"BucketName": "b", "StateMachineArn": "arn:aws:states:eu-central-1:1:stateMachine:m"}


def test_settings_come_back_from_the_stacks_output() -> None:
    """What differs from the defaults is an output; a redeployment starts from it."""
    chosen = Settings.chosen({"memory_mb": "1769", "keep_bucket": "false", "vpc_id": ""})
    assert chosen.to_json() == {"memory_mb": 1769, "keep_bucket": False}
    text = '{"memory_mb":1769,"keep_bucket":false}'
    found = Deployment.from_outputs("s", OUTPUTS | {"Settings": text})
    assert Settings.chosen(found.settings) == chosen
    assert Deployment.from_outputs("s", OUTPUTS).settings == {}


def test_changes_are_told_before_and_after() -> None:
    """One line a setting; nothing where nothing changes."""
    deployed = Settings.chosen({"alarm_email": "a@example.com", "memory_mb": 1769})
    wanted = Settings.chosen({"memory_mb": 1769, "expiry_days": "3"})
    assert wanted.changes_from(deployed) == [
        "expiry_days: 7 -> 3",
        "alarm_email: a@example.com -> none",
    ]
    assert wanted.changes_from(wanted) == []


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    """A typo must not leave the stack as it was."""
    with pytest.raises(InvalidConfig, match=r"memory_md.*did you mean memory_mb\?"):
        Settings.chosen({"memory_md": 1})
    with pytest.raises(InvalidConfig, match=r"Known: alarm_email, architecture"):
        Settings.chosen({"zzz": 1})


def test_a_value_that_is_not_allowed_is_named() -> None:
    """In one message, before anything is made."""
    with pytest.raises(InvalidConfig, match=r"memory_mb: .*greater than or equal to 1024"):
        Settings.chosen({"memory_mb": "12"})


def test_functions_are_named_or_called_by_what_they_are() -> None:
    """`[NAME=]MEMORY[:ARCHITECTURE]`; the stack's architecture where none is given."""
    settings = Settings.chosen({"architecture": "arm64", "functions": "big=7076,1769, 3538:x86_64"})
    found = {one.name: (one.memory_mb, one.architecture) for one in settings.choices}
    assert found == {
        "big": (7076, "arm64"), "1769": (1769, "arm64"), "3538x8664": (3538, "x86_64"),
    }  # fmt: skip
    assert settings.to_json()["functions"] == ["big=7076", "1769", "3538:x86_64"]


def test_functions_may_reserve_concurrency() -> None:
    """Each for itself, behind `@`; the default one by the setting of its own."""
    settings = Settings(reserved_concurrency=50, functions=("big=7076:arm64@20", "1769"))
    assert settings.reserved_in_all == 70
    found = settings.to_json()
    assert [reserved_concurrency(found, name) for name in (None, "default", "big", "1769")] == [
        50, 50, 20, None,
    ]  # fmt: skip
    with pytest.raises(InvalidConfig, match=r"NAME=\]MEMORY\[:ARCHITECTURE\]\[@CONCURRENCY"):
        Settings.chosen({"functions": "big=7076@0"})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("512", "1024 to 10240 MB"),
        ("big=20000", "1024 to 10240 MB"),
        ("Big=7076", "small letters"),
        ("7076:riscv", "ARCHITECTURE"),
        ("7076,7076", "two functions are called 7076"),
        ("default=7076", "two functions are called default"),
    ],
)
def test_a_function_that_cannot_be_is_refused(value: str, why: str) -> None:
    """Saying how it is written."""
    with pytest.raises(InvalidConfig, match=why):
        Settings.chosen({"functions": value})


def test_a_function_of_the_other_architecture_needs_its_image() -> None:
    """Where images are named, and not built."""
    uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1"
    with pytest.raises(InvalidConfig, match="other_image_uri"):
        Settings.chosen({"functions": "3538:arm64", "image_uri": uri})
    Settings.chosen({"functions": "3538:arm64", "image_uri": uri, "other_image_uri": uri})
    Settings.chosen({"functions": "3538:arm64"})


def test_an_empty_list_has_nothing_in_it() -> None:
    """As a CDK context carries it: no bucket without a name."""
    context = {"output_buckets": "", "project_hosts": "a.example.com, ,b.example.com"}
    settings = Settings.from_context(context.get)
    assert settings.output_buckets == ()
    assert settings.project_hosts == ("a.example.com", "b.example.com")
