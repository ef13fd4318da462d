"""What a worker said, out of what the platform wraps around it."""

import json
from pathlib import Path

import pytest

from fanreel.aws.client.causes import Cause, read_cause
from fanreel.errors import InvalidComposition
from handler.naming import RequestFailed, describe, named

RAISED = named(
    RequestFailed(
        describe(
            InvalidComposition("#title: data-start is not a number", element="#title"),
            Path("/nowhere"),
            RenderId="r1",
            ChunkIndex=3,
        )
    )
)
# As Step Functions puts it into an execution's cause: Lambda's answer to an unhandled exception.
ANSWER = json.dumps(
    {
        "errorMessage": str(RAISED),
        "errorType": type(RAISED).__name__,
        "requestId": "e1c8",
        "stackTrace": ['  File "app.py", line 1, in handle\n'],
    }
)
TOLD = Cause(
    message="#title: data-start is not a number", code="INVALID_COMPOSITION", chunk_index=3
)


def test_a_handlers_failure_is_its_message() -> None:
    """No JSON reaches a person: not Lambda's, and not the handler's inside it."""
    assert read_cause(ANSWER) == TOLD


def test_the_handlers_own_layer_is_enough() -> None:
    """As a log line has it."""
    assert read_cause(str(RAISED)) == TOLD


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"errorMessage": "signal: killed", "errorType": "Runtime.ExitError"}', "signal: killed"),
        ("The plan holds no frames.", "The plan holds no frames."),
        ('{"not": "ours"}', ""),
        ("{torn", "{torn"),
        ("", ""),
        (None, ""),
    ],
)
def test_other_causes_are_as_they_are(cause: str | None, message: str) -> None:
    """Plain text, the platform's JSON, and what is neither."""
    assert read_cause(cause).message == message
