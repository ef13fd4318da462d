"""
The state machine as plain data.

    Defaults ─ Request ─ Config ─ Plan ─ AnyChunks? ─ Spread ─┬─ RenderChunks ────┬─ Assemble
                                                              └─ RenderManyChunks ┘

JSONPath, not JSONata, because both local interpreters can run it. No state catches an error, since
an execution that ended in a Catch or a Fail state cannot be redriven from the chunk that failed;
except for the distributed Map, which would hide its child's code behind its own. What failed there
is looked up (`chunk_failures.py`) and raised again; going on after it is a new execution.
"""

from collections.abc import Mapping
from typing import Any

from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import CAPTURE_TIMEOUT, INVALID_CONFIG, PLAN_PRODUCED_ZERO_CHUNKS
from fanreel.formats import FORMATS
from fanreel.storage.layout import OUTPUT_EXTENSIONS, OUTPUTS, SEGMENTS
from statemachine import chunk_failures
from statemachine.request import understand_request
from statemachine.retries import retriers
from statemachine.states import State, choice, fail, formatted, reshape

INLINE_LIMIT = 40
"""An inline Map runs at most 40 iterations at once; beyond, the distributed Map takes over."""
CHUNK_LIMIT = 1000
"""`States.ArrayRange` makes at most 1000 items."""
TASK_TIMEOUT_S = 960
"""Lambda's longest run is 900 s; a minute more, and the invocation itself is lost."""


def definition(
    *,
    function_arn: str = "${RenderFunctionArn}",
    choice_arns: Mapping[str, str] | None = None,
    bucket_name: str = "${RenderBucketName}",
    settings: Settings | None = None,
) -> State:
    """
    Return the state machine that renders one composition.

    Args:
        function_arn: The function that plans, renders chunks and assembles.
        choice_arns: Those that take its place in renders that name one; None stands for what
            CloudFormation puts in the place of `arn_variable()`.
        bucket_name: Where plans, segments and, if the input does not say, outputs go.
        settings: Of the deployment: what an input that does not say gets, and what it may ask.
    """
    settings = settings or Settings()
    if choice_arns is None:
        choice_arns = {one.name: f"${{{arn_variable(one.name)}}}" for one in settings.choices}
    functions = dict([(None, function_arn), *choice_arns.items()])
    return {
        "Comment": "Plan a composition, render its chunks, assemble the video.",
        "StartAt": "IsRequest",
        "TimeoutSeconds": settings.render_timeout_s,
        "States": (
            understand_request(bucket_name, settings, functions)
            | _plan()
            | _spread(bucket_name)
            | _render()
            | _assemble()
        ),
    }


def arn_variable(name: str | None = None) -> str:
    """Return what stands for a function's ARN in the text of the definition."""
    return f"RenderFunction{(name or '').capitalize()}Arn"


def _plan() -> dict[str, State]:
    payload = {
        "Action": "plan",
        "RenderId.$": "$$.Execution.Name",
        "ProjectS3Uri.$": "$.ProjectS3Uri",
        "PlanOutputS3Prefix.$": "$.PlanOutputS3Prefix",
        "VariablesS3Uri.$": "$.VariablesS3Uri",
        # Only looked at: what is wrong with it is said before anything is rendered.
        "OutputS3Uri.$": "$.OutputS3Uri",
        "Output.$": "$.Output",
        "Limits.$": "$.Limits",
        "Config.$": "$.Config",
    }
    used = ("PlanManifestS3Uri", "PlanHash", "ChunkCount", "Format")
    count = "$.Plan.ChunkCount"
    return {
        "Plan": _invoke(
            {"Payload": payload},
            ResultSelector={f"{name}.$": f"$.Payload.{name}" for name in used},
            ResultPath="$.Plan",
            Next="AnyChunks",
        ),
        "AnyChunks": choice(
            {
                "And": [
                    {"Variable": count, "NumericLessThan": 1},
                    {"Not": {"Or": _sound_alone("$.Plan.Format")}},
                ],
                "Next": "ZeroChunks",
            },
            {"Variable": count, "NumericGreaterThan": CHUNK_LIMIT, "Next": "TooManyChunks"},
            *(_default_output(*item) for item in OUTPUT_EXTENSIONS.items()),
            {"Or": _sound_alone("$.Plan.Format"), "Next": "SpreadSound"},
            otherwise="Spread",
        ),
        "ZeroChunks": fail(
            PLAN_PRODUCED_ZERO_CHUNKS,
            "The plan holds no frames, so there is nothing to render.",
        ),
        "TooManyChunks": fail(
            INVALID_CONFIG,
            f"A state machine spreads a render over at most {CHUNK_LIMIT} chunks: "
            "lower maxParallelChunks or raise chunkSize.",
        ),
    }


def _spread(bucket_name: str) -> dict[str, State]:
    states = {
        "Spread": _spread_sheet(bucket_name, "$.OutputS3Uri", pictures=True),
        "SpreadSound": _spread_sheet(bucket_name, "$.OutputS3Uri", pictures=False),
    }
    for output_format, extension in OUTPUT_EXTENSIONS.items():
        output = formatted(f"s3://{bucket_name}/{OUTPUTS}{{}}{extension}", "$$.Execution.Name")
        pictures = FORMATS[output_format].pictures
        states[_spread_to(extension)] = _spread_sheet(bucket_name, output, pictures=pictures)
    few = {"Variable": "$.ChunkCount", "NumericLessThanEquals": INLINE_LIMIT}
    return states | {
        "FewChunks": choice(few | {"Next": "RenderChunks"}, otherwise="RenderManyChunks")
    }


