"""The workflow as text: what is deployed is what the generator makes, by the catalogue."""

from pathlib import Path
from typing import Any

import pytest

from fanreel.errors import CATALOGUE, RETRYABLE_CODES, TERMINAL_CODES
from fanreel.gcp.workflow.__main__ import printed
from fanreel.gcp.workflow.definition import definition
from fanreel.gcp.workflow.retries import OUT_OF_MEMORY
from fanreel.gcp.workflow.settings import ENVIRONMENT
from handler import naming
from tests.gcp.workflow_expressions import UnknownSyntaxError
from tests.gcp.workflow_functions import functions
from tests.gcp.workflow_interpreter import Execution
from tests.gcp.workflow_syntax import read_workflow

ROOT = Path(__file__).parents[2]
FUNCTIONS = functions({}, lambda: 0.0)
PREDICATES = ("was_not_taken", "is_passing", "has_died")


def kind_of(error: dict[str, Any]) -> list[bool]:
    """Return what each predicate of the deployed text says of *error*."""
    routines = read_workflow(printed(), FUNCTIONS)
    execution = Execution(routines, None)
    return [execution.call(name, {"e": error}) for name in PREDICATES]


def told(code: str, status: int) -> dict[str, Any]:
    """Return the error of an answer of the service."""
    body = {"code": code, "message": "m"}
    return {"tags": ["HttpError"], "message": "", "code": status, "headers": {}, "body": body}


def test_the_printed_copy_is_the_definition() -> None:
    """After a change: python -m fanreel.gcp.workflow > terraform/gcp/render.workflow.yaml."""
    assert (ROOT / "terraform" / "gcp" / "render.workflow.yaml").read_text() == printed()


@pytest.mark.parametrize("code", CATALOGUE)
@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_the_predicate_is_the_catalogue(code: str, status: int) -> None:
    """Terminal codes are never tried again, whatever the status; the others are."""
    tried_again = any(kind_of(told(code, status)))
    assert tried_again is CATALOGUE[code].retryable
    assert tried_again is (code in RETRYABLE_CODES)
    assert (code in TERMINAL_CODES) is not tried_again


@pytest.mark.parametrize(
    ("error", "predicate"),
    [
        (told("BROWSER_CRASHED", 503), "is_passing"),
        (told("SOMETHING_NEW", 503), "is_passing"),
        (told(OUT_OF_MEMORY, 503), "has_died"),
        (told("BUSY", 429), "was_not_taken"),
        ({"tags": ["HttpError"], "message": "", "code": 429, "body": "Rate"}, "was_not_taken"),
        ({"tags": ["HttpError"], "message": "", "code": 500, "body": "instance"}, "is_passing"),
        ({"tags": ["HttpError"], "message": "", "code": 503, "body": "upstream"}, "has_died"),
        ({"tags": ["HttpError"], "message": "", "code": 504, "body": {}}, "has_died"),
        ({"tags": ["HttpError"], "message": "", "code": 403, "body": "<html>"}, "is_passing"),
        ({"tags": ["ConnectionError"], "message": "reset"}, "has_died"),
        ({"tags": ["TimeoutError", "OSError"], "message": "late"}, "has_died"),
    ],
    ids=str,
)
def test_each_failure_is_tried_again_by_one_rule(error: dict[str, Any], predicate: str) -> None:
    """Whoever told it: the service, Cloud Run or Workflows."""
    assert kind_of(error) == [name == predicate for name in PREDICATES]


def test_memory_that_runs_out_has_the_name_that_the_service_gives_it() -> None:
    """The workflow cannot import what the image holds."""
    assert OUT_OF_MEMORY == naming.OUT_OF_MEMORY


def test_its_environment_is_few_and_named_as_allowed() -> None:
    """Source: Workflows' API, `userEnvVars`: 20 at most, no names of Google's."""
    assert len(ENVIRONMENT) <= 20
    assert not any(name.startswith(("GOOGLE", "WORKFLOWS")) for name in ENVIRONMENT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("condition:", "conditon:"),
        ("get_type(", "type_of("),
        ("max_retries:", "max_retry:"),
        ("result: kind", "results: kind"),
        ("next: go_on", "next: nowhere"),
        ("call: kind_of", "call: kind_off"),
        ("index: ${index}", "indexes: ${index}"),
        ("timeout: 1800", "timeout: 3600"),
        ("predicate: ${has_died}", "predicate: ${has_gone}"),
        ("shared:", "share:"),
        ("value: index", "value: an index"),
        ("${reply.Done}", "${reply.Done"),
        ("${reply.Done}", "${reply.Done ? 1}"),
        ("${reply.Done}", "${" + "reply.Done and " * 40 + "true}"),
        ("steps:\n", "stepz:\n"),
    ],
    ids=str,
)
def test_the_interpreter_knows_nothing_else(old: str, new: str) -> None:
    """What is misspelt or beyond the subset is refused before anything runs."""
    text = printed()
    assert old in text
    with pytest.raises(UnknownSyntaxError):
        read_workflow(text.replace(old, new, 1), FUNCTIONS)


def test_a_definition_is_made_anew_each_time() -> None:
    """So that a test may change one."""
    assert definition() is not definition()
    assert definition() == definition()
