"""The machine that says a render is finished: one event, small, whatever the outcome."""

from typing import Any

from fanreel.storage.layout import PROGRESS_DOCUMENT, RENDERS

SOURCE = "fanreel"
DETAIL_TYPE = "Render Finished"
_FIELDS = {
    "RenderId": "name",
    "Status": "status",
    "ExecutionArn": "executionArn",
    "StartedAtMs": "startDate",
    "StoppedAtMs": "stopDate",
    "Output": "output",
    "Error": "error",
}
"""The event's detail, and where Step Functions' own event has it."""
_ABSENT = '{"output":null,"error":null}'
OUTCOMES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
"""How an execution ends; the event's `Status`."""


def announcement(
    *, event_bus: str = "${EventBus}", bucket_name: str | None = None
) -> dict[str, Any]:
    """
    Return the state machine that puts the event `Render Finished` on *event_bus*.

    Step Functions announces every ended execution by itself, but with the whole input inside,
    and a state of the render itself could not speak for an execution that was aborted. So a
    rule hands its detail to this express machine (not by a template of EventBridge's, which makes
    no JSON of a field that is null or not there), which puts

        {"RenderId", "Status", "ExecutionArn", "StartedAtMs", "StoppedAtMs", "Output", "Error"}

    on the bus: `Output` is the text of assemble's result (JSON) or null, `Error` the code or null.
    With a *bucket_name* the same is then left in `renders/<id>/progress.json` there.
    """
    after_announcing = {"Next": "Publish"} if bucket_name else {"End": True}
    return {
        "Comment": "Announce that a render is finished.",
        "StartAt": "Complete",
        "TimeoutSeconds": 60,
        "States": {
            "Complete": {
                "Type": "Pass",
                "Parameters": {
                    "Ended.$": f"States.JsonMerge(States.StringToJson('{_ABSENT}'), $, false)"
                },
                "Next": "Announce",
            },
            "Announce": {
                "Type": "Task",
                "Resource": "arn:aws:states:::events:putEvents",
                "Parameters": {
                    "Entries": [
                        {
                            "Source": SOURCE,
                            "DetailType": DETAIL_TYPE,
                            "EventBusName": event_bus,
                            "Detail": {
                                f"{name}.$": f"$.Ended.{field}" for name, field in _FIELDS.items()
                            },
                        }
                    ]
                },
                "Retry": _RETRY,
                "ResultPath": None,
            }
            | after_announcing,
            **(_publish(bucket_name) if bucket_name else {}),
        },
    }


_RETRY = [
    {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 5}
]


def _publish(bucket_name: str) -> dict[str, Any]:
    folder = f"{RENDERS}{{}}/{PROGRESS_DOCUMENT}"
    return {
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Parameters": {
                "Bucket": bucket_name,
                "Key.$": f"States.Format('{folder}', $.Ended.name)",
                "ContentType": "application/json",
                "CacheControl": "no-store",
                "Body": {f"{name}.$": f"$.Ended.{field}" for name, field in _FIELDS.items()},
            },
            "Retry": _RETRY,
            "End": True,
        }
    }
