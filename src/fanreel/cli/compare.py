"""`fanreel diff` and `fanreel info`: finished videos looked at."""

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.render import AsJson, Debug
from fanreel.cli.report import duration_in_words, result_json, size_in_words
from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    from fanreel.comparison.comparison import Bars, Comparison, SoundComparison
    from fanreel.media.facts import FileFacts, PictureFacts

_BELOW_THE_BAR = 1
_Side = Annotated[
    Path, typer.Argument(metavar="VIDEO", help="A video, a folder of PNG frames, or a project.")
]


def diff(
    left: _Side,
    right: _Side,
    *,
    bar: Annotated[
        float | None,
        typer.Option(min=0, max=100, metavar="DB", help="Exit status 1 below this PSNR."),
    ] = None,
    sound_bar: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="DB", help="Exit status 1 if a second's sound lies below this."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A page (.html) with curves and pictures.")
    ] = None,
    worst: Annotated[
        int, typer.Option(min=0, max=50, metavar="N", help="Pairs of frames on the page.")
    ] = 3,
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
) -> None:
    """Compare two videos frame by frame, and their sound; projects are rendered for it."""
    if report is not None and report.suffix.lower() not in {".html", ".htm"}:
        raise InvalidConfig(f"--report {report}: allowed: a page, such as report.html")
    from fanreel.comparison.comparing import compare  # noqa: PLC0415 (once the options are right)
    from fanreel.comparison.comparison import Bars  # noqa: PLC0415
    from fanreel.comparison.page import write_page  # noqa: PLC0415

    bars = Bars(frames_db=bar, sound_db=sound_bar)
    with contextlib.ExitStack() as stack:
        (one, its), (other, others) = (stack.enter_context(_side(it)) for it in (left, right))
        found = compare(one, other, worst=worst if report else 0, sounds=(its, others))
    if report is not None:
        write_page(report, found, bars)
    _tell_difference(found, bars, as_json=as_json)
    if bars.passes(found) is False:
        raise typer.Exit(_BELOW_THE_BAR)


@contextlib.contextmanager
def _side(side: Path) -> Iterator[tuple[Path, Path | None]]:
    """Yield frames and sound: of a project those that it renders, the frames without loss."""
    is_page = side.suffix.lower() in {".html", ".htm"}
    if not is_page and not (side / "index.html").is_file():
        yield side, None if side.is_dir() else side
        return
    from fanreel.cli.options import build_config, split_project  # noqa: PLC0415
    from fanreel.local import render  # noqa: PLC0415

    project, fields = split_project(side, {})
    with tempfile.TemporaryDirectory(prefix="fanreel-diff-") as folder:
        frames = Path(folder) / (project.resolve().name or "frames")
        planned = Path(folder) / "plan"
        config = build_config(fields | {"format": "png-sequence"})
        render(project, frames, config, keep_dir=planned)
        yield frames, next(planned.glob("audio.*"), None)


def _tell_difference(found: "Comparison", bars: "Bars", *, as_json: bool) -> None:
    if as_json:
        facts: dict[str, Any] = {
            "leftFrames": found.left_frames,
            "rightFrames": found.right_frames,
            "differing": found.differing,
            "lowestDb": round(found.lowest_db, 2),
            "meanDb": round(found.mean_db, 2),
            "passes": bars.passes(found),
            "psnrDb": [round(value, 2) for value in found.psnr_db],
            "sound": None if found.sound is None else _sound_facts(found.sound),
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        return
    sys.stdout.write("\n".join([*_frame_lines(found, bars), *_sound_lines(found, bars)]) + "\n")


def _sound_facts(sound: "SoundComparison") -> dict[str, Any]:
    return {
        "left": sound.left,
        "right": sound.right,
        "differing": sound.differing,
        "lowestDb": round(sound.lowest_db, 2),
        "snrDb": [round(value, 2) for value in sound.snr_db],
        "correlation": [round(value, 4) for value in sound.correlation],
    }


def _frame_lines(found: "Comparison", bars: "Bars") -> Iterator[str]:
    from fanreel.comparison.page import decibels  # noqa: PLC0415

    if not found.left_frames and not found.right_frames:
        return
    lowest, mean = decibels(found.lowest_db), decibels(found.mean_db)
    frames = len(found.psnr_db)
    yield f"{found.differing} of {frames} frames differ; lowest {lowest}, mean {mean}"
    if found.left_frames != found.right_frames:
        yield f"frames: {found.left_frames} and {found.right_frames}"
    if found.differing:
        frame = found.psnr_db.index(found.lowest_db)
        yield f"worst: frame {frame}, {float(frame / found.fps):.2f} s"
    if bars.frames_db is not None and not found.passes(bars.frames_db):
        yield f"below the bar of {bars.frames_db:g} dB"


def _sound_lines(found: "Comparison", bars: "Bars") -> Iterator[str]:
    sound = found.sound
    if sound is None:
        return
    if not sound.left or not sound.right:
        yield f"only {'the second' if sound.right else 'the first'} has sound"
    if not sound.differing:
        yield f"sound: equal in all {len(sound.snr_db)} seconds"
        return
    second = sound.snr_db.index(sound.lowest_db)
    yield (
        f"sound: {sound.differing} of {len(sound.snr_db)} seconds differ; worst from {second} s: "
        f"{sound.lowest_db:.1f} dB above the difference, correlation "
        f"{sound.correlation[second]:.2f}"
    )
    if bars.sound_db is not None and not sound.passes(bars.sound_db):
        yield f"below the sound's bar of {bars.sound_db:g} dB"


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A video, sound or picture.")],
    *,
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
) -> None:
    """Say what FILE is: codec, size, rate, frames, colour, alpha, sound."""
    from fanreel.engine.answers import Described  # noqa: PLC0415
    from fanreel.engine.decoder import Decoder  # noqa: PLC0415
    from fanreel.engine.requests import Describe  # noqa: PLC0415

    with Decoder("read the file", file) as decoder:
        facts = decoder.ask(Describe(path=file), Described).result
    sys.stdout.write((json.dumps(result_json(facts)) if as_json else _facts_in_words(facts)) + "\n")


def _facts_in_words(facts: "FileFacts") -> str:
    length = "" if facts.duration_s is None else f", {duration_in_words(float(facts.duration_s))}"
    lines = [f"{facts.path}: {facts.container}{length}, {size_in_words(facts.size_bytes)}"]
    if facts.picture:
        lines.append(f"picture: {_picture_in_words(facts.picture)}")
    if sound := facts.sound:
        lines.append(f"sound:   {sound.codec}, {sound.sample_rate} Hz, {sound.layout}")
    return "\n".join(lines)


def _picture_in_words(picture: "PictureFacts") -> str:
    words = [
        picture.codec + (f" ({picture.profile})" if picture.profile else ""),
        f"{picture.width}x{picture.height}",
    ]
    if picture.fps is not None:
        words += [f"{float(picture.fps):g} frames/s", f"{picture.frames} frames"]
    if picture.pixel_format:
        words.append(picture.pixel_format)
    tags = [picture.matrix, picture.primaries, picture.transfer, picture.levels]
    if any(tags):
        words.append("/".join(tag or "-" for tag in tags))
    words += ["alpha"] * picture.has_alpha + ["HDR"] * picture.is_hdr
    return ", ".join(words)
