"""`fanreel lambda policies user | deployer | role | validate`: IAM policies from the template."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.lambda_stack import CdkDir, cdk_app
from fanreel.cli.lambda_target import Target, stack_command
from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    from fanreel.aws.deploy.templates import Template

policies_app = typer.Typer(help="Print and check IAM policies.", no_args_is_help=True)

TemplateFile = Annotated[
    Path | None,
    typer.Option("--template", metavar="FILE", help="Of `cdk synth`, instead of running it."),
]
Deployed = Annotated[
    bool, typer.Option("--deployed", help="Use the names of the deployed stack, not patterns.")
]
DEPLOYER = "cloudformation"


@stack_command(policies_app, "user")
def user(
    target: Target,
    *,
    template: TemplateFile = None,
    deployed: Deployed = False,
    cdk_dir: CdkDir = None,
) -> None:
    """Print the policy for whoever starts and watches renders."""
    from fanreel.aws.deploy.policies import user_policy  # noqa: PLC0415

    _print(user_policy(_template(target, template, cdk_dir, deployed=deployed)))


@stack_command(policies_app, "deployer")
def deployer(
    target: Target,
    *,
    template: TemplateFile = None,
    deployed: Deployed = False,
    cdk_dir: CdkDir = None,
) -> None:
    """Print the policy for whoever runs `deploy` and `destroy` where `cdk bootstrap` has been."""
    from fanreel.aws.deploy.deploy_rights import deployer_policy  # noqa: PLC0415

    _print(deployer_policy(_template(target, template, cdk_dir, deployed=deployed)))


@stack_command(policies_app, "role")
def role(
    target: Target,
    *,
    principal: Annotated[
        str,
        typer.Option(metavar="SERVICE", help="lambda, states, events; or cloudformation: deploys."),
    ] = "lambda",
    template: TemplateFile = None,
    deployed: Deployed = False,
    cdk_dir: CdkDir = None,
) -> None:
    """Print trust and policy of the stack's roles, or of the one that deploys it."""
    from fanreel.aws.deploy.deploy_rights import deploy_policy  # noqa: PLC0415
    from fanreel.aws.deploy.policies import role_policies, service_trust  # noqa: PLC0415

    found = _template(target, template, cdk_dir, deployed=deployed)
    if principal == DEPLOYER:
        trust = service_trust(f"{DEPLOYER}.amazonaws.com")
        _print({"TrustRelationship": trust, "InlinePolicy": deploy_policy(found)})
        return
    roles = role_policies(found)
    chosen = [one for one in roles if one.principal.split(".")[0] == principal]
    if not chosen:
        known = sorted({one.principal.split(".")[0] for one in roles} | {DEPLOYER})
        raise InvalidConfig(f"--principal {principal}: allowed: {', '.join(known)}")
    _print([one.to_json() for one in chosen])


@stack_command(policies_app, "validate")
def validate(
    target: Target,
    policy: Annotated[
        Path | None,
        typer.Argument(metavar="[POLICY]", help="A policy document; without it, yourself."),
    ] = None,
    *,
    template: TemplateFile = None,
    deployed: Deployed = False,
    cdk_dir: CdkDir = None,
) -> None:
    """Check that a policy, or whoever calls, has the rights to render; say which are missing."""
    from fanreel.aws.deploy.policies import user_policy  # noqa: PLC0415
    from fanreel.aws.deploy.rights import missing_rights, rights_of  # noqa: PLC0415
    from fanreel.aws.deploy.simulation import refused_rights  # noqa: PLC0415

    required = user_policy(_template(target, template, cdk_dir, deployed=deployed))
    if policy is not None:
        missing = missing_rights(required, _read_policy(policy))
    else:
        missing = refused_rights(
            rights_of(required), target.session(), endpoint_url=target.endpoint_url
        )
    if missing:
        lines = "; ".join(f"{right.action} on {right.resource}" for right in missing)
        raise InvalidConfig(f"{len(missing)} rights are missing: {lines}")
    count = len(rights_of(required))
    target.answer({"checked": count, "missing": []}, f"all {count} rights are there")


def _template(
    target: Target, path: Path | None, cdk_dir: Path | None, *, deployed: bool
) -> "Template":
    from fanreel.aws.deploy.deployed import read_physical_ids  # noqa: PLC0415
    from fanreel.aws.deploy.templates import Place, Template, read_template  # noqa: PLC0415

    document = read_template(path) if path else cdk_app(target, cdk_dir, {}).synthesise()
    place = Place(stack_name=target.stack)
    names: dict[str, str] = {}
    if deployed:
        place, names = read_physical_ids(
            target.stack, session=target.session(), endpoint_url=target.endpoint_url
        )
    return Template(document=document, place=place, physical_ids=names)


def _read_policy(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as exc:
        raise InvalidConfig(f"the policy {path} cannot be read: {exc}") from exc
    if not isinstance(found, dict) or "Statement" not in found:
        raise InvalidConfig(f"{path} is not an IAM policy document")
    return found


def _print(document: Any) -> None:
    # IAM's own JSON, to be pasted or piped: the same with and without --json.
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
