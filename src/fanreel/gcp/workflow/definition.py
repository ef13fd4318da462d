"""
The workflow as plain data: what the state machine is on AWS, in the syntax of Workflows.

    check ─ plan ─ any chunks? ─ parallel render_chunk ─ assemble

Expressions rely on nothing that the documentation leaves open: `and` and `or` are not taken to
stop early, a key is asked for before it is read, no variable holds what grows with the number of
chunks. So an execution stays within Workflows' limits (docs/gcp.md has the arithmetic): 512 KB of
variables, 100,000 steps, 400 characters in an expression.
"""

from fanreel.errors import PLAN_PRODUCED_ZERO_CHUNKS
from fanreel.formats import FORMATS
from fanreel.gcp.workflow.request import check, settle
from fanreel.gcp.workflow.retries import STUCK, subworkflows, with_retries
from fanreel.gcp.workflow.settings import CALL_TIMEOUT_S, CHUNK_LIMIT, SERVICE_URL
from fanreel.gcp.workflow.steps import Step, failure
from fanreel.storage.layout import OUTPUT_EXTENSIONS, OUTPUTS, SEGMENTS

_MOST_PARALLEL, _CHUNK_SIZE = "maxParallelChunks", "chunkSize"


def definition() -> dict[str, Step]:
    """
    Return the workflow that renders one composition.

    It is the same for every deployment: what differs comes from its `ENVIRONMENT`. The project's
    URIs are `gs://` ones; fields are named as on AWS.
    """
    return {
        "main": {
            "params": ["input"],
            "steps": [*check(), *settle(), *_plan(), *_render(), *_assemble()],
        },
        "render_chunk": _render_chunk(),
        "ask_service": _ask_service(),
        **subworkflows(),
    }


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
                        "raise": failure(
                            "The plan holds no frames, so there is nothing to render.",
                            PLAN_PRODUCED_ZERO_CHUNKS,
                        ),
                    },
                    {
                        "condition": f"${{plan.ChunkCount > {CHUNK_LIMIT}}}",
                        "raise": failure(
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
