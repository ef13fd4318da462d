"""One frame of a composition becomes a picture; see `fanreel.stills`."""

from fractions import Fraction
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.encode.pictures import PICTURE_FORMATS, save_picture
from fanreel.errors import InvalidConfig
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.files.budget import without_lambda_cap
from fanreel.files.project import open_project, output_fps
from fanreel.results import PlanResult, StillResult
from fanreel.segments.evidence import keeping_screenshot
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.timing.moments import frame_at
from fanreel.work.planning import make_plan


def make_still(
    project_dir: Path, output: Path, at_s: Fraction, config: RenderConfig, temp_dir: Path
) -> StillResult:
    """Do as `fanreel.still()` does; *temp_dir* takes what is there only meanwhile."""
    if output.suffix.lower() not in PICTURE_FORMATS:
        raise InvalidConfig(
            f"a still is written as {', '.join(PICTURE_FORMATS)}, not as {output.name!r}"
        )
    config = without_lambda_cap(config).replace(
        format="png-sequence",
        codec="h264",
        crf=None,
        bitrate=None,
        hdr_mode="force-sdr",
        mute=True,
    )
    root = open_project(project_dir, config)
    fps = output_fps(root, config)
    frame = frame_at(at_s, fps)
    config = config.replace(frame_range=(frame, frame + 1))
    with keeping_screenshot(output):
        planned = _plan_frame(project_dir, config, temp_dir, at_s, fps)
        plan = verify_plan(planned.plan_dir)
        # The picture takes its place last: whoever is killed while the browser ends leaves none.
        with written_aside(output) as aside, SegmentRenderer(plan, temp_dir) as renderer:
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
    project_dir: Path, config: RenderConfig, temp_dir: Path, at_s: Fraction, fps: Fraction
) -> PlanResult:
    try:
        return make_plan(project_dir, config, temp_dir / "plan", temp_dir=temp_dir)
    except InvalidConfig as exc:
        total_frames = exc.facts.get("total_frames")
        if total_frames is None:
            raise
        raise InvalidConfig(
            f"at = {float(at_s):g}: allowed: seconds from 0 to below "
            f"{float(total_frames / fps):g}, the composition's length"
        ) from exc
