"""still(): one frame of a composition as a picture."""

from fractions import Fraction
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.engine.engine import Engine
from fanreel.timing.moments import read_moment


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

    The page is opened in a child process, which sees nothing of this one's environment.

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
    output, config = Path(output), config or RenderConfig()
    Engine().still(Path(project_dir), output, read_moment(at_s), config, root_dir=root_dir)
    return output
