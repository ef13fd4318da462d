"""What an execution may be asked for, and what becomes of it with what the deployment allows."""

from fanreel.gcp.workflow.settings import (
    AT_ONCE,
    BUCKET,
    CONCURRENCY_LIMIT,
    ENVIRONMENT,
    MAX_CONCURRENCY,
    MAX_RENDER_COST,
    RENDER_TIMEOUT,
)
from fanreel.gcp.workflow.steps import Step, failure
from fanreel.storage.layout import RENDERS

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


def check() -> list[Step]:
    """Return the steps that refuse what is no request before anything is asked of the service."""
    return [
        {
            "what_is_known": {
                "assign": [
                    {"refused_types": REFUSED_TYPES},
                    {
                        "not_a_request": failure(
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


def settle() -> list[Step]:
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
                                    raised=failure(
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
                                    raised=failure(
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


def _refuse(*conditions: str, raised: Step | str = "${not_a_request}") -> Step:
    return {"switch": [{"condition": f"${{{one}}}", "raise": raised} for one in conditions]}


def _assign_if(condition: str, name: str, value: str) -> Step:
    assign = [{"keep_" + name: {"assign": [{name: value}]}}]
    return {"switch": [{"condition": f"${{{condition}}}", "steps": assign}]}


def _given(field: str, otherwise: str) -> str:
    return f'${{default(map.get(input, "{field}"), {otherwise})}}'


def _env(name: str) -> str:
    default = ENVIRONMENT[name]
    return f'sys.get_env("{name}", "{default}")'