def _sound_alone(variable: str) -> list[State]:
    return [
        {"Variable": variable, "StringEquals": name}
        for name, spec in FORMATS.items()
        if not spec.pictures
    ]


def _default_output(output_format: str, extension: str) -> State:
    return {
        "And": [
            {"Variable": "$.OutputS3Uri", "IsNull": True},
            {"Variable": "$.Plan.Format", "StringEquals": output_format},
        ],
        "Next": _spread_to(extension),
    }


def _spread_to(extension: str) -> str:
    return f"SpreadTo{extension.removeprefix('.').capitalize()}"


def _spread_sheet(bucket_name: str, output_uri: str, *, pictures: bool) -> State:
    """Return the state that keeps what the rest needs: under 10 KB at any size of the request."""
    sheet = {
        "FunctionArn.$": "$.FunctionArn",
        "RenderId.$": "$$.Execution.Name",
        "PlanManifestS3Uri.$": "$.Plan.PlanManifestS3Uri",
        "PlanHash.$": "$.Plan.PlanHash",
        "Format.$": "$.Plan.Format",
        "ChunkOutputS3Prefix.$": formatted(
            f"s3://{bucket_name}/{SEGMENTS}{{}}/", "$.Plan.PlanHash"
        ),
        "OutputS3Uri.$": output_uri,
        "Output.$": "$.Output",
        "Limits.$": "$.Limits",
        "Cfr.$": "$.Config.cfr",
    }
    if not pictures:
        return reshape(sheet, then="Assemble")
    chunks = {
        "MaxConcurrency.$": "$.MaxConcurrency",
        "ChunkCount.$": "$.Plan.ChunkCount",
        "ChunkIndexes.$": "States.ArrayRange(0, States.MathAdd($.Plan.ChunkCount, -1), 1)",
    }
    return reshape(sheet | chunks, then="FewChunks")


def _render() -> dict[str, State]:
    # State names are unique in a whole machine, so the second Map's states say "OfMany".
    distributed = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    many = _map(distributed, _chunk("OfMany")) | {"Catch": [chunk_failures.catcher()]}
    return {
        "RenderChunks": _map({"Mode": "INLINE"}, _chunk("")),
        "RenderManyChunks": many,
    } | chunk_failures.states()


def _map(config: State, processor: State) -> State:
    forwarded = (
        "RenderId",
        "PlanManifestS3Uri",
        "PlanHash",
        "ChunkOutputS3Prefix",
        "Format",
        "Limits",
    )
    return {
        "Type": "Map",
        "ItemsPath": "$.ChunkIndexes",
        "MaxConcurrencyPath": "$.MaxConcurrency",
        "ItemSelector": {
            "Event": {"Action": "renderChunk", "ChunkIndex.$": "$$.Map.Item.Value"}
            | {f"{name}.$": f"$.{name}" for name in forwarded},
            "FunctionArn.$": "$.FunctionArn",
            "NextFrame": -1,
        },
        "ItemProcessor": {"ProcessorConfig": config} | processor,
        # Assemble derives the segments from the manifest, so nothing has to come back.
        "ResultPath": None,
        "Next": "Assemble",
    }


def _chunk(suffix: str) -> State:
    """Return the loop that renders one chunk, in as many invocations as it takes."""
    names = ("RenderChunk", "Done", "NextRound", "ChunkDone", "Stuck")
    render, done, again, end, stuck = (f"{name}{suffix}" for name in names)
    return {
        "StartAt": render,
        "States": {
            render: _invoke(
                {"Payload.$": "$.Event"},
                ResultSelector={"Done.$": "$.Payload.Done", "NextFrame.$": "$.Payload.NextFrame"},
                ResultPath="$.Result",
                Next=done,
            ),
            done: choice(
                {"Variable": "$.Result.Done", "BooleanEquals": True, "Next": end},
                # A round that got nowhere would be repeated, and billed, for ever.
                {
                    "Variable": "$.Result.NextFrame",
                    "NumericGreaterThanPath": "$.NextFrame",
                    "Next": again,
                },
                otherwise=stuck,
            ),
            again: reshape(
                {
                    "Event.$": "$.Event",
                    "FunctionArn.$": "$.FunctionArn",
                    "NextFrame.$": "$.Result.NextFrame",
                },
                then=render,
            ),
            end: {"Type": "Pass", "Result": {}, "End": True},
            stuck: fail(
                CAPTURE_TIMEOUT,
                "A whole invocation did not finish one segment: "
                "lower segmentFrames, or give the function more memory.",
            ),
        },
    }


def _assemble() -> dict[str, State]:
    forwarded = (
        "RenderId",
        "PlanManifestS3Uri",
        "PlanHash",
        "ChunkOutputS3Prefix",
        "OutputS3Uri",
        "Output",
        "Limits",
        "Format",
        "Cfr",
    )
    payload = {"Action": "assemble"} | {f"{name}.$": f"$.{name}" for name in forwarded}
    return {"Assemble": _invoke({"Payload": payload}, OutputPath="$.Payload", End=True)}


def _invoke(parameters: State, **fields: Any) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$.FunctionArn"} | parameters,
        "TimeoutSeconds": TASK_TIMEOUT_S,
        "Retry": retriers(),
    } | fields
