"""
Which chunk of a distributed Map failed, and of what.

The Map itself only says that too many of its children failed. Its run lists them, so the first that
failed is looked up and its code and cause are raised again: `error` of the execution, of the event
and of every SDK is then the same as of a render with few chunks.
"""

from typing import Any

from fanreel.aws.client.executions import CHUNK_FAILED_STATE

State = dict[str, Any]

EXCEEDED = "States.ExceedToleratedFailureThreshold"
"""What a distributed Map ends with, whatever its children died of."""
_UNKNOWN = "SomeChunkFailed"


def catcher() -> State:
    """Return the `Catch` entry of the distributed Map."""
    return {"ErrorEquals": [EXCEEDED], "ResultPath": "$.Caught", "Next": "FindMapRun"}


def states() -> dict[str, State]:
    """Return the states that find the failed child and raise what it raised."""
    failed = "$.Failed.Executions[0]"
    return {
        "FindMapRun": _ask(
            "listMapRuns",
            {"ExecutionArn.$": "$$.Execution.Id", "MaxResults": 1},
            "$.Run",
            then="FindFailedChunk",
        ),
        "FindFailedChunk": _ask(
            "listExecutions",
            {
                "MapRunArn.$": "$.Run.MapRuns[0].MapRunArn",
                "StatusFilter": "FAILED",
                "MaxResults": 1,
            },
            "$.Failed",
            then="AnyFailed",
        ),
        "AnyFailed": {
            "Type": "Choice",
            "Choices": [{"Variable": failed, "IsPresent": True, "Next": "ReadFailedChunk"}],
            "Default": _UNKNOWN,
        },
        "ReadFailedChunk": _ask(
            "describeExecution",
            {"ExecutionArn.$": f"{failed}.ExecutionArn"},
            "$.Child",
            then="HasCode",
        ),
        "HasCode": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": path, kind: True}
                        for path in ("$.Child.Error", "$.Child.Cause")
                        for kind in ("IsPresent", "IsString")
                    ],
                    "Next": CHUNK_FAILED_STATE,
                }
            ],
            "Default": _UNKNOWN,
        },
        CHUNK_FAILED_STATE: {
            "Type": "Fail",
            "ErrorPath": "$.Child.Error",
            "CausePath": "$.Child.Cause",
        },
        _UNKNOWN: {"Type": "Fail", "Error": EXCEEDED, "Cause": "Some chunks did not end well."},
    }


def _ask(action: str, parameters: State, result_path: str, *, then: str) -> State:
    """Return a task asking Step Functions; what cannot be found out must not hide the failure."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:sfn:{action}",
        "Parameters": parameters,
        "ResultPath": result_path,
        "TimeoutSeconds": 60,
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 2,
                "BackoffRate": 2.0,
                "MaxAttempts": 3,
            }
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": _UNKNOWN}],
        "Next": then,
    }
