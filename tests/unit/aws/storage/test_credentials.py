"""Credentials that are missing, halved or expired are named as such, and never tried again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, EndpointConnectionError, SSOTokenLoadError

from fanreel.aws.deploy.simulation import policy_source
from fanreel.aws.storage.credentials import credential_problem, session_left
from fanreel.aws.storage.failures import aws_errors
from fanreel.errors import InvalidConfig, StorageUnavailable


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing but this configuration file of AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return tmp_path / "config"


SSO = """
[profile work]
region = eu-central-1
sso_session = work
sso_account_id = 111122223333
sso_role_name = Developer
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
"""
HALF = "[profile work]\nregion = eu-central-1\naws_access_key_id = AKIAEXAMPLE\n"
NONE = "[profile work]\nregion = eu-central-1\n"


@pytest.mark.parametrize(
    ("written", "told"), [(SSO, "aws sso login"), (HALF, "only half"), (NONE, "no usable AWS cred")]
)
def test_botocores_own_refusals_are_told(config: Path, written: str, told: str) -> None:
    """Raised by the real botocore, before anything is sent."""
    config.write_text(written)
    with pytest.raises(InvalidConfig, match=told), aws_errors("asking"):
        boto3.Session(profile_name="work").client("sts").get_caller_identity()


def refusal(code: str) -> ClientError:
    """Return what botocore raises when a service answers *code*."""
    return ClientError({"Error": {"Code": code}}, "GetObject")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ExpiredToken", "has expired"),
        ("ExpiredTokenException", "has expired"),
        ("InvalidClientTokenId", "does not know"),
        ("UnrecognizedClientException", "does not know"),
    ],
)
def test_refused_credentials_are_told(code: str, told: str) -> None:
    """Terminal, whichever service says so."""
    with pytest.raises(InvalidConfig, match=told), aws_errors("asking"):
        raise refusal(code)


def test_a_region_that_is_none_is_told() -> None:
    """Its host does not exist; that of a real region which does not answer may come back."""

    def silent(region: str) -> EndpointConnectionError:
        return EndpointConnectionError(endpoint_url=f"https://states.{region}.amazonaws.com/")

    with pytest.raises(InvalidConfig, match="eu-centrall-1"), aws_errors("asking"):
        raise silent("eu-centrall-1")
    with pytest.raises(StorageUnavailable), aws_errors("asking"):
        raise silent("eu-central-1")


def test_other_failures_are_not_about_credentials() -> None:
    """They keep their own names."""
    assert credential_problem(refusal("NoSuchKey")) is None
    assert credential_problem(ValueError("x")) is None
    assert credential_problem(SSOTokenLoadError(error_msg="x"))


class Session:
    """A boto3 session whose credentials end at a known moment."""

    def __init__(self, left: timedelta) -> None:
        end = datetime.now(UTC) + left
        self.credentials = RefreshableCredentials("a", "b", "token", end, dict, "sso")

    def get_credentials(self) -> RefreshableCredentials:
        """Return them."""
        return self.credentials


def test_a_sessions_end_is_known() -> None:
    """Lasting keys have none, a token in the environment nobody knows of."""
    left = session_left(Session(timedelta(hours=1)))
    assert left is not None
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert session_left(boto3.Session("a", "b")) is None
    assert session_left(boto3.Session("a", "b", "token")) == timedelta(0)


class Iam:
    """Knows one role of Identity Center, which lies below a path."""

    arn = (
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/"
        "AWSReservedSSO_Developer_0123456789abcdef"
    )

    def get_role(self, *, RoleName: str) -> dict[str, dict[str, str]]:  # noqa: N803 (IAM's name)
        """Answer as IAM does."""
        if not self.arn.endswith(f"/{RoleName}"):
            raise refusal("AccessDenied")
        return {"Role": {"Arn": self.arn}}


def test_a_role_keeps_its_path() -> None:
    """The session's ARN has lost it, and the simulator knows no role without it."""
    session = "arn:aws:sts::111122223333:assumed-role"
    assert (
        policy_source(f"{session}/AWSReservedSSO_Developer_0123456789abcdef/me", Iam()) == Iam.arn
    )
    assert policy_source(f"{session}/backend/me", Iam()) == (
        "arn:aws:iam::111122223333:role/backend"
    )
    user = "arn:aws:iam::111122223333:user/ada"
    assert policy_source(user, Iam()) == user
