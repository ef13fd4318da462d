"""
What an execution is asked for: read with its defaults, checked, or refused.

    Defaults ─ Request ─ Fields ─ AreKnown ─ Config, or who a request names ─ Plan
"""

from collections.abc import Mapping

from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import INVALID_CONFIG
from fanreel.storage.layout import RENDERS
from statemachine.states import State, choice, fail, formatted, reshape


def understand_request(
    bucket_name: str, settings: Settings, functions: Mapping[str | None, str]
) -> dict[str, State]:
    """Return the states up to "Plan": what was not said gets its default, the rest is refused."""
    defaults: State = {
        "PlanOutputS3Prefix.$": formatted(
            f"s3://{bucket_name}/{RENDERS}{{}}/", "$$.Execution.Name"
        ),
        "OutputS3Uri": None,
        "Output": {},
        "VariablesS3Uri": None,
        "MaxConcurrency": settings.max_concurrency,
        "TimeoutSeconds": None,
        "MaxCostUsd": settings.max_render_cost_usd,
        "Function": None,
        "Config": {},
    }
    known = len(defaults) + 1  # and ProjectS3Uri, which has no default
    project = "$.ProjectS3Uri"
    return {
        # On AWS a comparison of a field that is not there ends the execution as States.Runtime.
        "IsRequest": choice(
            {
                "And": [
                    {"Variable": project, "IsPresent": True},
                    {"Variable": project, "IsString": True},
                ],
                "Next": "Defaults",
            },
            otherwise="NotARequest",
        ),
        "NotARequest": fail(
            INVALID_CONFIG,
            "The execution input is an object with ProjectS3Uri, and optionally "
            "PlanOutputS3Prefix, OutputS3Uri, VariablesS3Uri, MaxConcurrency, TimeoutSeconds "
            "and MaxCostUsd (numbers), Function (a name), Output and Config (objects), and with "
            "no other field.",
        ),
        "Defaults": reshape({"Defaults": defaults, "Given.$": "$"}, then="Request"),
        "Request": reshape(
            {"Request.$": "States.JsonMerge($.Defaults, $.Given, false)"}, then="Fields"
        ),
        # A field that is misspelt adds one to those that are known.
        "Fields": {
            "Type": "Pass",
            "Parameters": {"Count.$": "States.ArrayLength($.Request[*])"},
            "ResultPath": "$.Fields",
            "Next": "AreKnown",
        },
        "AreKnown": choice(
            {"Variable": "$.Fields.Count", "NumericGreaterThan": known, "Next": "NotARequest"},
            {"Not": {"Variable": "$.Request.MaxConcurrency", "IsNumeric": True}}
            | {"Next": "NotARequest"},
            *(_not_a_number(name) for name in ("TimeoutSeconds", "MaxCostUsd")),
            {"Or": _not_an_object("$.Request.Config"), "Next": "NotARequest"},
            {"Or": _not_an_object("$.Request.Output"), "Next": "NotARequest"},
            *_above_what_is_deployed(settings),
            *(_chosen(name) for name in functions),
            otherwise="NoSuchFunction",
        ),
        **_refusals(settings),
        "NoSuchFunction": fail(
            INVALID_CONFIG, f"Function: {_to_choose_from([name for name in functions if name])}"
        ),
        **{_config_for(name): _request_sheet(arn) for name, arn in functions.items()},
    }


def _to_choose_from(names: list[str]) -> str:
    return f"this deployment has {', '.join(names)} to choose." if names else "none to choose here."


def _chosen(name: str | None) -> State:
    asked = {"Variable": "$.Request.Function"}
    is_it: State = {"IsNull": True} if name is None else {"StringEquals": name}
    return asked | is_it | {"Next": _config_for(name)}


def _config_for(name: str | None) -> str:
    return "Config" if name is None else f"ConfigFor{name.capitalize()}"


def _request_sheet(function_arn: str) -> State:
    """Return the state that keeps the request as the rest needs it, and who works on it."""
    # The configuration may be nearly as big as a payload may be (256 KiB), so no state's data ever
    # holds it twice, and from "Spread" on it is gone.
    config = """States.JsonMerge(States.StringToJson('{"cfr":false}'), $.Request.Config, false)"""
    return reshape(
        {
            "FunctionArn": function_arn,
            "ProjectS3Uri.$": "$.Request.ProjectS3Uri",
            "PlanOutputS3Prefix.$": "$.Request.PlanOutputS3Prefix",
            "OutputS3Uri.$": "$.Request.OutputS3Uri",
            "Output.$": "$.Request.Output",
            "VariablesS3Uri.$": "$.Request.VariablesS3Uri",
            "MaxConcurrency.$": "$.Request.MaxConcurrency",
            "Limits": {
                "StartedAt.$": "$$.Execution.StartTime",
                "TimeoutSeconds.$": "$.Request.TimeoutSeconds",
                "MaxCostUsd.$": "$.Request.MaxCostUsd",
            },
            "Config.$": config,
        },
        then="Plan",
    )


def _not_a_number(name: str) -> State:
    variable = f"$.Request.{name}"
    kinds: list[State] = [{"Variable": variable, kind: True} for kind in ("IsNumeric", "IsNull")]
    return {"Not": {"Or": kinds}, "Next": "NotARequest"}


def _above_what_is_deployed(settings: Settings) -> list[State]:
    """Return the choices that refuse more than the deployment allows to any render."""
    choices = []
    if most := settings.concurrency_limit:
        asked = "$.Request.MaxConcurrency"
        outside: list[State] = [
            {"Variable": asked, "NumericGreaterThan": most},
            {"Variable": asked, "NumericLessThan": 1},
        ]
        choices.append({"Or": outside, "Next": "TooManyAtOnce"})
    if limit := settings.max_render_cost_usd:
        asked = "$.Request.MaxCostUsd"
        dearer: list[State] = [
            {"Variable": asked, "IsNull": True},
            {"Variable": asked, "NumericGreaterThan": limit},
        ]
        choices.append({"Or": dearer, "Next": "TooDear"})
    return choices


def _refusals(settings: Settings) -> dict[str, State]:
    states = {}
    if most := settings.concurrency_limit:
        states["TooManyAtOnce"] = fail(
            INVALID_CONFIG, f"MaxConcurrency: this deployment allows 1 to {most}."
        )
    if limit := settings.max_render_cost_usd:
        states["TooDear"] = fail(
            INVALID_CONFIG, f"MaxCostUsd: this deployment allows a render at most {limit:g} USD."
        )
    return states


def _not_an_object(variable: str) -> list[State]:
    kinds = ("IsNull", "IsString", "IsNumeric", "IsBoolean")
    found: list[State] = [{"Variable": variable, kind: True} for kind in kinds]
    return [*found, {"Variable": f"{variable}[0]", "IsPresent": True}]
