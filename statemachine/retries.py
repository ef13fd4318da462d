"""When a task is tried again: four retriers, of which the first that matches an error decides."""

from typing import Any

from fanreel.errors import TERMINAL_CODES

NOT_TAKEN = (
    "Lambda.TooManyRequestsException",
    "Lambda.EC2ThrottledException",
    "Lambda.ENILimitReachedException",
    # After weeks without an invocation Lambda puts a function's image away, and answers so while
    # it fetches and optimises it again (Lambda guide, "Function states").
    "Lambda.CodeArtifactUserPendingException",
    "Lambda.ResourceNotReadyException",
)
"""Lambda did not take the work: nothing was begun, so waiting costs little and always helps."""

DIED = (
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Sandbox.Timedout",
    "States.Timeout",
)
"""The worker died of memory or time. AWS says `Lambda.Unknown`, emulators say it more exactly."""


def retriers() -> list[dict[str, Any]]:
    """
    Return the `Retry` field of every task.

    A code that is not terminal needs no list of its own: it falls to `States.ALL`, together
    with Lambda's passing failures. Full jitter spreads the chunks that were refused together.
    """
    return [
        {"ErrorEquals": list(TERMINAL_CODES), "MaxAttempts": 0},
        # 100 attempts at up to 120 s wait for about 100 minutes. An inline Map of 40 chunks then
        # writes about 12,000 history events, half of what one execution may have (25,000).
        {
            "ErrorEquals": list(NOT_TAKEN),
            "IntervalSeconds": 2,
            "BackoffRate": 2.0,
            "MaxDelaySeconds": 120,
            "MaxAttempts": 100,
            "JitterStrategy": "FULL",
        },
        # Once: what exceeds memory twice will exceed it always, and each attempt may bill
        # fifteen minutes. Finished segments are kept, so the second attempt has less to do.
        {
            "ErrorEquals": list(DIED),
            # A moment for the dead worker to be cleared away before another takes its place.
            "IntervalSeconds": 5,
            "BackoffRate": 1.0,
            "MaxAttempts": 1,
        },
        {
            "ErrorEquals": ["States.ALL"],
            "IntervalSeconds": 2,
            "BackoffRate": 2.0,
            "MaxDelaySeconds": 30,
            "MaxAttempts": 3,
            "JitterStrategy": "FULL",
        },
    ]
