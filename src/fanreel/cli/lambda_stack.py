"""`fanreel lambda deploy`, `destroy`, `quotas`: the stack as a whole."""

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.lambda_target import Target, stack_command
from fanreel.errors import InvalidConfig, RenderError

if TYPE_CHECKING:
    from fanreel.aws.cost.quotas import Quotas
    from fanreel.aws.deploy.deploying import CdkApp
    from fanreel.aws.deploy.stack_settings import Settings

stack_app = typer.Typer()

CdkDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The checkout's cdk folder, if not found.")
]


def cdk_app(target: Target, cdk_dir: Path | None, context: dict[str, Any]) -> "CdkApp":
    """Return the CDK app, to be run as and where *target* says."""
    from fanreel.aws.deploy.deploying import CdkApp, find_cdk_dir, session_environment  # noqa: PLC0415

    return CdkApp(
        cdk_dir=find_cdk_dir(cdk_dir),
        stack_name=target.stack,
        context=context,
        environment=session_environment(target.session(), target.endpoint_url),
    )


def choose_memory(quotas: "Quotas", wanted_mb: int | None, what: str = "--memory") -> int:
    """
    Return the memory to deploy with: what was asked for, else what fits the account.

    Raises:
        InvalidConfig: The account may not have that much. Terminal.
    """
    if wanted_mb is None:
        return quotas.memory_mb
    if wanted_mb > quotas.memory_limit_mb:
        raise InvalidConfig(
            f"{what} {wanted_mb}: this account is likely limited to {quotas.memory_limit_mb} MB; "
            "leave the option out, ask AWS for more (`fanreel lambda quotas`), or insist with "
            "--no-check-quotas",
            memory_mb=wanted_mb,
            limit_mb=quotas.memory_limit_mb,
        )
    return wanted_mb


def concurrency_of(quotas: "Quotas") -> dict[str, int]:
    """
    Return the setting for chunks at once that a new stack gets where the account has few.

    More would only be held back by Lambda, and each wait longer than its turn takes.
    """
    return {"max_concurrency": max(1, quotas.concurrency)} if quotas.is_new_account else {}


def check_reserved(quotas: "Quotas", wanted: int, held: int = 0) -> None:
    """
    Refuse to reserve concurrency that the account cannot spare.

    Args:
        quotas: Of the account, as it stands.
        wanted: For all functions of the stack.
        held: What they have reserved already.
    Raises:
        InvalidConfig: Lambda would refuse it too, at the end of the deployment. Terminal.
    """
    room = quotas.reservable + held
    if wanted > max(room, held):
        raise InvalidConfig(
            f"a reserved concurrency of {wanted} in all: this account can reserve {room} (Lambda "
            f"keeps 100 of its {quotas.concurrency} for everything else); lower "
            "--reserved-concurrency, or the numbers behind @ in `functions`"
        )


@stack_command(stack_app, "deploy", regions=True)
def deploy(  # noqa: PLR0913 (each is an option)
    target: Target,
    *,
    memory: Annotated[
        int | None,
        typer.Option(metavar="MB", help="By default two vCPUs, or what a new account may have."),
    ] = None,
    timeout: Annotated[int | None, typer.Option(metavar="S", help="At most 900.")] = None,
    architecture: Annotated[
        str | None, typer.Option(metavar="NAME", help="x86_64, or arm64: a fifth cheaper.")
    ] = None,
    reserved_concurrency: Annotated[
        int | None, typer.Option(metavar="N", help="Most invocations at once, of all renders.")
    ] = None,
    expiry_days: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Life of plans and segments.")
    ] = None,
    alarm_email: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Told of failures.")
    ] = None,
    keep_bucket: Annotated[
        bool | None, typer.Option(help="Whether the bucket outlives the stack.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of the stack."),
    ] = None,
    check_quotas: Annotated[
        bool, typer.Option(help="Fit memory and concurrency to the account.")
    ] = True,
    bootstrap: Annotated[
        bool, typer.Option(help="First run `cdk bootstrap` in a region that has had none.")
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    cdk_dir: CdkDir = None,
) -> None:
    """
    Deploy the stack, or bring it up to date.

    What an option does not say stays as it was deployed; `--set NAME=` goes back to the default.
    Runs `cdk bootstrap` and `cdk deploy` on the app in this package's checkout; needs Node.js and,
    to build the image, Docker.
    """
    from fanreel.aws.client.deployment import read_deployment  # noqa: PLC0415
    from fanreel.aws.deploy.advice import advice  # noqa: PLC0415
    from fanreel.aws.deploy.deployed import is_bootstrapped  # noqa: PLC0415
    from fanreel.aws.deploy.deploying import parse_context  # noqa: PLC0415
    from fanreel.aws.deploy.stack_settings import Settings  # noqa: PLC0415

    given: dict[str, Any] = {
        "memory_mb": memory,
        "timeout_s": timeout,
        "architecture": architecture,
        "reserved_concurrency": reserved_concurrency,
        "expiry_days": expiry_days,
        "alarm_email": alarm_email,
        "keep_bucket": keep_bucket,
    }
    given = {name: value for name, value in given.items() if value is not None}
    given |= parse_context(settings or [])
    deployed = deployed_settings(target)
    chosen = dict(deployed or {}) | given
    quotas = quotas_or_none(target) if check_quotas else None
    if quotas is not None:
        chosen["memory_mb"] = choose_memory(quotas, chosen.get("memory_mb"))
        if deployed is None:
            chosen = concurrency_of(quotas) | chosen
    wanted = Settings.chosen(chosen)
    before = None if deployed is None else Settings.chosen(deployed)
    if quotas is not None:
        check_reserved(quotas, wanted.reserved_in_all, before.reserved_in_all if before else 0)
        for choice in wanted.choices:
            choose_memory(quotas, choice.memory_mb, f"function {choice.name}")
    tell_changes(target, before, wanted)
    for text in advice(wanted, platform.machine()):
        target.say(f"note: {text}")
    if dry_run:
        target.answer({"settings": wanted.to_json()})
        return
    app = cdk_app(target, cdk_dir, wanted.to_json())
    if bootstrap and not is_bootstrapped(target.session(), endpoint_url=target.endpoint_url):
        app.run("bootstrap")
    app.run("deploy", "--require-approval", "never", target.stack)
    found = read_deployment(
        target.stack, session=target.session(), endpoint_url=target.endpoint_url
    )
    target.answer(
        found,
        f"stack {target.stack} is deployed",
        f"  bucket         {found.bucket}",
        f"  state machine  {found.state_machine_arn}",
        f"  function       {found.function_name}",
        *(f"  {name:13}  {called}" for name, called in sorted(found.function_names.items())),
    )


