"""What many machines cannot render."""

from fanreel.config import RenderConfig
from fanreel.errors import FormatNotSupportedInDistributed
from fanreel.formats import FORMATS


def reject_unsupported_distributed_format(
    config: RenderConfig, *, total_frames: int, width: int, height: int
) -> None:
    """
    Refuse, before anything exists on disk, what cannot be rendered by many machines.

    That is the size of a GIF: one process has to find its palette and to colour every frame.

    Args:
        config: What is asked for.
        total_frames: Of the output.
        width: Of the output, in pixels.
        height: Of the output, in pixels.
    Raises:
        FormatNotSupportedInDistributed: A GIF of more pixels than one invocation of Lambda can
            colour, with `format` and `reason`. Terminal.
    """
    pixels, limit = total_frames * width * height, FORMATS[config.format].one_process_px
    if limit is None or pixels <= limit:
        return
    reason = (
        f"{total_frames} frames of {width}x{height} are {pixels / 1e6:,.0f} million pixels, and "
        f"one process, which encodes them all, is given {limit / 1e6:,.0f}"
    )
    raise FormatNotSupportedInDistributed(
        f"format {config.format!r} is not supported in distributed mode at this size: {reason}; "
        "lower fps (15 is usual) or the output resolution, render fewer frames, choose "
        "webm or mp4, or render it in one process with fanreel.render() or `fanreel render`",
        format=config.format,
        reason=reason,
    )
