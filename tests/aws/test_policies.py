"""Policies come from the synthesised template, name their resources, and can be checked."""

import copy
import itertools
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from fanreel.aws.deploy.deploy_rights import deploy_policy, deployer_policy
from fanreel.aws.deploy.deployed import is_bootstrapped, read_physical_ids
from fanreel.aws.deploy.deploying import CdkApp, cdk_command, find_cdk_dir, parse_context
from fanreel.aws.deploy.policies import role_policies, user_policy
from fanreel.aws.deploy.rights import Right, missing_rights, rights_of
from fanreel.aws.deploy.simulation import refused_rights
from fanreel.aws.deploy.templates import Place, Template, read_template
from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.errors import InvalidConfig
from tests.aws import test_stack
from tests.aws.interpreters import EmulatorSession, serve_ministack
from tests.aws.test_stack import EVERYTHING

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
# AWS gives these no resources to name.
UNSCOPED = ("xray:", "logs:")


def synthesise(context: dict[str, Any]) -> dict[str, Any]:
    """Run the real `cdk synth`, as `fanreel lambda policies` does."""
    if not Path(find_cdk_dir(), "node_modules/.bin/cdk").is_file():
        pytest.skip("aws-cdk is not installed; `npm ci --prefix cdk` installs it")
    return CdkApp(
        cdk_dir=find_cdk_dir(),
        stack_name="videos",
        context=context,
        environment={"CDK_DEFAULT_ACCOUNT": "123456789012", "CDK_DEFAULT_REGION": "eu-central-1"},
    ).synthesise()


@pytest.fixture(scope="module")
def synthesised() -> dict[str, Any]:
    """Return the template of a few settings."""
    return synthesise({"image_uri": IMAGE, "kms_key_arn": KEY, "alarm_email": "a@example.org"})


