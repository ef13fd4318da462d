"""The state machine as data: valid, printed truly, and its retries follow the catalogue."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from statelint.linter import Linter

from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import CATALOGUE, RETRYABLE_CODES, TERMINAL_CODES
from statemachine.announcement import announcement
from statemachine.definition import definition

ROOT = Path(__file__).parents[2]
PRINTED = ROOT / "statemachine" / "render.asl.json"
ASL_VALIDATOR = ROOT / "cdk" / "node_modules" / ".bin" / "asl-validator"

State = dict[str, Any]


def all_states(machine: State) -> Iterator[tuple[str, State]]:
    """Yield every state of a machine, those inside Maps too."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from all_states(state["ItemProcessor"])


def tasks() -> dict[str, State]:
    """Return every task of the render machine that invokes the function, by its name."""
    return {
        name: state
        for name, state in all_states(definition())
        if state["Type"] == "Task" and state["Resource"].endswith(":lambda:invoke")
    }


def retrier_for(error: str, task: State) -> State:
    """Return the first retrier that matches, which decides."""
    return next(
        retrier
        for retrier in task["Retry"]
        if error in retrier["ErrorEquals"] or retrier["ErrorEquals"] == ["States.ALL"]
    )


def asl_validator_problems(machine: State, path: Path) -> str | None:
    """Return what npm's asl-validator says against *machine*; None if nothing."""
    path.write_text(json.dumps(machine))
    checked = subprocess.run(
        [ASL_VALIDATOR, "--json-path", path], capture_output=True, text=True, check=False
    )
    return None if checked.returncode == 0 else checked.stdout + checked.stderr


@pytest.fixture
def asl_validator() -> None:
    """Skip where npm's tools are not installed; in CI they must be."""
    if not ASL_VALIDATOR.exists():
        missing = "asl-validator is not installed: npm ci --prefix cdk"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


MACHINES = [
    definition(),
    definition(settings=Settings(functions=("1769", "big=7076"), concurrency_limit=200)),
    announcement(),
    announcement(bucket_name="renders"),
]
IDS = ["render", "render with choices", "announce", "publish"]


def test_the_printed_copy_is_the_definition() -> None:
    """After a change: python -m statemachine > statemachine/render.asl.json."""
    assert json.loads(PRINTED.read_text()) == definition()


@pytest.mark.parametrize("machine", MACHINES, ids=IDS)
def test_statelint_finds_nothing(machine: State) -> None:
    """The validator from PyPI has no complaint."""
    assert Linter().validate(machine) == []


@pytest.mark.usefixtures("asl_validator")
@pytest.mark.parametrize("machine", MACHINES, ids=IDS)
def test_asl_validator_finds_nothing(machine: State, tmp_path: Path) -> None:
    """The validator from npm has no complaint."""
    assert asl_validator_problems(machine, tmp_path / "machine.json") is None


@pytest.mark.usefixtures("asl_validator")
def test_both_validators_see_a_missing_next(tmp_path: Path) -> None:
    """The two tests above are able to fail."""
    broken = definition()
    del broken["States"]["Plan"]["Next"]
    assert Linter().validate(broken)
    assert asl_validator_problems(broken, tmp_path / "machine.json")


