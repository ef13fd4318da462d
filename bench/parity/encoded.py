"""Films that the reference has in MP4 only: in its PNG images, shader transitions are cuts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

FILE = "film.mp4"
# The best that its encoder does; colours keep half the resolution.
OPTIONS = ("--format", "mp4", "--crf", "1")
_LIBRARY = "shader-transitions"


def is_encoded(libraries: Iterable[str]) -> bool:
    """Tell whether a composition with *libraries* has to be compared in MP4."""
    return _LIBRARY in libraries


def read_film(path: Path) -> Iterator[Picture]:
    """Yield the pictures of an MP4 file, RGBA."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield _decoded(frame)


def count_frames(path: Path) -> int:
    """Return the number of pictures of an MP4 file."""
    with av.open(str(path)) as container:
        return sum(1 for _frame in container.decode(video=0))


def halve_colours(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Bring opaque *pictures* to the colour resolution of the other film."""
    for picture in pictures:
        shown = np.ascontiguousarray(picture[..., :3])
        frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
        yield _decoded(
            frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        )


def _decoded(frame: av.VideoFrame) -> Picture:
    shown: Picture = frame.reformat(  # type: ignore[assignment]
        format="rgba",
        src_colorspace="ITU709",
        dst_colorspace="ITU709",
        src_color_range="MPEG",
        dst_color_range="JPEG",
    ).to_ndarray()
    return shown
