"""Every choice that decides pixels, fixed before anything is drawn."""

import os
from fractions import Fraction

from fanreel.browser.environment import runtime_snapshot
from fanreel.browser.locate import find_xvfb
from fanreel.config import RenderConfig
from fanreel.configuration.fields import RESOLUTIONS
from fanreel.encode.encoders import NO_PADDING, lock_encoder
from fanreel.errors import InvalidConfig
from fanreel.files.plan_dir import LockedRenderConfig
from fanreel.files.project import Root
from fanreel.problems import Problem
from fanreel.timing.timeline import DEFAULT_SEGMENT_FRAMES


def lock_config(
    root: Root,
    config: RenderConfig,
    *,
    webgl: bool,
    webgpu: bool = False,
    drawn: bool = False,
) -> LockedRenderConfig:
    """
    Fix every choice that decides pixels.

    Args:
        root: Of the composition.
        config: As the caller asked.
        webgl: The composition uses it.
        webgpu: The composition uses it: its browser composes on SwiftShader, which puts layers over
            what is behind them with other rounding, so its transparency is not read from a screen.
        drawn: See `lock_encoder()`; nothing else depends on it.

    Raises:
        InvalidConfig: The output size is not a uniform scale of the authored one, or larger than
            any format takes. Terminal.
    """
    choice = lock_encoder(config, alpha=True, drawn=drawn)
    width, height = output_size(root, config)
    choice.check_size(width, height)
    padding = choice.padding(width, height)
    # A size that was rounded to even pixels lies within the picture that this scale gives.
    scale = max(Fraction(width, root.width), Fraction(height, root.height))
    return LockedRenderConfig(
        format=config.format,
        codec=choice.codec,
        pixel_format=choice.pixel_format,
        quality=choice.quality,
        crf=choice.crf,
        bitrate=choice.bitrate,
        encoder_options=choice.encoder_options,
        gop=config.segment_frames or DEFAULT_SEGMENT_FRAMES,  # the length is not known yet
        engine="screenshot" if find_xvfb() is None or (choice.alpha and webgpu) else "xvfb",
        alpha=choice.alpha,
        hdr=choice.hdr,
        webgl=webgl,
        webgpu=webgpu,
        # Larger outputs are drawn larger; smaller ones are drawn as authored and scaled down.
        device_scale_factor=float(max(scale, Fraction(1))),
        output_width=width + padding[0],
        output_height=height + padding[1],
        padding=padding,
        cfr=config.cfr,
        runtime_env=runtime_snapshot(os.environ),
    )


def padding_warnings(locked: LockedRenderConfig) -> list[Problem]:
    """Tell of an odd size that the format cannot hold, and how to have the size that was meant."""
    if locked.padding == NO_PADDING:
        return []
    width, height = locked.output_width, locked.output_height
    drawn = f"{width - locked.padding[0]}x{height - locked.padding[1]}"
    warning = (
        f"the picture of {drawn} is padded to {width}x{height} at its right and bottom edge, since "
        f"{locked.format} has colours in blocks of 2x2 pixels; give the root an even data-width "
        "and data-height, or choose format 'mov', 'webm' or 'png-sequence'"
    )
    return [Problem(rule="odd-size", message=warning)]


def output_size(root: Root, config: RenderConfig) -> tuple[int, int]:
    """
    Return the output's width and height in pixels.

    Where a resolution or factor gives no whole pixels, both sides are rounded to the nearest even
    ones: 1366x768 at 1080p is 1920x1080, which keeps the ratio to within a pixel.

    Raises:
        InvalidConfig: Not a uniform scale of the authored size. Terminal.
    """
    asked = config.output_resolution
    authored = f"{root.width}x{root.height}"
    if asked is None and config.width is None and config.height is None:
        return root.width, root.height
    if isinstance(asked, str):
        scale = Fraction(RESOLUTIONS[asked], min(root.width, root.height))
    elif asked is not None:
        scale = Fraction(str(asked))
    else:
        scale = Fraction(config.width or 0, root.width) or Fraction(config.height or 0, root.height)
    width, height = root.width * scale, root.height * scale
    if config.width is not None or config.height is not None:
        wanted = (config.width or width, config.height or height)
        whole = width.denominator == height.denominator == 1
        if wanted != (width, height) or not whole:
            raise InvalidConfig(
                f"width x height = {config.width}x{config.height}: allowed: the authored "
                f"{authored} or a uniform scale of it, such as {root.width * 2}x{root.height * 2}; "
                "the layout is never changed"
            )
    if width.denominator != 1 or height.denominator != 1:
        width, height = (Fraction(2 * round(side / 2)) for side in (width, height))
    return int(width), int(height)
