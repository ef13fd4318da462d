"""The deployment as a template: what is protected, what is allowed, what expires, what alarms."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
from aws_cdk import aws_s3
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks
from pydantic import ValidationError

from cdk import RenderService, RenderStack, Settings
from fanreel.aws.client.deployment import Deployment
from fanreel.aws.deploy.standing import ALARMS, standing_cost
from fanreel.config import PLAN_DIR_SIZE_LIMIT_BYTES
from fanreel.errors import CATALOGUE
from fanreel.storage.outputs import EXPIRY_DAYS, EXPIRY_TAG
from handler import webhook
from statemachine.definition import definition

KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EVERYTHING = Settings(
    memory_mb=7076,
    timeout_s=600,
    ephemeral_storage_mb=5120,
    architecture="arm64",
    functions=("big=10240@20", "1769:x86_64"),
    other_image_uri="111122223333.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1.0-amd64",
    reserved_concurrency=50,
    max_concurrency=25,
    image_uri="111122223333.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1.0",
    expiry_days=2,
    keep_bucket=False,
    kms_key_arn=KEY_ARN,
    output_buckets=("media/films", "other-bucket"),
    output_endpoints=("films=https://s3.example.com=fanreel/films",),
    progress_document=True,
    cors_origins=("https://example.com",),
    webhook_url="https://example.com/ended",
    vpc_id="vpc-1",
    vpc_subnet_ids=("subnet-1", "subnet-2"),
    vpc_security_group_ids=("sg-1",),
    log_retention_days=7,
    alarm_email="someone@example.com",
    dashboard=True,
    custom_metrics=True,
)
WITHOUT_RESOURCES = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
"""The only actions on "*": AWS defines no resources for them."""


def synthesise(out_dir: Path, **stack: Any) -> Template:
    """Synthesise a stack with cdk-nag watching; a finding that is not accepted fails it."""
    app = aws_cdk.App(outdir=str(out_dir))
    aws_cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    made = RenderStack(app, "fanreel", **stack)
    app.synth()
    return Template.from_stack(made)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """With no setting chosen."""
    return synthesise(tmp_path_factory.mktemp("cdk"))


@pytest.fixture(scope="module")
def full_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """With every setting chosen."""
    return synthesise(tmp_path_factory.mktemp("cdk"), settings=EVERYTHING)


def only(template: Template, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a kind."""
    (resource,) = template.find_resources(kind).values()
    return dict(resource["Properties"])


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each policy statement with the logical id of its policy."""
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement


def as_list(value: Any) -> list[Any]:
    """Return IAM's one-or-many as many."""
    return value if isinstance(value, list) else [value]


def flat(value: Any) -> str:
    """Write an ARN of joined parts as one text, references by their logical name."""
    if isinstance(value, dict):
        (function, argument), *_ = value.items()
        if function == "Fn::Join":
            return "".join(map(flat, argument[1]))
        return f"<{argument[0] if isinstance(argument, list) else argument}>"
    return str(value)


def matches(pattern: dict[str, Any], detail: dict[str, Any]) -> bool:
    """Tell whether an event's *detail* matches, by the rules of EventBridge used here."""

    def holds(field: str, allowed: list[Any]) -> bool:
        for test in allowed:
            if isinstance(test, dict) and "anything-but" in test:
                found = field in detail and detail[field] not in test["anything-but"]
            elif isinstance(test, dict):
                found = (field in detail) is test["exists"]
            else:
                found = field in detail and detail[field] == test
            if found:
                return True
        return False

    return any(
        all(holds(field, allowed) for field, allowed in case.items()) for case in pattern["$or"]
    )


