"""What the AWS commands do before they reach AWS."""

import json
import subprocess
import sys
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from fanreel.aws.cost.quotas import Quotas, judge_quotas
from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.cli.lambda_ import lambda_app
from fanreel.cli.lambda_stack import check_reserved, choose_memory, concurrency_of
from fanreel.cli.lambda_target import camel
from fanreel.errors import InvalidConfig

COMMANDS = """
    deploy destroy quotas render render-batch estimate progress cancel redrive logs ls rm cost
    download url
"""
GROUPS = {"sites": ["create", "ls", "rm"], "policies": ["user", "role", "validate"]}


@pytest.mark.parametrize(
    "argv",
    [
        *([name] for name in COMMANDS.split()),
        *([group, name] for group, names in GROUPS.items() for name in names),
    ],
    ids=" ".join,
)
def test_every_command_explains_itself_and_takes_a_stack(argv: list[str]) -> None:
    """The common options are on each of them."""
    answer = CliRunner().invoke(lambda_app, [*argv, "--help"], env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    for option in ("--stack", "--region", "--profile", "--json"):
        assert option in answer.output


def test_help_and_wrong_values_load_no_boto3() -> None:
    """A wrong option is refused in the time Python takes to start."""
    code = (
        "import sys; from fanreel.cli.app import app; from fanreel.cli.failures import run;"
        "assert run(app, ['lambda', 'render', '.', '--crf', '99']) == 2;"
        "assert 'boto3' not in sys.modules"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.startswith("error[INVALID_CONFIG]: ")


def test_an_unknown_profile_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Botocore's exception does not reach the caller as a traceback."""
    assert run(app, ["lambda", "ls", "--profile", "nobody-has-this"]) == 2
    assert "nobody-has-this" in capsys.readouterr().err


def test_memory_fits_the_account() -> None:
    """Two vCPUs, 3008 MB for a new account; more than that only if it insists."""
    usual, new = judge_quotas("eu-west-1", 1000, 1000), judge_quotas("eu-west-1", 10, 10)
    assert choose_memory(usual, None) == 3538
    assert choose_memory(usual, 10_240) == 10_240
    assert choose_memory(new, None) == 3008
    assert concurrency_of(new) == {"max_concurrency": 10}
    assert concurrency_of(usual) == {}
    with pytest.raises(InvalidConfig, match="3008 MB"):
        choose_memory(new, 3538)


def test_several_regions_are_one_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In their order, once each; the answers are one list, and a failure ends it."""

    def read(session: boto3.Session, **_: Any) -> Quotas:
        if session.region_name == "us-west-1":
            raise InvalidConfig("no such region")
        return judge_quotas(session.region_name, 1000, 1000)

    monkeypatch.setattr("fanreel.aws.cost.quotas.read_quotas", read)
    regions = ["--region", "eu-west-1", "--region", "us-east-1", "--region", "eu-west-1"]
    assert run(app, ["lambda", "quotas", *regions, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [one["region"] for one in answers] == ["eu-west-1", "us-east-1"]
    assert run(app, ["lambda", "quotas", *regions]) == 0
    told = capsys.readouterr()
    assert (told.out.count("functions at once"), told.err) == (2, "eu-west-1:\nus-east-1:\n")
    assert run(app, ["lambda", "quotas", "--region", "eu-west-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["region"] == "eu-west-1"
    assert run(app, ["lambda", "quotas", "--region", "us-west-1", *regions]) == 2


def test_new_accounts_are_warned_of_both_limits() -> None:
    """10 at once, 3008 MB, and where to ask for more."""
    concurrency, memory = judge_quotas("eu-west-1", 10, 10).warnings
    assert "10 functions at once" in concurrency
    assert "eu-west-1.console.aws.amazon.com/servicequotas" in concurrency
    assert "3008 MB" in memory
    assert judge_quotas("eu-west-1", 1000, 1000).warnings == ()
    assert "all but 100" in judge_quotas("eu-west-1", 1000, 100).warnings[0]


def test_reserving_leaves_a_hundred_to_others() -> None:
    """Lambda would refuse it after the image has been built and sent."""
    check_reserved(judge_quotas("eu-west-1", 1000, 1000), 900)
    with pytest.raises(InvalidConfig, match="can reserve 0"):
        check_reserved(judge_quotas("eu-west-1", 10, 10), 5)


def test_what_is_reserved_already_may_stay() -> None:
    """The account tells what is left besides; deploying again asks for no more."""
    check_reserved(judge_quotas("eu-west-1", 1000, 100), 900, held=900)
    check_reserved(judge_quotas("eu-west-1", 1000, 50), 900, held=900)
    with pytest.raises(InvalidConfig, match="can reserve 900"):
        check_reserved(judge_quotas("eu-west-1", 1000, 100), 901, held=900)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"render_id": [{"total_usd": 1}]}, {"renderId": [{"totalUsd": 1}]}),
        ("as_it_is", "as_it_is"),
    ],
)
def test_answers_have_camel_case_keys(value: Any, expected: Any) -> None:
    """As the commands that render here print them."""
    assert camel(value) == expected