@pytest.mark.parametrize("task", tasks().values(), ids=tasks())
class TestRetries:
    """Every task tries again by the same rules, which follow the error catalogue."""

    def test_no_terminal_code_is_tried_again(self, task: State) -> None:
        """The first list is exactly the terminal codes, and stops."""
        assert task["Retry"][0] == {"ErrorEquals": list(TERMINAL_CODES), "MaxAttempts": 0}
        for code, error in CATALOGUE.items():
            assert (retrier_for(code, task)["MaxAttempts"] == 0) is not error.retryable

    def test_retryable_codes_wait_longer_each_time(self, task: State) -> None:
        """They come under States.ALL, with backoff."""
        for code in RETRYABLE_CODES:
            retrier = retrier_for(code, task)
            assert retrier["MaxAttempts"] == 3
            assert retrier["BackoffRate"] > 1

    def test_death_by_memory_or_time_is_tried_once_more(self, task: State) -> None:
        """Under AWS's name and under the emulators'."""
        for error in ("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"):
            assert retrier_for(error, task)["MaxAttempts"] == 1

    def test_throttling_waits_long_and_spread_out(self, task: State) -> None:
        """Even with full jitter the waits add up to more than an hour on average."""
        retrier = retrier_for("Lambda.TooManyRequestsException", task)
        # A function whose image was put away after idle weeks answers so for minutes.
        assert retrier_for("Lambda.CodeArtifactUserPendingException", task) == retrier
        longest = [
            min(
                retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n, retrier["MaxDelaySeconds"]
            )
            for n in range(retrier["MaxAttempts"])
        ]
        assert retrier["JitterStrategy"] == "FULL"
        assert sum(longest) / 2 > 3600

    def test_no_task_outlives_lambda(self, task: State) -> None:
        """A lost invocation ends as States.Timeout, soon after Lambda's 900 seconds."""
        assert 900 < task["TimeoutSeconds"] <= 960


def test_state_names_are_unique_in_the_whole_machine() -> None:
    """Step Functions wants this across Maps."""
    names = [name for name, _ in all_states(definition())]
    assert len(names) == len(set(names))


def test_only_the_distributed_map_catches() -> None:
    """A caught error ends the execution in another state, from where a redrive cannot resume."""
    catching = {name: state for name, state in all_states(definition()) if "Catch" in state}
    asking = {
        name for name, state in catching.items() if ":aws-sdk:sfn:" in state.get("Resource", "")
    }
    assert set(catching) - asking == {"RenderManyChunks"}


def test_many_chunks_fail_with_the_code_of_the_chunk_that_failed() -> None:
    """
    The Map's own error says only that too many failed; both interpreters let the child's through.

    Source: Step Functions guide, "Setting failure thresholds for Distributed Map states".
    """
    states = definition()["States"]
    (catcher,) = states["RenderManyChunks"]["Catch"]
    assert catcher["ErrorEquals"] == ["States.ExceedToleratedFailureThreshold"]
    path, seen = catcher["Next"], []
    while states[path]["Type"] != "Fail":
        seen.append(states[path].get("Resource", path))
        state = states[path]
        path = state["Next"] if state["Type"] == "Task" else state["Choices"][0]["Next"]
    prefix = "arn:aws:states:::aws-sdk:sfn:"
    assert [found.removeprefix(prefix) for found in seen] == [
        "listMapRuns", "listExecutions", "AnyFailed", "describeExecution", "HasCode",
    ]  # fmt: skip
    assert states[path] == {
        "Type": "Fail", "ErrorPath": "$.Child.Error", "CausePath": "$.Child.Cause",
    }  # fmt: skip


def test_no_choice_compares_what_may_be_missing() -> None:
    """
    On AWS such a comparison ends the execution as States.Runtime; both interpreters let it pass.

    Source: Amazon States Language, "Choice State": the first Choice asks for presence first.
    """
    first = definition()["States"]["IsRequest"]["Choices"][0]["And"]
    assert [next(iter(set(test) - {"Variable"})) for test in first] == ["IsPresent", "IsString"]


def test_both_maps_run_the_same_loop() -> None:
    """Their states differ by nothing but the names."""
    inline, distributed = (
        definition()["States"][name]["ItemProcessor"]
        for name in ("RenderChunks", "RenderManyChunks")
    )
    assert inline.pop("ProcessorConfig") == {"Mode": "INLINE"}
    assert distributed.pop("ProcessorConfig")["Mode"] == "DISTRIBUTED"
    assert json.loads(json.dumps(distributed).replace("OfMany", "")) == inline


def test_map_results_are_discarded() -> None:
    """Nothing that grows with the number of chunks passes on."""
    for name in ("RenderChunks", "RenderManyChunks"):
        state = definition()["States"][name]
        assert state["ResultPath"] is None
        assert "ResultWriter" not in state
