"""still(): one frame of a composition as a picture."""

import math
from fractions import Fraction
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.encode.pictures import PICTURE_FORMATS, save_picture
from fanreel.errors import InvalidConfig
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.files.budget import without_lambda_cap
from fanreel.files.project import open_project, output_fps, within_root
from fanreel.files.work_dir import open_work_dir
from fanreel.planning import make_plan
from fanreel.results import PlanResult, StillResult
from fanreel.segments.evidence import keeping_screenshot
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan

# A third of a second is no binary number, and means the frame that begins then.
_ROUNDING_FRAMES = Fraction(1, 1000)


def still(
    project_dir: Path | str,
    output: Path | str,
    at_s: float | Fraction,
    config: RenderConfig | None = None,
    *,
    root_dir: Path | str | None = None,
) -> Path:
    """
    Save the frame that shows at *at_s* seconds, and give *output*.

    Args:
        project_dir: Folder with the composition; only read.
        output: `.png` (keeps transparency), `.jpg` or `.webp`.
        at_s: Time on the composition's timeline.
        config: Size, variables and the like; its format, rate and `hdr_mode` are ignored.
        root_dir: A folder around the project, up to which its files and links may lead; None: no
            further than the project.
    Raises:
        InvalidConfig: Another suffix, or a time outside the timeline. Terminal.
        RenderError: See `plan()` and `render_chunk()`.
    """
    return make_still(project_dir, output, at_s, config, root_dir=root_dir).output_path


def make_still(
    project_dir: Path | str,
    output: Path | str,
    at_s: float | Fraction,
    config: RenderConfig | None = None,
    *,
    root_dir: Path | str | None = None,
) -> StillResult:
    """Do as `still()` does, and tell what came of it."""
    output = Path(output)
    if output.suffix.lower() not in PICTURE_FORMATS:
        raise InvalidConfig(
            f"a still is written as {', '.join(PICTURE_FORMATS)}, not as {output.name!r}"
        )
    config = without_lambda_cap(config or RenderConfig()).replace(
        format="png-sequence", codec="h264", crf=None, bitrate=None, hdr_mode="force-sdr"
    )
    folder, config = within_root(Path(project_dir), config, root_dir)
    root = open_project(folder, config)
    fps = output_fps(root, config)
    frame = frame_at(at_s, fps)
    config = config.replace(frame_range=(frame, frame + 1))
    with keeping_screenshot(output), open_work_dir() as work_dir:
        planned = _plan_frame(folder, config, work_dir / "plan", at_s, fps)
        plan = verify_plan(work_dir / "plan")
        with SegmentRenderer(plan, work_dir) as renderer, written_aside(output) as aside:
            [picture] = renderer.capture([0])
            size = plan.locked.output_width, plan.locked.output_height
            with naming_write_errors(output):
                save_picture(picture, aside, output.suffix.lower(), renderer.pixels, size)
    return StillResult(
        output_path=output,
        at_s=float(at_s),
        frame=frame,
        width=size[0],
        height=size[1],
        size_bytes=output.stat().st_size,
        warnings=planned.warnings,
    )


def _plan_frame(
    project_dir: Path, config: RenderConfig, plan_dir: Path, at_s: float | Fraction, fps: Fraction
) -> PlanResult:
    try:
        return make_plan(project_dir, config, plan_dir)
    except InvalidConfig as exc:
        total_frames = exc.facts.get("total_frames")
        if total_frames is None:
            raise
        raise InvalidConfig(
            f"at = {float(at_s):g}: allowed: seconds from 0 to below "
            f"{float(total_frames / fps):g}, the composition's length"
        ) from exc


def frame_at(at_s: float | Fraction, fps: Fraction) -> int:
    """
    Return the number of the frame that shows at *at_s* seconds.

    >>> frame_at(1 / 3, Fraction(30))
    10

    Raises:
        InvalidConfig: *at_s* is no time from 0. Terminal.
    """
    try:
        at = Fraction(at_s)
    except (TypeError, ValueError, OverflowError):  # what is no number, or not finite
        at = Fraction(-1)
    if at < 0:
        raise InvalidConfig(f"at = {at_s}: allowed: seconds from 0")
    return math.floor(at * fps + _ROUNDING_FRAMES)
