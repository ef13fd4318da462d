"""
A synthesised CloudFormation template, its references resolved to ARNs and names.

Before a stack is deployed CloudFormation's generated names are known but for their random end, so
they become patterns such as `fanreel-RenderFunction6C9960CD-*`; of a deployed stack the real names
are put in their place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fanreel.errors import InvalidConfig

# State machines and dashboards are named without the stack by AWS, with it by emulators.
# Type: [property with an explicit name, pattern of a generated name, ARN]; in the ARN {where} is
# `region:account`. Source: "Physical IDs" and "Return values" of each type in the user guide.
_TYPES: dict[str, tuple[str, str, str]] = {
    "AWS::S3::Bucket": ("BucketName", "{stack_lower}-{id_lower}-*", "s3:::{name}"),
    "AWS::Lambda::Function": ("FunctionName", "{stack}-{id}-*", "lambda:{where}:function:{name}"),
    "AWS::StepFunctions::StateMachine": (
        "StateMachineName",
        "*{id}-*",
        "states:{where}:stateMachine:{name}",
    ),
    "AWS::Logs::LogGroup": ("LogGroupName", "{stack}-{id}-*", "logs:{where}:log-group:{name}:*"),
    "AWS::IAM::Role": ("RoleName", "{stack}-{id}-*", "iam::{account}:role/{name}"),
    "AWS::SNS::Topic": ("TopicName", "{stack}-{id}-*", "sns:{where}:{name}"),
    "AWS::SQS::Queue": ("QueueName", "{stack}-{id}-*", "sqs:{where}:{name}"),
    "AWS::SecretsManager::Secret": ("Name", "{id}-*", "secretsmanager:{where}:secret:{name}"),
    "AWS::Events::Rule": ("Name", "{stack}-{id}-*", "events:{where}:rule/{name}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "{stack}-{id}-*", "cloudwatch:{where}:alarm:{name}"),
    "AWS::CloudWatch::Dashboard": (
        "DashboardName",
        "*{id}-*",
        "cloudwatch::{account}:dashboard/{name}",
    ),
}
# What `Ref` gives is the ARN for these, the name for the others.
_REF_IS_ARN = (
    "AWS::StepFunctions::StateMachine",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
)
# In the text of `Fn::Sub`: `${Name}` or `${Name.Attribute}`.
_VARIABLE = re.compile(r"\$\{([^}!]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack is, or will be; `*` for what is not known yet."""

    stack_name: str
    partition: str = "aws"
    region: str = "*"
    account: str = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """
    One template in one place.

    Args:
        document: The template as JSON.
        place: Where it is deployed.
        physical_ids: Names of deployed resources by logical id.
    """

    document: Mapping[str, Any]
    place: Place
    physical_ids: Mapping[str, str] = field(default_factory=dict)

    def of_type(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield logical id and properties of every resource of type *kind*."""
        for logical_id, resource in self.document.get("Resources", {}).items():
            if resource.get("Type") == kind:
                yield logical_id, resource.get("Properties", {})

    @property
    def types(self) -> set[str]:
        """Every resource type in the template."""
        resources = self.document.get("Resources", {}).values()
        return {str(resource.get("Type")) for resource in resources}

    def output_resource(self, name: str) -> str:
        """
        Return the logical id of the resource behind output *name*.

        Raises:
            InvalidConfig: There is no such output; it is not one of fanreel's. Terminal.
        """
        value = self.document.get("Outputs", {}).get(name, {}).get("Value")
        if isinstance(value, dict) and isinstance(value.get("Ref"), str):
            return str(value["Ref"])
        raise InvalidConfig(f"the template has no output {name} of its own; is it fanreel's?")

    def output_resources(self, name: str) -> list[str]:
        """Return the logical ids of all resources that output *name* mentions; none without it."""
        return list(_references(self.document.get("Outputs", {}).get(name, {}).get("Value")))

    def name(self, logical_id: str) -> str:
        """Return the name of a resource, or the pattern it will match."""
        kind, properties = self._resource(logical_id)
        given, pattern, _ = _TYPES[kind]
        if logical_id in self.physical_ids:
            return self.physical_ids[logical_id].rpartition(":")[2]
        if isinstance(properties.get(given), str):
            return str(properties[given])
        stack = self.place.stack_name
        return pattern.format(
            stack=stack, stack_lower=stack.lower(), id=logical_id, id_lower=logical_id.lower()
        )

    def arn(self, logical_id: str) -> str:
        """Return the ARN of a resource, or the pattern it will match."""
        kind, _ = self._resource(logical_id)
        rest = _TYPES[kind][2].format(
            where=f"{self.place.region}:{self.place.account}",
            account=self.place.account,
            name=self.name(logical_id),
        )
        return f"arn:{self.place.partition}:{rest}"

    def _resource(self, logical_id: str) -> tuple[str, Mapping[str, Any]]:
        resource = self.document.get("Resources", {}).get(logical_id, {})
        kind = str(resource.get("Type"))
        if kind not in _TYPES:
            raise InvalidConfig(f"cannot name {logical_id} of type {kind} in a policy")
        return kind, resource.get("Properties", {})

    def resolve(self, value: Any) -> Any:  # noqa: PLR0911 (one return per function)
        """Return *value* with its intrinsic functions worked out."""
        match value:
            case {"Ref": str(name)}:
                return self._ref(name)
            case {"Fn::GetAtt": [str(logical_id), str(attribute)]}:
                return self.arn(logical_id) if attribute == "Arn" else self.name(logical_id)
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(str(self.resolve(part)) for part in parts)
            case {"Fn::Sub": str(text)}:
                return _VARIABLE.sub(lambda found: str(self._variable(found[1])), text)
            case list():
                return [self.resolve(item) for item in value]
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case _:
                return value

    def _variable(self, name: str) -> Any:
        logical_id, dot, attribute = name.partition(".")
        return self.resolve({"Fn::GetAtt": [logical_id, attribute]}) if dot else self._ref(name)

    def _ref(self, name: str) -> str:
        pseudo = {
            "AWS::Partition": self.place.partition,
            "AWS::Region": self.place.region,
            "AWS::AccountId": self.place.account,
            "AWS::StackName": self.place.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        kind, _ = self._resource(name)
        return self.arn(name) if kind in _REF_IS_ARN else self.name(name)


def _references(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case dict():
            yield from _references(list(value.values()))
        case list():
            for item in value:
                yield from _references(item)
        case _:
            return


def read_template(path: Path) -> dict[str, Any]:
    """
    Read a template file, as `cdk synth` leaves it in `cdk.out`.

    Raises:
        InvalidConfig: It cannot be read, or is no template. Terminal.
    """
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as exc:
        raise InvalidConfig(f"the template {path} cannot be read: {exc}") from exc
    if not isinstance(document, dict) or "Resources" not in document:
        raise InvalidConfig(f"{path} is not a CloudFormation template")
    return document
