"""What lanes show of media: small pictures of videos, loudness of sounds."""

import itertools
import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from fanreel.errors import MediaUnreadable
from fanreel.files.plan_dir import MediaClip
from fanreel.media.opening import open_media, unreadable
from fanreel.media.presentation import source_zero
from fanreel.media.serving import source_time
from fanreel.media.sound.reader import read_sound
from fanreel.media.sound.samples import SOUND_RATE
from fanreel.media.time_limit import timed

THUMBNAIL_HEIGHT = 54
_MOST_PEAKS = 1200
_PEAKS_PER_S = 50


def thumbnail(path: Path, time_s: Fraction) -> bytes:
    """
    Return the key frame at or before *time_s* of a video as a small JPEG.

    Raises:
        NotMedia, MediaUnreadable: As `open_media()`. Terminal.
    """
    with open_media(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        at = time_s + source_zero(container)
        if at > 0:
            container.seek(int(at / (stream.time_base or 1)), stream=stream)
        try:
            with timed(path):
                frame = next(iter(container.decode(stream)), None)
        except av.FFmpegError as exc:
            raise unreadable(path, "its picture is damaged", exc) from exc
        if frame is None:
            raise MediaUnreadable(f"{path.name} has no picture at {float(time_s):g} s")
        width = max(round(frame.width * THUMBNAIL_HEIGHT / frame.height / 2), 1) * 2
        small = frame.reformat(width, THUMBNAIL_HEIGHT, "yuvj420p")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, THUMBNAIL_HEIGHT, "yuvj420p"
    encoder.time_base = Fraction(1)
    small.pts = 0
    return b"".join(map(bytes, [*encoder.encode(small), *encoder.encode(None)]))


def clip_thumbnail(path: Path, clip: MediaClip, time_s: Fraction) -> bytes:
    """Return a small picture of what *clip* shows at *time_s* of the composition."""
    return thumbnail(path, source_time(clip, time_s, clip.source_s))


def peaks(path: Path, clip: MediaClip) -> list[float]:
    """
    Return how loud the source is along *clip*: the largest sample of each stretch, 0 to 1.

    Raises:
        NotMedia, MediaUnreadable: As `open_media()`. Terminal.
    """
    count = max(min(_MOST_PEAKS, math.ceil(clip.duration_s * _PEAKS_PER_S)), 1)
    stretch = max(int(clip.duration_s * SOUND_RATE / count), 1)
    rate = clip.rate if clip.ramp is None else Fraction(1)
    found: list[float] = []
    rest = np.zeros(0, np.float32)
    for piece in read_sound(path, clip.offset_s, rate):
        loud = np.concatenate([rest, np.abs(piece).max(axis=1)])
        whole = len(loud) // stretch * stretch
        found += loud[:whole].reshape(-1, stretch).max(axis=1).tolist()
        rest = loud[whole:]
        if len(found) >= count:
            break
    if clip.loop and found:
        found = list(itertools.islice(itertools.cycle(found), count))
    return [round(min(value, 1.0), 3) for value in found[:count]]
