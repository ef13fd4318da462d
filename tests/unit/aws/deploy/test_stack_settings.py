"""What a deployment chooses, and what of it the next one keeps."""

import pytest

from fanreel.aws.client.deployment import Deployment
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


def test_an_empty_list_has_nothing_in_it() -> None:
    """As a CDK context carries it: no bucket without a name."""
    context = {"output_buckets": "", "project_hosts": "a.example.com, ,b.example.com"}
    settings = Settings.from_context(context.get)
    assert settings.output_buckets == ()
    assert settings.project_hosts == ("a.example.com", "b.example.com")