def metrics_of(alarm: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics that an alarm watches: its own, or those of its expression."""
    properties = alarm["Properties"]
    told = properties.get("Metrics")
    if told is None:
        return [properties]
    return [one["MetricStat"]["Metric"] for one in told if "MetricStat" in one]


def rights_of(template: Template, part: str) -> dict[str, set[str]]:
    """Return each action that the policies named *part* allow, with its resources."""
    found: dict[str, set[str]] = {}
    for name, statement in statements(template):
        if name.startswith(part):
            for action in as_list(statement["Action"]):
                resources = {flat(item) for item in as_list(statement["Resource"])}
                found.setdefault(action, set()).update(resources)
    return found


class TestBucket:
    """One bucket, closed; what is between expires, what is made stays."""

    def test_it_is_private_encrypted_and_tls_only(self, template: Template) -> None:
        """Public access blocked, no ACLs, plain HTTP denied."""
        bucket = only(template, "AWS::S3::Bucket")
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert "ServerSideEncryptionConfiguration" in bucket["BucketEncryption"]
        template.has_resource_properties(
            "AWS::S3::BucketPolicy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [
                            Match.object_like(
                                {
                                    "Effect": "Deny",
                                    "Action": "s3:*",
                                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                                }
                            )
                        ]
                    )
                }
            },
        )

    def test_only_intermediates_expire(self, template: Template) -> None:
        """Uploads that stay unfinished go too; sites by no rule, outputs by their tag only."""
        rules = only(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
        tagged = [rule for rule in rules if "TagFilters" in rule]
        assert {
            (rule["Prefix"], rule["TagFilters"][0]["Key"], int(rule["TagFilters"][0]["Value"]))
            for rule in tagged
        } == {("outputs/", EXPIRY_TAG, rule["ExpirationInDays"]) for rule in tagged}
        assert {rule["ExpirationInDays"] for rule in tagged} == set(EXPIRY_DAYS)
        rules = [rule for rule in rules if rule not in tagged]
        expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
        assert expiring == {"blobs/": 7, "renders/": 7, "segments/": 7}
        (other,) = [rule for rule in rules if "Prefix" not in rule]
        assert other["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
        assert "ExpirationInDays" not in other

    def test_the_bucket_outlives_the_stack_unless_told(
        self, template: Template, full_template: Template
    ) -> None:
        """`keep_bucket=false` empties and deletes it."""
        template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
        full_template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Delete"})

    def test_a_key_of_ones_own_encrypts_it(self, full_template: Template) -> None:
        """With one data key for the bucket."""
        full_template.has_resource_properties(
            "AWS::S3::Bucket",
            {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "BucketKeyEnabled": True,
                            "ServerSideEncryptionByDefault": {
                                "KMSMasterKeyID": KEY_ARN,
                                "SSEAlgorithm": "aws:kms",
                            },
                        }
                    ]
                }
            },
        )


class TestRights:
    """Listed action by action; the lists are the whole of it."""

    def test_the_function_may_do_nine_things(self, template: Template) -> None:
        """Five on prefixes of the bucket, two on its log group, two for X-Ray, no deletion."""
        bucket = next(iter(template.find_resources("AWS::S3::Bucket")))
        group = next(iter(template.find_resources("AWS::Logs::LogGroup")))
        written = {f"<{bucket}>/{p}/*" for p in ("blobs/sha256", "renders", "segments", "outputs")}
        # Outputs too: what was put in parts is read back, for its digest.
        read = written | {f"<{bucket}>/sites/*"}
        assert rights_of(template, "RenderFunction") == {
            "s3:GetObject": read,
            "s3:PutObject": written,
            "s3:AbortMultipartUpload": written,
            "s3:PutObjectTagging": {f"<{bucket}>/outputs/*"},
            "s3:ListBucket": {f"<{bucket}>"},
            "logs:CreateLogStream": {f"<{group}>"},
            "logs:PutLogEvents": {f"<{group}>"},
            "xray:PutTraceSegments": {"*"},
            "xray:PutTelemetryRecords": {"*"},
        }

    def test_the_state_machine_may_invoke_one_function(self, template: Template) -> None:
        """And run and redrive executions of itself, for the distributed Map."""
        function = next(iter(template.find_resources("AWS::Lambda::Function")))
        machine = next(
            name for name in template.find_resources("AWS::StepFunctions::StateMachine")
            if "Workflow" in name
        )  # fmt: skip
        executions = (
            f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<{machine}>"
        )
        rights = rights_of(template, "RenderWorkflow")
        assert {action: on for action, on in rights.items() if action not in WITHOUT_RESOURCES} == {
            "lambda:InvokeFunction": {f"<{function}>"},
            "states:StartExecution": {f"<{machine}>"},
            "states:DescribeExecution": {f"{executions}:*", f"{executions}/*"},
            "states:StopExecution": {f"{executions}:*"},
            "states:RedriveExecution": {f"{executions}/*"},
            "states:ListMapRuns": {f"{executions}:*"},
            "states:ListExecutions": {f"{executions.replace(':execution:', ':mapRun:')}/*"},
        }

    def test_other_buckets_take_outputs_where_the_settings_say(
        self, full_template: Template
    ) -> None:
        """Objects below their prefix; the function is told the same list."""
        rights = rights_of(full_template, "RenderFunction")
        other = {
            "arn:<AWS::Partition>:s3:::media/films/*",
            "arn:<AWS::Partition>:s3:::other-bucket/*",
        }
        for action in ("s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"):
            assert {on for on in rights[action] if on.startswith("arn:")} == other
        function = next(
            one["Properties"]
            for one in full_template.find_resources("AWS::Lambda::Function").values()
            if one["Properties"].get("PackageType") == "Image"
        )
        variables = function["Environment"]["Variables"]
        assert variables["FANREEL_OUTPUT_BUCKETS"] == "media/films,other-bucket"

    @pytest.mark.parametrize("which", ["template", "full_template"])
    def test_nothing_is_a_wildcard_that_need_not_be(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        """No action has one; the resource "*" stands only where AWS defines no other."""
        template = request.getfixturevalue(which)
        for name, statement in statements(template):
            actions = set(as_list(statement["Action"]))
            assert not any("*" in action for action in actions), name
            if "*" in as_list(statement["Resource"]):
                assert {a for a in actions if not a.startswith("ec2:")} <= WITHOUT_RESOURCES, name

    def test_no_managed_policy_is_attached(self, template: Template) -> None:
        """AWS's ready-made ones allow every log group and more."""
        for role in template.find_resources("AWS::IAM::Role").values():
            assert "ManagedPolicyArns" not in role["Properties"]

    def test_keys_add_rights_on_themselves(
        self, template: Template, full_template: Template
    ) -> None:
        """The bucket's, and those of another service's bucket; nothing else changes with them."""
        plain = rights_of(template, "RenderFunctionRights").keys()
        full = rights_of(full_template, "RenderFunctionRights")
        assert full["kms:Decrypt"] == full["kms:GenerateDataKey"] == {KEY_ARN}
        added = full.keys() - plain
        assert {a for a in added if not a.startswith("ec2:")} == {
            "kms:Decrypt", "kms:GenerateDataKey", "secretsmanager:GetSecretValue",
        }  # fmt: skip
        assert {arn.rpartition(":")[2] for arn in full["secretsmanager:GetSecretValue"]} == {
            "fanreel/films-??????"
        }


class TestFunction:
    """One image, and the limits that it is told."""

    def test_there_is_one_and_it_is_an_image(self, template: Template) -> None:
        """No layers, no zip, no other function."""
        function = only(template, "AWS::Lambda::Function")
        assert function["PackageType"] == "Image"
        assert (function["MemorySize"], function["Timeout"]) == (3538, 900)
        assert function["TracingConfig"] == {"Mode": "Active"}

    def test_tmp_and_the_cap_on_plans_belong_together(
        self, template: Template, full_template: Template
    ) -> None:
        """10 GiB and 2 GiB; half of it leaves half of it."""
        function = only(template, "AWS::Lambda::Function")
        assert function["EphemeralStorage"]["Size"] == 10_240
        variables = function["Environment"]["Variables"]
        assert variables["FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES"] == str(PLAN_DIR_SIZE_LIMIT_BYTES)
        assert variables["FANREEL_RENDER_BUCKET"] == {
            "Ref": next(iter(template.find_resources("AWS::S3::Bucket")))
        }
        full_template.has_resource_properties(
            "AWS::Lambda::Function",
            {
                "EphemeralStorage": {"Size": 5120},
                "Environment": {
                    "Variables": Match.object_like(
                        {"FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES": str(1024**3)}
                    )
                },
            },
        )

    def test_every_setting_arrives(self, full_template: Template) -> None:
        """Memory, time, architecture, concurrency, network, image."""
        full_template.has_resource_properties(
            "AWS::Lambda::Function",
            {
                "MemorySize": 7076,
                "Timeout": 600,
                "Architectures": ["arm64"],
                "ReservedConcurrentExecutions": 50,
                "VpcConfig": {
                    "SubnetIds": ["subnet-1", "subnet-2"],
                    "SecurityGroupIds": ["sg-1"],
                },
            },
        )
        images = json.dumps(full_template.find_resources("AWS::Lambda::Function"))
        assert "111122223333.dkr.ecr.eu-central-1." in images
        assert "/fanreel:1.0" in images

    def test_functions_to_choose_differ_in_memory_and_processor_alone(
        self, full_template: Template
    ) -> None:
        """Same role, log, time and variables; an output has their names, alarms watch all."""
        names = full_template.find_outputs("FunctionNames")["FunctionNames"]["Value"]
        made = full_template.find_resources("AWS::Lambda::Function")
        chosen = {
            flat(names).split(f"<{name}>")[0].split('"')[-3]: resource["Properties"]
            for name, resource in made.items()
            if f"<{name}>" in flat(names)
        }
        shown = {
            name: (function["MemorySize"], function["Architectures"])
            for name, function in chosen.items()
        }
        assert shown == {"big": (10_240, ["arm64"]), "1769x8664": (1769, ["x86_64"])}
        reserved = {name: one.get("ReservedConcurrentExecutions") for name, one in chosen.items()}
        assert reserved == {"big": 20, "1769x8664": None}
        main = full_template.find_outputs("FunctionName")["FunctionName"]["Value"]["Ref"]
        own = ("Code", "Description", "MemorySize", "Architectures", "ReservedConcurrentExecutions")
        shared = {
            name: value for name, value in made[main]["Properties"].items() if name not in own
        }
        for function in chosen.values():
            assert {name: value for name, value in function.items() if name not in own} == shared
        assert "fanreel:1.0-amd64" in flat(chosen["1769x8664"]["Code"]["ImageUri"])
        alarms = full_template.find_resources("AWS::CloudWatch::Alarm").values()
        watched = sorted(len(metrics_of(alarm)) for alarm in alarms)
        assert watched == [1, 3, 3, 3]
        assert standing_cost(EVERYTHING).alarms_usd == pytest.approx(0.1 * sum(watched))

    def test_the_machine_may_invoke_the_functions_and_no_other(
        self, full_template: Template
    ) -> None:
        """Three ARNs by name."""
        invoked = rights_of(full_template, "RenderWorkflowRights")["lambda:InvokeFunction"]
        assert len(invoked) == 3
        assert not any("*" in arn for arn in invoked)


class TestWorkflow:
    """The state machine is the definition, observed."""

    def test_it_is_the_definition(self, template: Template, full_template: Template) -> None:
        """Word for word; function and bucket are put in by CloudFormation."""
        for made, expected in (
            (template, definition()),
            (full_template, definition(settings=EVERYTHING)),
        ):
            machine = next(
                item["Properties"]
                for name, item in made.find_resources("AWS::StepFunctions::StateMachine").items()
                if "Workflow" in name
            )
            assert json.loads(machine["DefinitionString"]) == expected
            assert set(machine["DefinitionSubstitutions"]) == set(
                re.findall(r"\$\{(\w+)\}", json.dumps(expected))
            )

    def test_machines_log_everything_but_data_and_trace(self, template: Template) -> None:
        """Variables of a composition do not end up in logs."""
        machines = template.find_resources("AWS::StepFunctions::StateMachine")
        for machine in machines.values():
            logging = machine["Properties"]["LoggingConfiguration"]
            assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
            assert machine["Properties"]["TracingConfiguration"] == {"Enabled": True}

    def test_logs_are_kept_as_long_as_set(
        self, template: Template, full_template: Template
    ) -> None:
        """All of them."""
        for made, days in ((template, 30), (full_template, 7)):
            groups = made.find_resources("AWS::Logs::LogGroup").values()
            assert {group["Properties"]["RetentionInDays"] for group in groups} == {days}

    def test_every_end_of_a_render_is_announced_once(self, template: Template) -> None:
        """Each way to end is matched by one rule, which hands over the event's detail as it is."""
        rules = template.find_resources("AWS::Events::Rule").values()
        for rule in rules:
            (target,) = rule["Properties"]["Targets"]
            assert target["InputPath"] == "$.detail"
        patterns = [rule["Properties"]["EventPattern"]["detail"] for rule in rules]
        for status in ("SUCCEEDED", "ABORTED", "TIMED_OUT"):
            assert sum(matches(pattern, {"status": status}) for pattern in patterns) == 1
        for code in (*CATALOGUE, "Lambda.Unknown", "States.Timeout"):
            end = {"status": "FAILED", "error": code}
            assert sum(matches(pattern, end) for pattern in patterns) == 1, code


class TestMonitoring:
    """Somebody hears of trouble."""

    def test_each_alarm_notifies(self, full_template: Template) -> None:
        """Faults, throttles, runaway invocations, durations near the limit."""
        (topic,) = full_template.find_resources("AWS::SNS::Topic")
        alarms = full_template.find_resources("AWS::CloudWatch::Alarm").values()
        metrics = {
            (metric["Namespace"], metric["MetricName"])
            for alarm in alarms
            for metric in metrics_of(alarm)
        }
        assert metrics == {
            ("AWS/Events", "Invocations"),
            ("AWS/Lambda", "Throttles"),
            ("AWS/Lambda", "Invocations"),
            ("AWS/Lambda", "Duration"),
        }
        assert all(alarm["Properties"]["AlarmActions"] == [{"Ref": topic}] for alarm in alarms)
        full_template.has_resource_properties(
            "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "someone@example.com"}
        )

    def test_alarms_may_publish(self, template: Template) -> None:
        """A topic's own policy takes the place of the default one, so it has to allow them."""
        policy = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
        (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]
        assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert allowed["Action"] == "sns:Publish"
        assert allowed["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }

    def test_a_callers_mistake_raises_no_alarm(self, template: Template) -> None:
        """The alarm counts the rule that leaves out what only the caller can mend."""
        rules = template.find_resources("AWS::Events::Rule")
        alarm = next(
            alarm["Properties"]
            for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
            if metrics_of(alarm)[0]["Namespace"] == "AWS/Events"
        )
        (dimension,) = alarm["Dimensions"]
        counted = rules[dimension["Value"]["Ref"]]["Properties"]["EventPattern"]["detail"]
        assert not matches(counted, {"status": "FAILED", "error": "INVALID_COMPOSITION"})
        assert not matches(counted, {"status": "ABORTED", "error": "RENDER_CANCELLED"})
        assert matches(counted, {"status": "FAILED", "error": "Lambda.Unknown"})
        assert matches(counted, {"status": "TIMED_OUT"})

    def test_the_duration_alarm_follows_the_time_out(self, full_template: Template) -> None:
        """98 % of it, in milliseconds."""
        (alarm,) = (
            alarm["Properties"]
            for alarm in full_template.find_resources("AWS::CloudWatch::Alarm").values()
            if metrics_of(alarm)[0]["MetricName"] == "Duration"
        )
        assert alarm["Threshold"] == 588_000
        assert "MAX(METRICS())" in str(alarm["Metrics"])

    def test_what_costs_between_renders_is_asked_for(
        self, template: Template, full_template: Template
    ) -> None:
        """A dashboard and metrics of our own only if wanted; the cost of a stack counts them."""
        template.resource_count_is("AWS::CloudWatch::Dashboard", 0)
        full_template.resource_count_is("AWS::CloudWatch::Dashboard", 1)
        template.resource_count_is("AWS::CloudWatch::Alarm", ALARMS)
        assert standing_cost(Settings()).total_usd < 0.5
        assert standing_cost(EVERYTHING).total_usd > 6


class TestTelling:
    """What the outside hears of renders: a document, a webhook, each only if wanted."""

    def test_progress_documents_are_kept_by_workers_and_at_the_end(
        self, template: Template, full_template: Template
    ) -> None:
        """The function is told to; the machine that announces writes the last one."""
        machines = full_template.find_resources("AWS::StepFunctions::StateMachine")
        texts = [flat(one["Properties"]["DefinitionString"]) for one in machines.values()]
        assert sum("renders/{}/progress.json" in text for text in texts) == 1
        (rights,) = (
            statement
            for name, statement in statements(full_template)
            if name.startswith("RenderAnnouncement") and statement.get("Sid") == "Publish"
        )
        assert flat(rights["Resource"]).endswith("/renders/*/progress.json")
        plain = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
        assert "FANREEL_PROGRESS_DOCUMENT" not in plain
        assert "progress.json" not in json.dumps(template.to_json())

    def test_browsers_of_the_origins_may_read(
        self, template: Template, full_template: Template
    ) -> None:
        """GET and HEAD only, as far as a presigned link opens."""
        (rule,) = only(full_template, "AWS::S3::Bucket")["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == ["https://example.com"]
        assert rule["AllowedMethods"] == ["GET", "HEAD"]
        assert "CorsConfiguration" not in only(template, "AWS::S3::Bucket")

    def test_the_webhook_has_retries_and_dead_letters(self, full_template: Template) -> None:
        """Ten attempts, three minutes apart, then fourteen days among the dead letters."""
        full_template.has_resource_properties(
            "AWS::SQS::Queue",
            {
                "VisibilityTimeout": 180,
                "RedrivePolicy": {"maxReceiveCount": 10, "deadLetterTargetArn": Match.any_value()},
            },
        )
        full_template.has_resource_properties(
            "AWS::Lambda::EventSourceMapping",
            {"BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"]},
        )
        rules = full_template.find_resources("AWS::Events::Rule")
        (pattern,) = (
            rule["Properties"]["EventPattern"]
            for rule in rules.values()
            if rule["Properties"]["EventPattern"]["source"] == ["fanreel"]
        )
        (prefix,) = pattern["detail"]["ExecutionArn"]
        assert ":execution:<RenderWorkflow" in flat(prefix["prefix"])

    def test_the_webhook_is_its_source(self, template: Template, full_template: Template) -> None:
        """Inline, so that a template needs nothing else; and not there unless it is wanted."""
        (code,) = (
            one["Properties"]["Code"]["ZipFile"]
            for one in full_template.find_resources("AWS::Lambda::Function").values()
            if "ZipFile" in one["Properties"]["Code"]
        )
        assert code == Path(webhook.__file__).read_text()
        assert len(code) <= 4096
        template.resource_count_is("AWS::SQS::Queue", 0)
        template.resource_count_is("AWS::SecretsManager::Secret", 0)


def test_cdk_nag_fails_what_is_not_accepted(tmp_path: Path) -> None:
    """The templates above passed it, so it had better be listening."""
    app = aws_cdk.App(outdir=str(tmp_path))
    aws_cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    aws_s3.Bucket(aws_cdk.Stack(app, "Theirs"), "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


def test_the_client_finds_the_outputs(template: Template) -> None:
    """Under the names that `RenderClient.from_stack` reads."""
    outputs = template.find_outputs("*")
    values = {name: f"arn:aws:states:x:{name}" for name in outputs}
    assert Deployment.from_outputs("fanreel", values).bucket.endswith("BucketName")
    assert {"BucketName", "FunctionName", "StateMachineArn", "LogGroupName", "Region"} <= set(
        outputs
    )


def test_services_fit_into_somebody_elses_stack(tmp_path: Path) -> None:
    """Two in one, sharing an image; each has its outputs, told apart by its id."""
    app = aws_cdk.App(outdir=str(tmp_path))
    stack = aws_cdk.Stack(app, "Theirs")
    for name in ("Draft", "Final"):
        RenderService(stack, name, settings=Settings(image_uri=EVERYTHING.image_uri))
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::Bucket", 2)
    assert {"DraftBucketName", "FinalBucketName"} <= set(template.find_outputs("*"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"memory_mb": 100},
        {"timeout_s": 901},
        {"log_retention_days": 2},
        {"vpc_id": "vpc-1"},
        {"ephemeral_storage_mb": 1024, "plan_dir_size_limit_bytes": 1024**3},
        {"image_uri": "docker.io/fanreel"},
        {"alarm_email": "nobody"},
        {"memory": 2048},
    ],
)
def test_settings_are_checked_before_anything_is_made(wrong: dict[str, Any]) -> None:
    """Wrong values, values that do not fit each other, unknown names."""
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_a_stack_has_no_more_functions_than_an_alarm_can_watch(tmp_path: Path) -> None:
    """CloudWatch takes ten metrics in one alarm: the stack's own function and nine more."""
    sizes = [str(memory_mb) for memory_mb in range(2000, 2010)]
    with pytest.raises(ValidationError, match="10 are listed, at most 9"):
        Settings(functions=tuple(sizes))
    app = aws_cdk.App(outdir=str(tmp_path))
    settings = Settings(functions=tuple(sizes[:9]), image_uri=EVERYTHING.image_uri)
    stack = RenderStack(app, "Many", settings=settings)
    alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    assert max(len(metrics_of(alarm)) for alarm in alarms) == 10


def test_settings_come_from_the_command_line_as_text() -> None:
    """`cdk deploy -c name=value` gives strings."""
    context: Callable[[str], Any] = {
        "memory_mb": "2048",
        "keep_bucket": "false",
        "reserved_concurrency": "null",
        "log_retention_days": "14",
        "vpc_id": "vpc-1",
        "vpc_subnet_ids": "subnet-1, subnet-2",
        "vpc_security_group_ids": "sg-1",
    }.get
    settings = Settings.from_context(context)
    assert settings.memory_mb == 2048
    assert settings.keep_bucket is False
    assert settings.reserved_concurrency is None
    assert settings.log_retention_days == 14
    assert settings.vpc_subnet_ids == ("subnet-1", "subnet-2")
