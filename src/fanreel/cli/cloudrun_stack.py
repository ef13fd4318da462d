"""`fanreel cloudrun deploy`, `destroy`, `quotas`, `cost`: the deployment as a whole."""

import dataclasses
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.cloudrun_target import CloudRunTarget, deployment_command
from fanreel.cli.lambda_render import cost_lines
from fanreel.files.kept_dirs import cache_dir

if TYPE_CHECKING:
    from fanreel.gcp.deploy.deploying import Place
    from fanreel.gcp.storage.gcs_store import GcsObjectStore

stack_app = typer.Typer()
_HOURS_A_MONTH = 730


def _place(target: CloudRunTarget) -> "Place":
    from fanreel.gcp.deploy.deploying import Place  # noqa: PLC0415 (loads Google's libraries)

    project, region = target.place
    return Place(project=project, region=region, name=target.name)


def _store(target: CloudRunTarget) -> "GcsObjectStore":
    from fanreel.gcp.storage.gcs_client import connect  # noqa: PLC0415
    from fanreel.gcp.storage.gcs_store import GcsObjectStore  # noqa: PLC0415

    return GcsObjectStore(connect(target.credentials(), target.place[0], target.storage_url))


def _folder(place: "Place") -> Path:
    """Return where Terraform works; all that counts of it is in the bucket."""
    return cache_dir(os.environ, "deploy") / f"{place.project}-{place.region}-{place.name}"


@deployment_command(stack_app, "deploy")
def deploy(  # noqa: PLR0913 (each is an option)
    target: CloudRunTarget,
    *,
    memory: Annotated[
        int | None, typer.Option(metavar="MB", help="Of an instance, /tmp among it.")
    ] = None,
    cpu: Annotated[int | None, typer.Option(metavar="N", help="2, 4, 6 or 8.")] = None,
    min_instances: Annotated[
        int | None, typer.Option(metavar="N", help="That wait, and are billed for it.")
    ] = None,
    max_instances: Annotated[
        int | None, typer.Option(metavar="N", help="At once, of all renders.")
    ] = None,
    expiry_days: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Life of plans and segments.")
    ] = None,
    alarm_email: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Told of failures.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other variable of the module."),
    ] = None,
    image_uri: Annotated[
        str | None, typer.Option(metavar="URI", help="An image that is pushed; none: build it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
) -> None:
    """
    Deploy, or bring a deployment up to date.

    What an option does not say stays as it was deployed; `--set NAME=` goes back to the default.
    Needs Terraform (or OpenTofu) and, to build the image, Docker.
    """
    from fanreel.gcp.deploy import deploying  # noqa: PLC0415
    from fanreel.gcp.deploy.terraform import MODULE, find_program  # noqa: PLC0415

    find_program()
    place, store = _place(target), _store(target)
    given: dict[str, Any] = {
        "memory_mb": memory,
        "cpu": cpu,
        "min_instances": min_instances,
        "max_instances": max_instances,
        "expiry_days": expiry_days,
        "alarm_email": alarm_email,
    }
    given = {name: value for name, value in given.items() if value is not None}
    known = deploying.known_settings(deploying.find_checkout() / MODULE)
    given |= deploying.parse_settings(settings or [], known)
    if dry_run:
        deploying.require_buckets(place, store.client)
    else:
        deploying.ensure_buckets(place, store.client)
    chosen = deploying.chosen_settings(place, store, given)
    image = image_uri or f"{place.registry}/fanreel:{time.strftime('%Y%m%d-%H%M%S')}"
    root = deploying.root_of(place, _folder(place), image, chosen)
    root.prepare()
    if dry_run:
        root.plan()
        target.answer({"settings": chosen})
        return
    if image_uri is None:
        root.apply_registry()
        deploying.push_image(image)
    # Before: what a deployment that broke off has made is brought up to date with the same.
    deploying.keep_settings(place, store, chosen)
    root.apply()
    target.answer(
        {"project": place.project, "region": place.region, "name": place.name}
        | {"bucket": place.bucket, "image": image, "settings": chosen},
        f"{place.name} is deployed in {place.project}, {place.region}",
        f"  bucket  {place.bucket}",
        f"  image   {image}",
    )


@deployment_command(stack_app, "destroy")
def destroy(
    target: CloudRunTarget,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    delete_bucket: Annotated[
        bool, typer.Option("--delete-bucket", help="And the bucket, with every video in it.")
    ] = False,
) -> None:
    """Remove the deployment; its bucket stays, unless this is told to take it along."""
    from fanreel.gcp.deploy import deploying  # noqa: PLC0415

    place, store = _place(target), _store(target)
    deploying.require_buckets(place, store.client)
    also = f" and its bucket {place.bucket} with everything in it" if delete_bucket else ""
    if not yes:
        typer.confirm(f"Remove {place.name} from {place.project}{also}?", abort=True, err=True)
    image = f"{place.registry}/fanreel:gone"
    chosen = deploying.chosen_settings(place, store, {})
    root = deploying.root_of(place, _folder(place), image, chosen)
    root.prepare()
    root.destroy()
    objects = deploying.delete_buckets(place, store) if delete_bucket else 0
    target.answer(
        {"destroyed": place.name, "deleted_objects": objects},
        f"{place.name} is removed{also}",
    )


@deployment_command(stack_app, "quotas")
def quotas(target: CloudRunTarget) -> None:
    """Show what limits renders here: of the deployment, and of Google Cloud."""
    from fanreel.gcp.workflow.settings import AT_ONCE, CALL_TIMEOUT_S, CHUNK_LIMIT  # noqa: PLC0415

    settings = target.client().deployment.settings
    instances = settings.get("max_instances")
    found = {
        "chunks_at_once": min(settings.get("max_concurrency") or AT_ONCE, AT_ONCE),
        "chunks": CHUNK_LIMIT,
        "instances": instances,
        "request_s": CALL_TIMEOUT_S,
    }
    target.answer(
        found,
        f"{found['chunks_at_once']} chunks of a render at once: Workflows runs {AT_ONCE}",
        f"{CHUNK_LIMIT} chunks a render",
        f"{instances} instances of all renders at once (--max-instances)",
        f"{CALL_TIMEOUT_S // 60} minutes a request; a chunk that takes longer goes on in another",
    )


@deployment_command(stack_app, "cost")
def cost(
    target: CloudRunTarget,
    render_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A render's id; none: between renders.")
    ] = None,
) -> None:
    """Tell what a render has cost, or what the deployment costs a month without any."""
    client = target.client()
    if render_id is not None:
        found = client.cost(render_id)
        target.answer(found, *cost_lines(found))
        return
    from fanreel.gcp.cost.render_cost import waiting_usd  # noqa: PLC0415

    settings = client.deployment.settings
    machine = client.machine
    idle = waiting_usd(machine, client.deployment.region, settings.get("min_instances") or 0)
    month_usd = idle * 3600 * _HOURS_A_MONTH
    target.answer(
        {"total_usd": month_usd, "machine": dataclasses.asdict(machine)},
        f"{month_usd:.2f} USD a month between renders, and what the bucket holds",
        f"  {month_usd:.2f}  instances that wait (--min-instances)",
    )
