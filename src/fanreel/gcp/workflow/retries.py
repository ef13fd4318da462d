"""
When a call of the service is tried again, and what it failed of: the same rules as on AWS.

A retry of Workflows has one predicate and one count, so three of them lie inside each other, the
most patient one innermost. Which of them takes an error is decided in one place, `kind_of`.
"""

from fanreel.errors import CAPTURE_TIMEOUT, TERMINAL_CODES
from fanreel.gcp.workflow.steps import Step

OUT_OF_MEMORY = "Runtime.OutOfMemory"
"""What a worker says that ran out of memory in Python, a moment before Cloud Run says 503."""
NO_INSTANCE = 429
"""Cloud Run has no instance to give, and may have none for a while: nothing was begun."""
GONE = (502, 503, 504)
"""
An answer of these without a body of ours is Cloud Run's own: the instance died (of memory, mostly)
or the request took longer than it may. A 500 is no instance in time, while many start at once.
"""
LOST_TAGS = ("ConnectionError", "ConnectionFailedError", "TimeoutError")
"""What Workflows says of a call that was never answered."""

TERMINAL, NOT_TAKEN, DIED, PASSING = "terminal", "not taken", "died", "passing"

UNANSWERED = "CloudRun.Unanswered"
"""The code of a failure that the service itself could not name."""

_RETRIES = (
    # 100 attempts at up to 120 s are about three hours. Nothing was begun, so waiting is cheap.
    (NOT_TAKEN, "was_not_taken", 100, (2, 120, 2)),
    (PASSING, "is_passing", 3, (2, 30, 2)),
    # Once: what exceeds memory twice will exceed it always, and each attempt may bill half an hour.
    # Finished segments are kept, so the second attempt has less to do.
    (DIED, "has_died", 1, (5, 5, 2)),
)
"""Kind, predicate, retries, and backoff: first wait, longest wait (s) and its growth."""


def with_retries(call: Step) -> Step:
    """Return *call*, a step's body, inside the three retries."""
    tried = call
    for _, predicate, retries, (first_s, longest_s, growth) in _RETRIES:
        inner = tried if tried is call else {"steps": [{f"before_{predicate}": tried}]}
        tried = {
            "try": inner,
            "retry": {
                "predicate": f"${{{predicate}}}",
                "max_retries": retries,
                "backoff": {
                    "initial_delay": first_s,
                    "max_delay": longest_s,
                    "multiplier": growth,
                },
            },
        }
    return tried


def subworkflows() -> dict[str, Step]:
    """Return what `with_retries()` needs beside it: predicates, and what they ask."""
    predicates = {
        predicate: {
            "params": ["e"],
            "steps": [
                {"look": {"call": "kind_of", "args": {"e": "${e}"}, "result": "kind"}},
                {"tell": {"return": f'${{kind == "{kind}"}}'}},
            ],
        }
        for kind, predicate, _, _ in _RETRIES
    }
    return predicates | {"kind_of": _kind_of(), "failure_of": _failure_of()}


def _kind_of() -> Step:
    return {
        "params": ["e"],
        "steps": [
            {"read": {"assign": [{"status": '${default(map.get(e, "code"), 0)}'}]}},
            # Cloud Run's own word, with no document; in a queue it is the one that comes often.
            {
                "queue": {
                    "switch": [
                        {
                            "condition": f"${{status == {NO_INSTANCE} and "
                            'get_type(map.get(e, "body")) != "map"}',
                            "return": NOT_TAKEN,
                        }
                    ]
                }
            },
            {"lists": {"assign": [{"terminal": list(TERMINAL_CODES)}, {"gone": list(GONE)}]}},
            {"ask": {"call": "failure_of", "args": {"e": "${e}"}, "result": "failure"}},
            {
                "decide": {
                    "switch": [
                        # Whatever the status: the code is the service's own word.
                        {"condition": "${failure.code in terminal}", "return": TERMINAL},
                        {"condition": f"${{status == {NO_INSTANCE}}}", "return": NOT_TAKEN},
                        {
                            "condition": f'${{failure.code == "{OUT_OF_MEMORY}"}}',
                            "return": DIED,
                        },
                        {"condition": f'${{failure.code != "{UNANSWERED}"}}', "return": PASSING},
                        {"condition": "${status in gone}", "return": DIED},
                        *(
                            {"condition": f'${{"{tag}" in e.tags}}', "return": DIED}
                            for tag in LOST_TAGS
                        ),
                    ]
                }
            },
            # Such as a 403 while the right to call the service is not known everywhere yet.
            {"otherwise": {"return": PASSING}},
        ],
    }


def _failure_of() -> Step:
    """Return the subworkflow that gives code and message of an error, whoever told it."""
    return {
        "params": ["e"],
        "steps": [
            {"read": {"assign": [{"body": '${map.get(e, "body")}'}]}},
            {
                "is_document": {
                    "switch": [
                        {"condition": '${get_type(body) != "map"}', "next": "unanswered"},
                        {
                            "condition": '${("code" in body) and ("message" in body)}',
                            "return": {"code": "${body.code}", "message": "${body.message}"},
                        },
                    ]
                }
            },
            {
                "unanswered": {
                    "return": {"code": UNANSWERED, "message": '${default(e.message, "")}'}
                }
            },
        ],
    }


_SEGMENT_FRAMES = "segmentFrames"
STUCK = {
    "code": CAPTURE_TIMEOUT,
    "message": "A whole invocation did not finish one segment: "
    f"lower {_SEGMENT_FRAMES}, or give the service more memory.",
}
