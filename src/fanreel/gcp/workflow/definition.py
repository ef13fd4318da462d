"""
The workflow as plain data: what the state machine is on AWS, in the syntax of Workflows.

    check ─ plan ─ any chunks? ─ parallel render_chunk ─ assemble

Expressions rely on nothing that the documentation leaves open: `and` and `or` are not taken to
stop early, a key is asked for before it is read, no variable holds what grows with the number of
chunks. So an execution stays within Workflows' limits (docs/gcp.md has the arithmetic): 512 KB of
variables, 100,000 steps, 400 characters in an expression.
"""

from typing import Any

from fanreel.errors import INVALID_CONFIG, PLAN_PRODUCED_ZERO_CHUNKS
from fanreel.formats import FORMATS
from fanreel.gcp.workflow.retries import STUCK, subworkflows, with_retries
from fanreel.storage.layout import OUTPUT_EXTENSIONS, OUTPUTS, RENDERS, SEGMENTS

Step = dict[str, Any]

AT_ONCE = 20
"""An execution runs at most 20 iterations at once; more of them wait for their turn."""
CHUNK_LIMIT = 1000
"""Of eleven rounds each, they take 93,000 of the 100,000 steps that an execution may take."""
CALL_TIMEOUT_S = 1800
"""The longest that a step may wait for an answer; the service answers before, see `Done`."""

SERVICE_URL = "FANREEL_SERVICE_URL"
BUCKET = "FANREEL_RENDER_BUCKET"
MAX_CONCURRENCY = "FANREEL_MAX_CONCURRENCY"
CONCURRENCY_LIMIT = "FANREEL_CONCURRENCY_LIMIT"
MAX_RENDER_COST = "FANREEL_MAX_RENDER_COST_USD"
RENDER_TIMEOUT = "FANREEL_RENDER_TIMEOUT_S"
ENVIRONMENT = {
    SERVICE_URL: None,
    BUCKET: None,
    MAX_CONCURRENCY: str(AT_ONCE),
    CONCURRENCY_LIMIT: "0",
    MAX_RENDER_COST: "0",
    RENDER_TIMEOUT: str(24 * 3600),
}
"""Environment variables of the workflow, and what each is unless it is set; 0 is no limit."""
DEPLOYED = "FANREEL_DEPLOYED"
"""One more, which clients read: what was deployed, as JSON."""

_MOST_PARALLEL, _CHUNK_SIZE = "maxParallelChunks", "chunkSize"
_NO_TEXT = ["map", "list", "boolean", "bytes", "integer", "double"]
_NO_NUMBER = ["map", "list", "boolean", "bytes", "string"]
_NO_OBJECT = ["list", "boolean", "bytes", "integer", "double", "string", "null"]
REFUSED_TYPES = {
    "ProjectS3Uri": [*_NO_TEXT, "null"],
    "RenderId": _NO_TEXT,
    "PlanOutputS3Prefix": _NO_TEXT,
    "OutputS3Uri": _NO_TEXT,
    "VariablesS3Uri": _NO_TEXT,
    "MaxConcurrency": [*_NO_NUMBER, "double", "null"],
    "TimeoutSeconds": _NO_NUMBER,
    "MaxCostUsd": _NO_NUMBER,
    "Output": _NO_OBJECT,
    "Config": _NO_OBJECT,
}
"""The fields of an execution's argument, and the types that none of their values has."""


def definition() -> dict[str, Step]:
    """
    Return the workflow that renders one composition.

    It is the same for every deployment: what differs comes from its `ENVIRONMENT`. The project's
    URIs are `gs://` ones; fields are named as on AWS.
    """
    return {
        "main": {
            "params": ["input"],
            "steps": [*_check(), *_settle(), *_plan(), *_render(), *_assemble()],
        },
        "render_chunk": _render_chunk(),
        "ask_service": _ask_service(),
        **subworkflows(),
    }


def _check() -> list[Step]:
    """Return the steps that refuse what is no request before anything is asked of the service."""
    return [
        {
            "what_is_known": {
                "assign": [
                    {"refused_types": REFUSED_TYPES},
                    {
                        "not_a_request": _failure(
                            "The execution's argument is an object with ProjectS3Uri, and "
                            "optionally RenderId, PlanOutputS3Prefix, OutputS3Uri, VariablesS3Uri, "
                            "MaxConcurrency, TimeoutSeconds and MaxCostUsd (numbers), Output and "
                            "Config (objects), and with no other field."
                        )
                    },
                ]
            }
        },
        {"is_object": _refuse('get_type(input) != "map"')},
        {"has_project": _refuse('not("ProjectS3Uri" in input)', "len(input) > len(refused_types)")},
        {
            "each_field": {
                "for": {
                    "value": "field",
                    "in": "${keys(input)}",
                    "steps": [
                        {"is_known": _refuse("not(field in refused_types)")},
                        {"has_type": _refuse("get_type(input[field]) in refused_types[field]")},
                    ],
                }
            }
        },
    ]