@pytest.fixture(scope="module")
def full_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Return the template with all settings chosen: a VPC, a bucket that goes with the stack."""
    made = test_stack.synthesise(tmp_path_factory.mktemp("cdk"), settings=EVERYTHING)
    return Template(document=made.to_json(), place=Place(stack_name="videos"))


@pytest.fixture
def template(synthesised: dict[str, Any]) -> Template:
    """The template before it is deployed anywhere."""
    return Template(document=synthesised, place=Place(stack_name="videos"))


def test_the_users_rights_are_listed_one_by_one(template: Template) -> None:
    """Start, watch and stop executions; objects below three prefixes; one function, one log."""
    rights = rights_of(user_policy(template))
    assert (
        Right(
            action="states:StartExecution",
            resource=template.arn(template.output_resource("StateMachineArn")),
        )
        in rights
    )
    assert not any(right.resource == "*" or "*" in right.action for right in rights)
    assert {right.action for right in rights if right.action.startswith("s3:")} == {
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
    }
    assert {right.action for right in rights if "execution:" in right.resource} == {
        "states:DescribeExecution",
        "states:StopExecution",
        "states:RedriveExecution",
        "states:GetExecutionHistory",
    }
    objects = {r.resource.split("/", 1)[1] for r in rights if r.action == "s3:PutObject"}
    assert objects == {"sites/*", "renders/*"}
    assert Right(action="kms:Decrypt", resource=KEY) in rights


def test_who_deploys_may_look_at_two_stacks_and_take_cdks_roles(template: Template) -> None:
    """Every call that `fanreel lambda deploy` makes itself, and no more."""
    rights = rights_of(deployer_policy(template))
    assert {right.action for right in rights} == {
        "sts:AssumeRole", "cloudformation:DescribeStacks", "lambda:GetAccountSettings",
    }  # fmt: skip
    looked = [r.resource for r in rights if r.action == "cloudformation:DescribeStacks"]
    assert [resource.split(":stack/")[1] for resource in looked] == ["videos/*", "CDKToolkit/*"]
    (roles,) = [right.resource for right in rights if right.action == "sts:AssumeRole"]
    assert roles.endswith(":role/cdk-hnb659fds-*")


def test_bootstrapping_is_left_out_where_it_has_been_run(emulator: EmulatorSession) -> None:
    """So that whoever deploys needs no administrator's rights."""
    session = boto3.Session("a", "b", region_name="us-east-1")
    assert not is_bootstrapped(session, endpoint_url=emulator.endpoint_url)
    body = {"Resources": {"Store": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tk"}}}}
    emulator.client("cloudformation").create_stack(
        StackName="CDKToolkit", TemplateBody=json.dumps(body)
    )
    assert is_bootstrapped(session, endpoint_url=emulator.endpoint_url)


def test_names_are_patterns_of_what_cloudformation_makes_up(template: Template) -> None:
    """Stack name, logical id, and a random end."""
    bucket = template.arn(template.output_resource("BucketName"))
    assert bucket.startswith("arn:aws:s3:::videos-render")
    assert bucket.endswith("-*")
    assert bucket == bucket.lower()


def test_a_deployed_stacks_own_names_take_their_place(template: Template) -> None:
    """With its account and region."""
    bucket = template.output_resource("BucketName")
    machine = template.output_resource("StateMachineArn")
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:RenderWorkflow-1"
    deployed = Template(
        document=template.document,
        place=Place(stack_name="videos", region="eu-central-1", account="123456789012"),
        physical_ids={bucket: "my-bucket", machine: arn},
    )
    rights = rights_of(user_policy(deployed))
    assert Right(action="s3:GetObject", resource="arn:aws:s3:::my-bucket/outputs/*") in rights
    assert Right(action="states:StartExecution", resource=arn) in rights


def test_roles_are_those_of_the_template(template: Template) -> None:
    """The function reads and writes prefixes and deletes nothing; the machine only invokes it."""
    roles = {role.principal: role for role in role_policies(template)}
    function = rights_of(roles["lambda.amazonaws.com"].policy)
    assert not any("Delete" in right.action for right in function)
    scoped = [right for right in function if not right.action.startswith(UNSCOPED)]
    assert scoped
    assert all(right.resource != "*" for right in scoped)
    machine = rights_of(roles["states.amazonaws.com"].policy)
    assert all(right.resource != "*" for right in machine if not right.action.startswith(UNSCOPED))


def test_every_type_of_the_template_can_be_deployed(template: Template) -> None:
    """A new type of resource has to be given its rights; none of them is on everything."""
    rights = rights_of(deploy_policy(template))
    assert all(right.resource != "*" for right in rights)
    passed = {right.resource for right in rights if right.action == "iam:PassRole"}
    assert len(passed) == len(role_policies(template))
    assert "lambda:InvokeFunction" not in {right.action for right in rights}
    emptied = copy.deepcopy(dict(template.document))
    emptied["Resources"]["Emptier"] = {"Type": "Custom::S3AutoDeleteObjects"}
    with_custom = deploy_policy(Template(document=emptied, place=template.place))
    assert "lambda:InvokeFunction" in {right.action for right in rights_of(with_custom)}
    strange = copy.deepcopy(dict(template.document))
    strange["Resources"]["Table"] = {"Type": "AWS::DynamoDB::Table"}
    with pytest.raises(InvalidConfig, match="AWS::DynamoDB::Table"):
        deploy_policy(Template(document=strange, place=template.place))


def test_every_setting_has_its_deployment_rights(full_template: Template) -> None:
    """A VPC is looked at, a webhook fed, the emptying function's code and the image fetched."""
    rights = rights_of(deploy_policy(full_template))
    everywhere = {right.action for right in rights if right.resource == "*"}
    assert everywhere == {
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        *(f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Delete", "Get", "Update")),
        "lambda:ListTags",
        "lambda:TagResource",
        "lambda:UntagResource",
        "secretsmanager:GetRandomPassword",
    }
    given = {(right.action, right.resource) for right in rights}
    (code,) = {resource for action, resource in given if action == "s3:GetObject"}
    assert code.startswith("arn:aws:s3:::cdk-hnb659fds-assets-")
    assert code.endswith("/*")
    repository = "arn:aws:ecr:eu-central-1:111122223333:repository/fanreel"
    assert {r for action, r in given if action == "ecr:BatchGetImage"} == {repository}
    assert "lambda:InvokeFunction" in {right.action for right in rights}


def test_every_role_shows_what_it_may_do(full_template: Template) -> None:
    """Also where that stands in AWS's own policy, or in the bucket's."""
    roles = role_policies(full_template)
    assert all(role.policy["Statement"] or role.managed for role in roles)
    (emptying,) = [role for role in roles if role.managed]
    assert emptying.managed == ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",)
    granted = {right.action for right in rights_of({"Statement": list(emptying.granted)})}
    assert "s3:DeleteObject*" in granted
    assert emptying.to_json()["ManagedPolicyArns"] == list(emptying.managed)
    functions = [role for role in roles if role.principal == "lambda.amazonaws.com"]
    (function,) = [
        role for role in functions if role is not emptying and "Webhook" not in role.role
    ]
    held = {right.action: right.resource for right in rights_of(function.policy)}
    assert held["kms:Decrypt"] == EVERYTHING.kms_key_arn
    assert held["ec2:CreateNetworkInterface"] == "*"


def test_the_users_rights_grow_with_other_services_only(
    template: Template, full_template: Template
) -> None:
    """Their keys are read here too, by who looks at outputs; else the same, as both have a key."""
    plain, full = (rights_of(user_policy(each)) for each in (template, full_template))
    known = {right.action for right in plain}
    added = [right for right in full if right.action not in known]
    assert [(right.action, right.resource.split(":secret:")[1]) for right in added] == [
        ("secretsmanager:GetSecretValue", "fanreel/films-??????")
    ]
    assert known <= {right.action for right in full}


def test_a_policy_is_compared_right_by_right(template: Template) -> None:
    """Wider patterns cover narrower ones; a Deny takes away; what is missing is named."""
    required = user_policy(template)
    wide = {"Statement": {"Effect": "Allow", "Action": ["s3:*", "STATES:*"], "Resource": "*"}}
    missing = {right.action for right in missing_rights(required, wide)}
    assert missing == {
        "cloudformation:DescribeStacks",
        "lambda:GetFunctionConfiguration",
        "lambda:InvokeFunction",
        "logs:FilterLogEvents",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }
    assert missing_rights(required, required) == []
    denying = copy.deepcopy(required)
    denying["Statement"].append({"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"})
    assert {r.action for r in missing_rights(required, denying)} == {"s3:PutObject"}


def test_the_commands_print_and_check(
    synthesised: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `user` prints passes `validate`; less than that ends with 2 and names the gap."""
    path, policy = tmp_path / "template.json", tmp_path / "policy.json"
    path.write_text(json.dumps(synthesised))
    common = ["--template", str(path), "--stack", "videos"]
    assert run(app, ["lambda", "policies", "user", *common]) == 0
    printed = capsys.readouterr().out
    policy.write_text(printed)
    assert run(app, ["lambda", "policies", "validate", str(policy), *common]) == 0
    assert "all" in capsys.readouterr().out
    shortened = json.loads(printed)
    del shortened["Statement"][0]
    policy.write_text(json.dumps(shortened))
    assert run(app, ["lambda", "policies", "validate", str(policy), *common]) == 2
    assert "cloudformation:DescribeStacks on" in capsys.readouterr().err
    for principal in ("lambda", "states", "events", "cloudformation"):
        assert run(app, ["lambda", "policies", "role", "--principal", principal, *common]) == 0
        assert "sts:AssumeRole" in capsys.readouterr().out
    assert run(app, ["lambda", "policies", "role", "--principal", "ec2", *common]) == 2
    assert "cloudformation, events, lambda, states" in capsys.readouterr().err


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorSession]:
    """Serve IAM and CloudFormation on loopback."""
    with serve_ministack(tmp_path_factory.mktemp("iam")) as session:
        yield session


def test_iam_itself_is_asked_for_the_caller(emulator: EmulatorSession) -> None:
    """A user with one right of two: the other one is refused."""
    iam = emulator.client("iam")
    name = f"caller-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    allowed = Right(action="s3:GetObject", resource="arn:aws:s3:::b/outputs/*")
    refused = Right(action="s3:PutObject", resource="arn:aws:s3:::b/sites/*")
    statement = {"Effect": "Allow", "Action": allowed.action, "Resource": allowed.resource}
    iam.put_user_policy(
        UserName=name,
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    found = refused_rights([allowed, refused], session, endpoint_url=emulator.endpoint_url)
    assert found == [refused]


def test_physical_names_are_read_from_cloudformation(emulator: EmulatorSession) -> None:
    """Logical id to name, and where the stack is."""
    body = {"Resources": {"Store": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "st"}}}}
    emulator.client("cloudformation").create_stack(
        StackName="physical", TemplateBody=json.dumps(body)
    )
    session = boto3.Session("a", "b", region_name="us-east-1")
    place, names = read_physical_ids(
        "physical", session=session, endpoint_url=emulator.endpoint_url
    )
    assert names == {"Store": "st"}
    assert (place.region, place.stack_name) == ("us-east-1", "physical")


def test_cdk_is_called_with_every_setting(tmp_path: Path) -> None:
    """Settings become context; None is left to the app, booleans are JSON."""
    cdk = CdkApp(
        cdk_dir=find_cdk_dir(),
        stack_name="videos",
        context={"memory_mb": 3008, "keep_bucket": False, "alarm_email": None},
    )
    argv = cdk.argv("deploy", "videos")
    contexts = [value for flag, value in itertools.pairwise(argv) if flag == "--context"]
    assert contexts == ["stack_name=videos", "memory_mb=3008", "keep_bucket=false"]
    assert argv[-1] == "videos"
    assert parse_context(["max_concurrency=5"]) == {"max_concurrency": "5"}
    with pytest.raises(InvalidConfig, match="NAME=VALUE"):
        parse_context(["max_concurrency"])


def test_without_an_installed_cdk_the_pinned_one_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The npm tag `latest` of aws-cdk is not to be trusted."""
    (tmp_path / "package.json").write_text('{"devDependencies": {"aws-cdk": "2.1148.1"}}')
    (tmp_path / "npx").write_text("#!/bin/sh\n")
    (tmp_path / "npx").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert cdk_command(tmp_path) == ["npx", "--yes", "aws-cdk@2.1148.1"]
    (tmp_path / "npx").unlink()
    with pytest.raises(InvalidConfig, match=r"Node\.js"):
        cdk_command(tmp_path)


def test_a_folder_without_an_app_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says where it looked and what to set."""
    with pytest.raises(InvalidConfig, match="FANREEL_CDK_DIR"):
        find_cdk_dir(tmp_path)
    monkeypatch.setenv("FANREEL_CDK_DIR", os.fspath(tmp_path))
    with pytest.raises(InvalidConfig, match=str(tmp_path)):
        find_cdk_dir()


def test_a_template_is_json_with_resources(tmp_path: Path) -> None:
    """Anything else is refused with the file's name."""
    path = tmp_path / "x.json"
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_template(path)
    path.write_text("{}")
    with pytest.raises(InvalidConfig, match="not a CloudFormation template"):
        read_template(path)
