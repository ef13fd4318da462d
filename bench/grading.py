"""
What colour grades cost: CPU for each frame of a video, beside the same video as it is.

    uv run python -m bench.grading [--seconds 2] [--size 1920x1080]

Prints CPU milliseconds a frame over the whole process tree, a film of one video each, and what the
grade adds to it. Set-up is taken away by rendering a film of half the length too.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench.extraction import FPS, write
from bench.metering import meter

GRADES = {
    "no grade": None,
    "preset": '{"preset":"warm-daylight"}',
    "hue curve": '{"hueCurves":{"hueVsHue":[[0,20],[120,0],[240,0]]}}',
    "half intensity": '{"preset":"warm-daylight","intensity":0.5}',
    "vignette": '{"details":{"vignette":0.5}}',
    "preset and vignette": '{"preset":"vintage-wash"}',
    "grain": '{"details":{"grain":0.3}}',
    "blur": '{"effects":{"blur":0.4}}',
    "scanlines": '{"effects":{"scanlines":0.3}}',
    "colour fringes": '{"effects":{"chromaticAberration":0.3}}',
}


def page(grade: str | None, seconds: float, size: tuple[int, int]) -> str:
    """Write a composition of one video that fills the frame."""
    width, height = size
    attribute = f"data-color-grading='{grade}'" if grade else ""
    return (
        f'<div data-composition-id="main" data-start="0" data-duration="{seconds}"'
        f' data-width="{width}" data-height="{height}" data-no-timeline>'
        f'<video src="h264.mp4" muted data-start="0" data-duration="{seconds}" {attribute}'
        f' style="display: block; width: 100%; height: 100%"></video></div>'
    )


def cpu_s(project: Path, grade: str | None, seconds: float, size: tuple[int, int]) -> float:
    """Render once."""
    (project / "index.html").write_text(page(grade, seconds, size), encoding="utf-8")
    command = shutil.which("fanreel", path=str(Path(sys.executable).parent)) or "fanreel"
    output = str(project / "out.mp4")
    argv = [command, "render", str(project), "-o", output, "--workers", "1", "--quality", "draft"]
    return meter(argv).cpu_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    frames = round(options.seconds * FPS)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write(project / "h264.mp4", width, height, frames)
        cpu_s(project, None, options.seconds, (width, height))  # fills the extraction cache
        plain = 0.0
        for name, grade in GRADES.items():
            if options.only and options.only not in name and grade:
                continue
            whole, half = (
                cpu_s(project, grade, options.seconds / part, (width, height)) for part in (1, 2)
            )
            per_frame = (whole - half) / (frames / 2) * 1000
            plain = per_frame if grade is None else plain
            print(f"{name:20} {per_frame:6.1f} ms a frame, {per_frame - plain:+6.1f}", flush=True)


if __name__ == "__main__":
    main()