def _settle() -> list[Step]:
    """Return the steps that lay what was given over what the deployment says."""
    return [
        {
            "deployment": {
                "assign": [
                    {"bucket": f'${{"gs://" + sys.get_env("{BUCKET}") + "/"}}'},
                    {"most_at_once": f"${{int({_env(CONCURRENCY_LIMIT)})}}"},
                    {"most_usd": f"${{double({_env(MAX_RENDER_COST)})}}"},
                    {"most_s": f"${{double({_env(RENDER_TIMEOUT)})}}"},
                    {"at_once": f"${{int({_env(MAX_CONCURRENCY)})}}"},
                ]
            }
        },
        {
            "request": {
                "assign": [
                    {
                        "render_id": _given(
                            "RenderId", 'sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")'
                        )
                    },
                    {
                        "folder": _given(
                            "PlanOutputS3Prefix", f'bucket + "{RENDERS}" + render_id + "/"'
                        )
                    },
                    {"output_uri": '${map.get(input, "OutputS3Uri")}'},
                    {"at_once": _given("MaxConcurrency", "at_once")},
                    {"timeout_s": '${map.get(input, "TimeoutSeconds")}'},
                    # Absent is the deployment's; null is none, which a deployment may refuse.
                    {
                        "cost_usd": '${if("MaxCostUsd" in input, '
                        'map.get(input, "MaxCostUsd"), if(most_usd > 0, most_usd, null))}'
                    },
                    {"output": {}},
                    {"config": {}},
                ]
            }
        },
        {"has_output": _assign_if('"Output" in input', "output", "${input.Output}")},
        {"has_config": _assign_if('"Config" in input', "config", "${input.Config}")},
        {
            "is_limited": {
                "switch": [
                    {
                        "condition": "${most_at_once > 0}",
                        "steps": [
                            {
                                "within_number": _refuse(
                                    "at_once < 1 or at_once > most_at_once",
                                    failure=_failure(
                                        '${"MaxConcurrency: this deployment allows 1 to " + '
                                        'string(most_at_once) + "."}'
                                    ),
                                )
                            }
                        ],
                    }
                ]
            }
        },
        {
            "is_priced": {
                "switch": [
                    {
                        "condition": "${most_usd > 0}",
                        "steps": [
                            {
                                "within_cost": _refuse(
                                    "default(cost_usd, most_usd + 1) > most_usd",
                                    failure=_failure(
                                        '${"MaxCostUsd: this deployment allows a render at most " '
                                        '+ string(most_usd) + " USD."}'
                                    ),
                                )
                            }
                        ],
                    }
                ]
            }
        },
        {
            "limits": {
                "assign": [
                    {"at_once": f"${{if(at_once < 1, {AT_ONCE}, math.min(at_once, {AT_ONCE}))}}"},
                    {
                        "limits": {
                            "StartedAt": "${time.format(sys.now())}",
                            "TimeoutSeconds": "${if(most_s > 0, "
                            "math.min(default(timeout_s, most_s), most_s), timeout_s)}",
                            "MaxCostUsd": "${cost_usd}",
                        }
                    },
                ]
            }
        },
    ]


def _plan() -> list[Step]:
    body = {
        "Action": "plan",
        "RenderId": "${render_id}",
        "ProjectS3Uri": "${input.ProjectS3Uri}",
        "PlanOutputS3Prefix": "${folder}",
        "VariablesS3Uri": '${map.get(input, "VariablesS3Uri")}',
        # Only looked at: what is wrong with it is said before anything is rendered.
        "OutputS3Uri": "${output_uri}",
        "Output": "${output}",
        "Limits": "${limits}",
        "Config": "${config}",
    }
    return [
        {"plan": _ask(body, "plan")},
        {
            "keep": {
                "assign": [
                    # What was asked is planned now: only what assembling needs is kept of it.
                    {"cfr": '${default(map.get(config, "cfr"), false)}'},
                    {"config": None},
                    {"input": None},
                    {"extensions": dict(OUTPUT_EXTENSIONS)},
                    {"sound_alone": [n for n, spec in FORMATS.items() if not spec.pictures]},
                    {
                        "output_uri": "${default(output_uri, "
                        f'bucket + "{OUTPUTS}" + render_id + extensions[plan.Format])}}'
                    },
                    {
                        "work": {
                            "RenderId": "${render_id}",
                            "PlanManifestS3Uri": "${plan.PlanManifestS3Uri}",
                            "PlanHash": "${plan.PlanHash}",
                            "ChunkOutputS3Prefix": f'${{bucket + "{SEGMENTS}" + plan.PlanHash + '
                            '"/"}',
                            "Format": "${plan.Format}",
                            "Limits": "${limits}",
                        }
                    },
                    {"failure": None},
                ]
            }
        },
        {
            "any_chunks": {
                "switch": [
                    {"condition": "${plan.Format in sound_alone}", "next": "assemble"},
                    {
                        "condition": "${plan.ChunkCount < 1}",
                        "raise": _failure(
                            "The plan holds no frames, so there is nothing to render.",
                            PLAN_PRODUCED_ZERO_CHUNKS,
                        ),
                    },
                    {
                        "condition": f"${{plan.ChunkCount > {CHUNK_LIMIT}}}",
                        "raise": _failure(
                            f"A workflow spreads a render over at most {CHUNK_LIMIT} chunks: "
                            f"lower {_MOST_PARALLEL} or raise {_CHUNK_SIZE}."
                        ),
                    },
                ]
            }
        },
    ]


