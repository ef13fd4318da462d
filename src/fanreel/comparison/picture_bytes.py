"""Pictures inside a page: small WebP files as data URLs."""

import base64
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fanreel.encode.pictures import save_picture


def data_url(picture: npt.NDArray[np.uint8], width: int) -> str:
    """
    Return *picture* as a `data:` URL.

    Args:
        picture: `height × width × 4`, RGBA, 8 bit.
        width: At most so many pixels wide.
    """
    height_px, width_px = picture.shape[:2]
    scale = min(width / width_px, 1)
    size = max(round(width_px * scale), 1), max(round(height_px * scale), 1)
    with tempfile.TemporaryDirectory(prefix="fanreel-picture-") as folder:
        file = Path(folder) / "picture.webp"
        save_picture(picture.copy(), file, ".webp", "rgba", size)
        return "data:image/webp;base64," + base64.b64encode(file.read_bytes()).decode()