def deployed_settings(target: Target) -> dict[str, Any] | None:
    """Return what the stack was deployed with; None where there is none yet, or none that works."""
    from fanreel.aws.client.deployment import read_deployment  # noqa: PLC0415

    try:
        found = read_deployment(
            target.stack, session=target.session(), endpoint_url=target.endpoint_url
        )
    except InvalidConfig as exc:
        if "stack_name" in exc.facts:  # there is none, or it has no outputs
            return None
        raise
    return dict(found.settings)


def tell_changes(target: Target, deployed: "Settings | None", wanted: "Settings") -> None:
    """Show what a deployment changes before it is made."""
    from fanreel.aws.deploy.stack_settings import Settings  # noqa: PLC0415

    lines = wanted.changes_from(deployed or Settings())
    if deployed is None:
        target.say(f"new stack {target.stack}" + (", with" if lines else ""))
    elif not lines:
        target.say(f"stack {target.stack} keeps its settings")
    else:
        target.say(f"stack {target.stack} changes")
    for line in lines:
        target.say(f"  {line}")


def quotas_or_none(target: Target) -> "Quotas | None":
    """Read the account's limits and tell its warnings; None, told too, if they cannot be read."""
    from fanreel.aws.cost.quotas import read_quotas  # noqa: PLC0415

    try:
        quotas = read_quotas(target.session(), endpoint_url=target.endpoint_url)
    except RenderError as exc:
        target.say(f"the account's limits are unknown: {exc}")
        return None
    for warning in quotas.warnings:
        target.say(f"warning: {warning}")
    return quotas


@stack_command(stack_app, "destroy", regions=True)
def destroy(
    target: Target,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    delete_bucket: Annotated[
        bool, typer.Option("--delete-bucket", help="And the bucket, with every video in it.")
    ] = False,
    cdk_dir: CdkDir = None,
) -> None:
    """
    Remove the stack; its bucket stays.

    Unless it was deployed with --no-keep-bucket, or this is told to take it along.
    """
    # Asked for now: without the stack nothing tells which bucket was its own. Only if need be, as
    # a stack whose deployment failed has no outputs.
    bucket = target.client().deployment.bucket if delete_bucket else None
    also = f" and its bucket {bucket} with everything in it" if bucket else ""
    if not yes:
        where = f" in {target.region}" if target.answers is not None else ""
        typer.confirm(f"Remove the stack {target.stack}{where}{also}?", abort=True, err=True)
    cdk_app(target, cdk_dir, {}).run("destroy", "--force", target.stack)
    objects = 0
    if bucket:
        from fanreel.aws.storage.s3_client import connect  # noqa: PLC0415
        from fanreel.aws.storage.s3_client import delete_bucket as remove_bucket  # noqa: PLC0415

        target.say(f"emptying {bucket}")
        objects = remove_bucket(connect(target.session(), target.endpoint_url), bucket)
    target.answer(
        {"destroyed": target.stack, "deleted_bucket": bucket, "deleted_objects": objects},
        f"stack {target.stack} is removed{also}",
    )


@stack_command(stack_app, "quotas", regions=True)
def quotas(target: Target) -> None:
    """Show what the account lets renders use, and what that means for them."""
    from fanreel.aws.cost.quotas import read_quotas  # noqa: PLC0415

    found = read_quotas(target.session(), endpoint_url=target.endpoint_url)
    target.answer(
        found,
        f"{found.region}: {found.concurrency} functions at once, "
        f"{found.unreserved_concurrency} of them unreserved",
        f"memory to deploy with: {found.memory_mb} MB",
        *(f"warning: {warning}" for warning in found.warnings),
    )
