"""
The page `docs/aws-rights.md`: what each role of the stack may do, and what cdk-nag says of it.

Written from the synthesised template by `python -m cdk.rights_page > docs/aws-rights.md`.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk
from cdk_nag import AwsSolutionsChecks

from cdk.app import DEFAULT_STACK_NAME
from cdk.stack import RenderStack
from fanreel.aws.deploy.policies import RolePolicy, Statement, role_policies
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.aws.deploy.templates import Place, Template, read_template

_ACCOUNT, _REGION = "111122223333", "eu-central-1"
# Rights do not depend on the image; naming one spares packing the repository for Docker.
_PLAIN = Settings(image_uri=f"{_ACCOUNT}.dkr.ecr.{_REGION}.amazonaws.com/fanreel:1")
_KEY = f"arn:aws:kms:{_REGION}:{_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_MORE = _PLAIN.model_copy(
    update={
        "kms_key_arn": _KEY,
        "functions": ("big=7076",),
        "keep_bucket": False,
        "dashboard": True,
        "progress_document": True,
        "cors_origins": ("https://example.com",),
        "webhook_url": "https://example.com/fanreel",
        "project_buckets": ("projects-bucket",),
        "output_buckets": ("other-bucket", "media-bucket/films"),
        "output_endpoints": ("films=https://s3.example.com=fanreel/films",),
        "vpc_id": "vpc-0123456789abcdef0",
        "vpc_subnet_ids": ("subnet-0123456789abcdef0",),
        "vpc_security_group_ids": ("sg-0123456789abcdef0",),
    }
)
_MORE_TITLE = (
    "With a KMS key, a VPC, other buckets and services, a second function, progress documents, a "
    "webhook and `--no-keep-bucket`"
)
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
_NAG = "Annotation::"

_INTRODUCTION = """\
# Rights on AWS

What each role of the stack may do, action by action, and what cdk-nag (AWS Solutions rules) says of
the template. Written from the synthesised template by `python -m cdk.rights_page`; a test keeps the
two equal. `*` within a name stands for the end that CloudFormation makes up, and for region and
account; the resource `*` stands only where AWS defines none.

"""
_HEAD = "| action | resources | only if |\n| --- | --- | --- |\n"


def rights_page() -> str:
    """Return the text of `docs/aws-rights.md`."""
    with tempfile.TemporaryDirectory(prefix="fanreel-rights-") as folder:
        plain = _Assembly(Path(folder, "plain"), _PLAIN)
        more = _Assembly(Path(folder, "more"), _MORE)
        sections = [
            *(_role(role) for role in plain.roles),
            f"## {_MORE_TITLE}\n\nBesides the above:",
            *(_role(role) for role in _added(plain.roles, more.roles)),
            _findings(plain, more),
        ]
    return _INTRODUCTION + "\n\n".join(sections) + "\n"


class _Assembly:
    """The stack synthesised with *settings* into *folder*, cdk-nag watching."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        app = aws_cdk.App(outdir=str(folder))
        aws_cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
        RenderStack(app, DEFAULT_STACK_NAME, settings=settings)
        # Raises if there are findings that nobody acknowledged.
        app.synth()
        document = read_template(folder / f"{DEFAULT_STACK_NAME}.template.json")
        place = Place(stack_name=DEFAULT_STACK_NAME)
        self.roles = role_policies(Template(document=document, place=place))
        self._folder = folder

    @property
    def open_findings(self) -> int:
        """How many findings the validation report holds."""
        report = json.loads((self._folder / "validation-report.json").read_text())
        return sum(len(plugin["violations"]) for plugin in report["pluginReports"])

    @property
    def acknowledged(self) -> list[tuple[str, str, str]]:
        """Where, which finding and why, of everything that is accepted."""
        metadata = json.loads((self._folder / f"{DEFAULT_STACK_NAME}.metadata.json").read_text())
        return sorted(
            (path.removeprefix(f"/{DEFAULT_STACK_NAME}/"), finding.removeprefix(_NAG), reason)
            for path, entries in metadata.items()
            for entry in entries
            if entry["type"] == _ACKNOWLEDGED
            for finding, reason in entry["data"].items()
        )


def _role(role: RolePolicy) -> str:
    level = "###" if role.role.startswith("+") else "##"
    name = role.role.removeprefix("+")
    lines = [f"{level} `{name}`", "", f"Taken by `{role.principal}`.", "", ""]
    rows = list(_rows(role.policy["Statement"]))
    rows += [f"| AWS's policy | `{arn}` | |" for arn in role.managed]
    rows += [f"{row[:-1]}by the bucket's policy |" for row in _rows(role.granted)]
    return "\n".join(lines) + _HEAD + "\n".join(rows)


def _rows(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        resources = "<br>".join(f"`{resource}`" for resource in _listed(statement["Resource"]))
        condition = _condition(statement.get("Condition", {}))
        for action in _listed(statement["Action"]):
            yield f"| `{action}` | {resources} | {condition}|"


def _condition(condition: Mapping[str, Any]) -> str:
    return "".join(
        f"{test} `{key}`: {', '.join(f'`{value}`' for value in _listed(values))} "
        for test, keys in condition.items()
        for key, values in keys.items()
    )


def _added(plain: Iterable[RolePolicy], more: Iterable[RolePolicy]) -> Iterator[RolePolicy]:
    """Yield the roles of *more* with what those of *plain* do not have."""
    known = {role.role: role.policy["Statement"] for role in plain}
    for role in more:
        added = [one for one in role.policy["Statement"] if one not in known.get(role.role, [])]
        if added or role.managed:
            yield RolePolicy(
                role=f"+{role.role}",
                principal=role.principal,
                trust=role.trust,
                policy={**role.policy, "Statement": added},
                managed=role.managed,
                granted=role.granted,
            )


def _findings(plain: _Assembly, more: _Assembly) -> str:
    usual = set(plain.acknowledged)
    rows = [
        f"| `{path}` | `{finding}` | {reason} | {'always' if row in usual else 'if chosen'} |"
        for row in sorted(usual | set(more.acknowledged))
        for path, finding, reason in [row]
    ]
    return (
        "## cdk-nag\n\n"
        f"Open findings: {plain.open_findings} with the defaults, {more.open_findings} with a key, "
        "a VPC,\nand all else that can be chosen. A test fails if there is one. "
        f"Accepted, each by itself and with its reason ({len(rows)}):\n\n"
        "| where | finding | reason | when |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.stdout.write(rights_page())
