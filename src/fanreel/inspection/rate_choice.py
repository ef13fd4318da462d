"""Whether drawn pictures are to be encoded at a constant quantiser, told from some of them."""

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import numpy.typing as npt

from fanreel.config import RenderConfig
from fanreel.encode.encoders import EncoderChoice, lock_encoder
from fanreel.encode.pixels import PixelConverter, Pixels

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

# A constant quantiser takes half the time of a rate factor, and fewer bytes for gradients and
# grain, which adaptive quantisation favours. For sharp detail it takes more, up to a third of the
# file, and is more exact than was asked for: 2 dB of luma. Single pictures show it: 1.25 and 1.22
# times the bytes for 1.32 and 1.24 in films (`examples/daylight`, `examples/late-radio`), 0.83 for
# 0.97 on the gsap bench.
_MOST = 1.05


def suits_constant_quantiser(
    config: RenderConfig, pictures: Iterable[npt.NDArray[np.uint8]], pixels: Pixels
) -> bool:
    """
    Tell whether *pictures* become about as small at a constant quantiser as at the rate factor.

    Args:
        config: As the caller asked. Where it asks for a rate, both are the same.
        pictures: Some of the composition's, height × width × 4.
        pixels: Their layout.
    """
    drawn, rated = (lock_encoder(config, alpha=False, drawn=drawn) for drawn in (True, False))
    if drawn == rated:
        return False
    constant = factor = 0
    for picture in pictures:
        height, width = (side - side % 2 for side in picture.shape[:2])
        convert = PixelConverter(width, height, drawn.pixel_format, pixels).convert
        constant += _size(convert(picture), drawn)
        factor += _size(convert(picture), rated)
    return constant <= factor * _MOST


def _size(frame: av.VideoFrame, choice: EncoderChoice) -> int:
    encoder = cast("VideoCodecContext", av.CodecContext.create(choice.codec, "w"))
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = choice.pixel_format
    encoder.time_base = Fraction(1)
    crf = {} if choice.crf is None else {"crf": str(choice.crf)}
    encoder.options = choice.encoder_options | crf
    frame.pts = 0
    return sum(packet.size for packet in (*encoder.encode(frame), *encoder.encode(None)))
