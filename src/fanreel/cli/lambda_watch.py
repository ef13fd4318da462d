"""What there is to know of a render on AWS, from its progress to a link to its video."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from fanreel.cli.lambda_progress import progress_lines, wait_for
from fanreel.cli.lambda_render import cost_lines
from fanreel.cli.lambda_target import CloudTarget, Target, stack_command
from fanreel.cli.report import size_in_words
from fanreel.errors import InvalidConfig

watch_app = typer.Typer()

RenderId = Annotated[str, typer.Argument(metavar="ID", help="The render's id.")]


@stack_command(watch_app, "progress")
def progress(
    target: CloudTarget,
    render_id: RenderId,
    *,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Until it has ended.")] = False,
) -> None:
    """Show where a render stands."""
    client = target.client()
    if wait:
        now = wait_for(client, render_id, as_json=target.as_json)
    else:
        now = client.progress(render_id)
    target.answer(now, *progress_lines(now))


@stack_command(watch_app, "cancel")
def cancel(
    target: CloudTarget,
    render_id: RenderId,
    *,
    reason: Annotated[str | None, typer.Option(help="Kept with the render.")] = None,
) -> None:
    """Stop a render; what is finished of it stays for another start."""
    client = target.client()
    now = client.cancel(render_id, reason or f"{client.command} cancel")
    target.answer(now, *progress_lines(now))


@stack_command(watch_app, "redrive")
def redrive(target: CloudTarget, render_id: RenderId) -> None:
    """Go on with a render that failed or was cancelled; what is finished of it is kept."""
    started = target.client().redrive(render_id)
    target.answer(started, f"{render_id} goes on")


@stack_command(watch_app, "logs")
def logs(
    target: CloudTarget,
    render_id: RenderId,
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most this many lines.")] = 1000,
) -> None:
    """Print what the workers of a render logged, oldest first."""
    for line in target.client().logs(render_id, limit=limit):
        sys.stdout.write((json.dumps(line) if target.as_json else _log_line(line)) + "\n")


def _log_line(line: dict[str, Any]) -> str:
    words = [str(line.get(name, "")) for name in ("timestamp", "level", "message")]
    shown = {"timestamp", "level", "message", "service", "location"}
    facts = [f"{name}={value}" for name, value in line.items() if name not in shown]
    return " ".join(word for word in (*words, *facts) if word)


@stack_command(watch_app, "ls")
def ls(
    target: CloudTarget,
    *,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only RUNNING, SUCCEEDED, FAILED, …")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most this many.")] = 50,
) -> None:
    """List renders, newest first."""
    from fanreel.remote.results import Status  # noqa: PLC0415 (loads what boto3 needs)

    wanted = status.upper() if status else None
    if wanted not in (None, *get_args(Status)):
        raise InvalidConfig(f"status {status!r}: allowed: {', '.join(get_args(Status))}")
    renders = target.client().list_renders(status=cast("Status | None", wanted), limit=limit)
    target.answer(
        renders,
        *(f"{r.started_at:%Y-%m-%d %H:%M:%S} {r.status:<9} {r.render_id}" for r in renders),
    )


@stack_command(watch_app, "rm")
def rm(
    target: CloudTarget,
    render_id: RenderId,
    *,
    keep_video: Annotated[bool, typer.Option("--keep-video", help="Leave the video.")] = False,
) -> None:
    """Delete a finished render's objects, its video too."""
    deleted = target.client().delete_render(render_id, keep_video=keep_video)
    target.answer({"deleted": deleted}, f"{deleted} objects deleted")


@stack_command(watch_app, "cost")
def cost(
    target: Target,
    render_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A render's id; none: the stack itself.")
    ] = None,
) -> None:
    """Tell what a render has cost, or what the stack costs a month when nothing is rendered."""
    client = target.client()
    if render_id is not None:
        found = client.cost(render_id)
        target.answer(found, *cost_lines(found))
        return
    from fanreel.aws.deploy.stack_settings import Settings  # noqa: PLC0415
    from fanreel.aws.deploy.standing import standing_cost  # noqa: PLC0415

    standing = standing_cost(Settings.chosen(client.deployment.settings))
    target.answer(
        standing,
        f"{standing.total_usd:.2f} USD a month between renders",
        f"  {standing.alarms_usd:.2f}  alarms",
        f"  {standing.metrics_usd:.2f}  custom metrics (--set custom_metrics=true)",
        f"  {standing.dashboard_usd:.2f}  dashboard (--set dashboard=true)",
        f"  {standing.webhook_usd:.2f}  the webhook's secret (--set webhook_url=)",
        f"  {standing.image_usd:.2f}  the image in ECR, for each version kept there",
    )


@stack_command(watch_app, "report")
def report(
    target: CloudTarget,
    render_id: RenderId,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default ID.html.")
    ] = None,
    pictures: Annotated[
        bool,
        typer.Option("--pictures/--no-pictures", help="Fetch the video, and show some of it."),
    ] = True,
    keep: Annotated[
        bool, typer.Option("--keep", help="Put the page into the render's folder too.")
    ] = False,
) -> None:
    """Write a page of how a render went: who did what when, slowest frames, memory, cost."""
    path = output or Path(f"{render_id}.html")
    if path.suffix.lower() not in {".html", ".htm"}:
        raise InvalidConfig(f"--output {path}: allowed: a page, such as report.html")
    kept = target.client().report(render_id, path, pictures=pictures, keep=keep)
    target.answer({"report": str(path), "kept": kept if keep else None}, f"{path}: the report")


@stack_command(watch_app, "download")
def download(
    target: CloudTarget,
    render_id: RenderId,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file to write, or a folder.")],
) -> None:
    """Fetch a finished video."""
    fetched = target.client().download(render_id, path)
    target.answer(fetched, f"{fetched.path}: {size_in_words(fetched.size_bytes)}")


@stack_command(watch_app, "url")
def url(
    target: CloudTarget,
    render_id: RenderId,
    *,
    expires: Annotated[int, typer.Option(metavar="SECONDS", help="At most 7 days.")] = 3600,
    download_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Browsers save it under this name.")
    ] = None,
    progress: Annotated[
        bool, typer.Option("--progress", help="Of its progress.json instead, from the start on.")
    ] = False,
) -> None:
    """Print a link to a finished video that anyone may open for a while."""
    client = target.client()
    if progress:
        link = client.progress_url(render_id, expires_s=expires)
    else:
        link = client.presigned_url(render_id, expires_s=expires, download_name=download_name)
    target.tell_link_end(client, expires)
    target.answer({"url": link}, link)
