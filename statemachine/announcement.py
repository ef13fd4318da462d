"""The machine that says a render is finished: one event, small, whatever the outcome."""

from typing import Any

SOURCE = "fanreel"
DETAIL_TYPE = "Render Finished"
OUTCOMES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
"""How an execution ends; the event's `Status`."""


def announcement(*, event_bus: str = "${EventBus}") -> dict[str, Any]:
    """
    Give the state machine that puts the event `Render Finished` on *event_bus*.

    Step Functions announces every ended execution by itself, but with the whole input inside,
    and a state of the render itself could not speak for an execution that was aborted. So a
    rule hands the few facts to this express machine, which puts

        {"RenderId", "Status", "ExecutionArn", "StartedAtMs", "StoppedAtMs", "Output", "Error"}

    on the bus: `Output` is the text of assemble's result (JSON) or null, `Error` the code or null.
    """
    return {
        "Comment": "Announce that a render is finished.",
        "StartAt": "Announce",
        "TimeoutSeconds": 60,
        "States": {
            "Announce": {
                "Type": "Task",
                "Resource": "arn:aws:states:::events:putEvents",
                "Parameters": {
                    "Entries": [
                        {
                            "Source": SOURCE,
                            "DetailType": DETAIL_TYPE,
                            "EventBusName": event_bus,
                            "Detail.$": "$",
                        }
                    ]
                },
                "Retry": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "IntervalSeconds": 1,
                        "BackoffRate": 2.0,
                        "MaxAttempts": 5,
                    }
                ],
                "End": True,
            }
        },
    }