def _render() -> list[Step]:
    # Workflows would go on with all other chunks after one failed, and then raise an error of its
    # own around theirs. So the first failure is kept, what has not begun is left out, and the
    # execution ends with that failure itself.
    return [
        {
            "render_chunks": {
                "parallel": {
                    "shared": ["failure"],
                    "concurrency_limit": "${at_once}",
                    "for": {
                        "value": "index",
                        "range": [0, "${plan.ChunkCount - 1}"],
                        "steps": [
                            {
                                "unless_failed": {
                                    "switch": [
                                        {
                                            "condition": "${failure == null}",
                                            "steps": [{"render": _render_or_keep_failure()}],
                                        }
                                    ]
                                }
                            }
                        ],
                    },
                }
            }
        },
        {"did_any_fail": {"switch": [{"condition": "${failure != null}", "raise": "${failure}"}]}},
    ]


def _render_or_keep_failure() -> Step:
    args = {"work": "${work}", "index": "${index}"}
    return {
        "try": {"call": "render_chunk", "args": args},
        "except": {
            "as": "e",
            "steps": [{"keep_first": {"assign": [{"failure": "${default(failure, e)}"}]}}],
        },
    }


def _assemble() -> list[Step]:
    body = _work() | {
        "Action": "assemble",
        "OutputS3Uri": "${output_uri}",
        "Output": "${output}",
        "Cfr": "${cfr}",
    }
    return [{"assemble": _ask(body, "video")}, {"done": {"return": "${video}"}}]


def _work() -> Step:
    fields = ("RenderId", "PlanManifestS3Uri", "PlanHash", "ChunkOutputS3Prefix", "Format")
    return {name: f"${{work.{name}}}" for name in (*fields, "Limits")}


def _render_chunk() -> Step:
    """Return the subworkflow that renders one chunk, in as many calls as it takes."""
    body = _work() | {"Action": "renderChunk", "ChunkIndex": "${index}"}
    return {
        "params": ["work", "index"],
        "steps": [
            {"begin": {"assign": [{"next_frame": -1}]}},
            {"render": _ask(body, "reply")},
            {
                "is_done": {
                    "switch": [
                        {"condition": "${reply.Done}", "return": True},
                        {"condition": "${reply.NextFrame > next_frame}", "next": "go_on"},
                    ]
                }
            },
            # A round that got nowhere would be repeated, and billed, for ever.
            {"stuck": {"raise": STUCK}},
            {"go_on": {"assign": [{"next_frame": "${reply.NextFrame}"}], "next": "render"}},
        ],
    }


def _ask_service() -> Step:
    """Return the subworkflow that takes one step: one request, tried again by the rules."""
    url = f'${{sys.get_env("{SERVICE_URL}")}}'
    call = {
        "call": "http.post",
        "args": {
            "url": url,
            "timeout": CALL_TIMEOUT_S,
            "auth": {"type": "OIDC", "audience": url},
            "body": "${body}",
        },
        "result": "reply",
    }
    tell = [
        {"name": {"call": "failure_of", "args": {"e": "${e}"}, "result": "failure"}},
        {"tell": {"raise": "${failure}"}},
    ]
    return {
        "params": ["body"],
        "steps": [
            {"ask": with_retries(call) | {"except": {"as": "e", "steps": tell}}},
            {"answer": {"return": "${reply.body}"}},
        ],
    }


def _ask(body: Step, result: str) -> Step:
    return {"call": "ask_service", "args": {"body": body}, "result": result}


def _failure(message: str, code: str = INVALID_CONFIG) -> Step:
    return {"code": code, "message": message}


def _refuse(*conditions: str, failure: Step | str = "${not_a_request}") -> Step:
    return {"switch": [{"condition": f"${{{one}}}", "raise": failure} for one in conditions]}


def _assign_if(condition: str, name: str, value: str) -> Step:
    assign = [{"keep_" + name: {"assign": [{name: value}]}}]
    return {"switch": [{"condition": f"${{{condition}}}", "steps": assign}]}


def _given(field: str, otherwise: str) -> str:
    return f'${{default(map.get(input, "{field}"), {otherwise})}}'


def _env(name: str) -> str:
    default = ENVIRONMENT[name]
    return f'sys.get_env("{name}", "{default}")'
