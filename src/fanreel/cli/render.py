"""`fanreel render`: a project becomes a video on this machine."""

import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    from fanreel.reporting.render_log import RenderLog
    from fanreel.results import RenderResult

_TOLD_S = 0.05
Project = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="A folder with an index.html, or a page.")
]
RootDir = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="A folder around PROJECT, up to which its files and links may lead.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output, one line each.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@with_config_options
def render(  # noqa: PLR0913 (each is an option)
    project: Project,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Its suffix is the format.")
    ],
    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Browsers at once; by default one per core."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the plan directory here.")
    ] = None,
    root: RootDir = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--no-resume", help="Go on where an identical render was ended; the default."
        ),
    ] = True,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A page (.html): where the time went, and pictures."),
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")] = False,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
    config_fields: dict[str, Any],
) -> None:
    """Render PROJECT to a video, a GIF, a folder of PNG images, or its sound alone."""
    from fanreel.cli.progress import choose_style, showing, write_event  # noqa: PLC0415
    from fanreel.cli.report import result_json  # noqa: PLC0415

    project_dir, fields = split_project(project, config_fields)
    config = build_config(fields, output)
    if report is not None and report.suffix.lower() not in {".html", ".htm"}:
        raise InvalidConfig(f"--report {report}: allowed: a page, such as report.html")
    if not quiet and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell starts what it runs in the background; whoever wants it otherwise says so.
        sys.stderr.write("note: Ctrl-C is ignored here (started in the background); SIGTERM ends\n")
    from fanreel import local  # noqa: PLC0415 (Playwright and PyAV, once the options are right)
    from fanreel.reporting.render_log import RenderLog  # noqa: PLC0415

    log = RenderLog()
    with contextlib.ExitStack() as stack:
        on_event = stack.enter_context(showing(choose_style(as_json=as_json, quiet=quiet), log))
        if report is not None:
            stack.enter_context(log.sampling_memory())
        result = local.render(
            project_dir,
            output,
            config,
            workers=workers,
            on_event=on_event,
            keep_dir=keep,
            root_dir=root,
            resume=resume,
            log=log,
        )
    if report is not None:
        from fanreel.reporting.local_report import write_report  # noqa: PLC0415

        write_report(report, result, log)
    if as_json:
        write_event("done", result_json(result))
    elif not quiet:
        tell_result(result, log)


def tell_result(result: "RenderResult", log: "RenderLog") -> None:
    """Say what was made, with its warnings, and where the time went."""
    from fanreel.cli.report import (  # noqa: PLC0415
        cache_in_words,
        duration_in_words,
        size_in_words,
    )

    for warning in result.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    elapsed_s = sum(result.stages.values())
    if not result.total_frames:
        sys.stdout.write(
            f"{result.output_path}: {duration_in_words(result.duration_s)} of sound, "
            f"{size_in_words(result.size_bytes)}; took {duration_in_words(elapsed_s)}\n"
        )
        return
    sys.stdout.write(
        f"{result.output_path}: {duration_in_words(result.duration_s)}, "
        f"{result.total_frames} frames, {size_in_words(result.size_bytes)}; "
        f"took {duration_in_words(elapsed_s)} "
        f"({result.total_frames / max(elapsed_s, 1e-3):.1f} frames/s)\n"
    )
    sys.stdout.write(f"{_spent_in_words(result, log)}\n")
    if result.frames_resumed:
        sys.stdout.write(f"{result.frames_resumed} frames were there already\n")
    if words := cache_in_words(result.cache):
        sys.stdout.write(words + "\n")


def _spent_in_words(result: "RenderResult", log: "RenderLog") -> str:
    """Return the seconds of each stage, and of all workers by what they were spent on."""
    from fanreel.reporting.report import WORDS, parts_of  # noqa: PLC0415

    stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in result.stages.items())
    spent: dict[str, float] = {}
    for run in log.runs:
        for kind, seconds in parts_of(run.times):
            spent[WORDS[kind]] = spent.get(WORDS[kind], 0.0) + seconds
    spent["encoding meanwhile"] = sum(sum(run.times.encode) for run in log.runs) / 1000
    parts = [f"{words} {seconds:.1f} s" for words, seconds in spent.items() if seconds >= _TOLD_S]
    workers = len({run.worker for run in log.runs})
    by = f"{workers} worker{'s' * (workers > 1)}"
    return f"{stages}; {by}: {', '.join(parts)}" if parts else stages
