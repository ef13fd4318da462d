"""`fanreel lambda render`, `render-batch`, `estimate`: starting renders on AWS."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.lambda_progress import wait_for, write_progress
from fanreel.cli.lambda_request import Function, with_request_options
from fanreel.cli.lambda_target import CloudTarget, camel, stack_command
from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.render import RootDir
from fanreel.cli.report import duration_in_words, size_in_words

if TYPE_CHECKING:
    from fanreel.errors import RenderError
    from fanreel.remote.estimates import Cost

render_app = typer.Typer()

Project = Annotated[
    str,
    typer.Argument(
        metavar="PROJECT",
        help="A folder, a page, the URI of a site or an archive, or an archive's https URL.",
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(metavar="USD", help="Refuse to start what is estimated to cost more."),
]


def split_target(project: str, fields: dict[str, Any]) -> tuple[str | Path, dict[str, Any]]:
    """Let PROJECT be a URI, a folder, or a page."""
    if project.startswith(("s3://", "gs://", "https://")):
        return project, fields
    return split_project(Path(project), fields)


@stack_command(render_app, "render")
@with_request_options
@with_config_options
def render(  # noqa: PLR0913 (each is an option)
    target: CloudTarget,
    project: Project,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Wait, and download the video here."),
    ] = None,
    output_uri: Annotated[
        str | None, typer.Option(metavar="URI", help="Where in the bucket the video goes.")
    ] = None,
    render_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The same id again is the same render.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait, and show progress.")] = False,
    link: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Wait, and give a link that anyone may open."),
    ] = None,
    max_concurrency: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Chunks at once.")
    ] = None,
    max_cost: MaxCost = None,
    root: RootDir = None,
    config_fields: dict[str, Any],
    request_options: dict[str, Any],
) -> None:
    """Render PROJECT on what is deployed."""
    where, fields = split_target(project, config_fields)
    config = build_config(fields, output)
    client = target.client()
    started = client.start_render(
        where,
        config,
        render_id=render_id,
        output_uri=output_uri,
        max_concurrency=max_concurrency,
        max_cost_usd=max_cost,
        root_dir=root,
        **request_options,
    )
    again = " (it had been started before)" if started.already_started else ""
    if not wait and output is None and link is None:
        target.answer(
            started,
            started.render_id,
            f"started{again}; `{client.command} progress {started.render_id} --wait` watches it",
        )
        return
    target.say(f"{started.render_id} started{again}")
    end = wait_for(client, started.render_id, as_json=target.as_json)
    result = end.to_json()
    lines = [str(end.output_uri)]
    if output is not None:
        fetched = client.download(started.render_id, output)
        result["download"] = fetched.to_json()
        lines = [f"{fetched.path}: {size_in_words(fetched.size_bytes)}"]
    if link is not None:
        name = request_options["output_options"].get("download_name")
        url = client.presigned_url(started.render_id, expires_s=link, download_name=name)
        target.tell_link_end(client, link)
        result["url"] = url
        lines = [*lines, url]
    took = f"took {duration_in_words(end.elapsed_s)}"
    cost = f", {end.cost.total_usd:.4f} USD" if end.cost else ""
    frames = f"{end.total_frames} frames, " if end.total_frames else ""
    target.answer(result, *lines, f"{frames}{took}{cost}")


@stack_command(render_app, "still")
@with_config_options
def still(
    target: CloudTarget,
    project: Project,
    *,
    at: Annotated[str, typer.Option(metavar="SECONDS", help="Time on the timeline.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Download the picture here."),
    ] = None,
    output_uri: Annotated[
        str | None, typer.Option(metavar="URI", help="Where in the bucket the picture goes.")
    ] = None,
    root: RootDir = None,
    function: Function = None,
    config_fields: dict[str, Any],
) -> None:
    """Save the frame that PROJECT shows at one moment: .png, .jpg or .webp."""
    where, fields = split_target(project, config_fields)
    client = target.client()
    render_id = None
    if output is not None and output_uri is None:
        from fanreel.remote.inputs import new_render_id  # noqa: PLC0415
        from fanreel.storage.layout import OUTPUTS  # noqa: PLC0415

        render_id = new_render_id()
        output_uri = str(client.root.at(f"{OUTPUTS}{render_id}{output.suffix}"))
    saved = client.still(
        where,
        at,
        build_config(fields),
        output_uri=output_uri,
        render_id=render_id,
        root_dir=root,
        function=function,
    )
    for warning in saved.warnings:
        target.say(f"warning: {warning}")
    if output is not None:
        from fanreel.storage.transfer import fetch_file  # noqa: PLC0415
        from fanreel.storage.uris import ObjectUri  # noqa: PLC0415

        uri = ObjectUri.parse(saved.output_uri)
        fetch_file(client.outputs.of(uri), uri, output)
    target.answer(saved, str(output or saved.output_uri))


@stack_command(render_app, "render-batch")
@with_request_options
@with_config_options
def render_batch(  # noqa: PLR0913 (each is an option)
    target: CloudTarget,
    project: Project,
    batch: Annotated[
        Path,
        typer.Argument(
            metavar="BATCH", help="JSON Lines: variables, renderId, config, outputUri, output."
        ),
    ],
    *,
    max_concurrent: Annotated[int, typer.Option(min=1, metavar="N", help="Renders at once.")] = 5,
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="USD", help="Start none if all are estimated to cost more."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all lines, start none.")
    ] = False,
    root: RootDir = None,
    config_fields: dict[str, Any],
    request_options: dict[str, Any],
) -> None:
    """
    Render PROJECT once per line of BATCH.

    Every line is checked before the first is started; one that fails does not stop the others.
    The answer is one line a render, as each ends; the exit status is that of the first failure.
    """
    where, fields = split_target(project, config_fields)
    items = target.client().render_batch(
        where,
        batch,
        build_config(fields),
        max_concurrent=max_concurrent,
        max_cost_usd=max_cost,
        dry_run=dry_run,
        root_dir=root,
        on_progress=write_progress if target.as_json else None,
        **request_options,
    )
    first: RenderError | None = None
    for item in items:
        if target.as_json:
            sys.stdout.write(json.dumps(camel(item)) + "\n")
        else:
            why = f": {item.failure.code}: {item.failure.message}" if item.failure else ""
            sys.stdout.write(f"{item.render_id} {item.status.lower()} {item.output_uri}{why}\n")
        sys.stdout.flush()
        if item.failure is not None and first is None:
            first = item.failure.to_error(item.render_id)
    if first is None:
        return
    if target.as_json:  # its item has said it all, and a reader expects items
        raise typer.Exit(first.exit_status)
    raise first


@stack_command(render_app, "estimate")
@with_config_options
def estimate(
    target: CloudTarget,
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="A folder, or a page.")],
    *,
    probe_frames: Annotated[
        int, typer.Option(min=2, metavar="N", help="Frames of each probed segment.")
    ] = 30,
    max_cost: MaxCost = None,
    root: RootDir = None,
    function: Function = None,
    config_fields: dict[str, Any],
) -> None:
    """Tell what PROJECT will take and cost, from a few frames rendered on this machine."""
    where, fields = split_project(project, config_fields)
    config = build_config(fields)
    found = target.client().estimate(
        where, config, probe_frames=probe_frames, root_dir=root, function=function
    )
    target.answer(
        found,
        f"{found.total_frames} frames in {found.chunk_count} chunks at {found.memory_mb} MB, "
        f"{found.ms_per_frame:.0f} ms a frame: about {duration_in_words(found.duration_s)}",
        *cost_lines(found.cost),
    )
    if max_cost is not None:
        from fanreel.remote.estimates import require_affordable  # noqa: PLC0415

        require_affordable(found, max_cost)


def cost_lines(cost: "Cost") -> list[str]:
    """Return a cost as lines for people."""
    lines = [f"{cost.total_usd:.4f} USD ({cost.region}, {cost.architecture})"]
    lines += [f"  {usd:.6f}  {name}" for name, usd in cost.lines.items()]
    lines += [f"  {note}" for note in cost.notes]
    return [*lines, f"  prices of {cost.prices_date}, without free tier and discounts"]
