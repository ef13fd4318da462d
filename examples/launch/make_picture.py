"""
Writes assets/dunes.webp: a landscape in three inks, printed with dots as a risograph would.

    python examples/launch/make_picture.py

Everything is computed here, so the picture is ours.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Plane = npt.NDArray[np.float64]

WIDTH, HEIGHT = 1280, 720
MARGIN = 4  # cut off: plates out of place leave an edge
PAPER = (0.985, 0.965, 0.918)
INKS = {"marigold": (1.0, 0.722, 0.0), "tomato": (0.941, 0.263, 0.118), "blue": (0.12, 0.16, 0.72)}
NOISE = np.random.default_rng(1080)
X, Y = np.meshgrid(np.linspace(0, WIDTH / HEIGHT, WIDTH), np.linspace(0, 1, HEIGHT))


def ridge(base: float, height: float, waves: int, seed: int) -> Plane:
    """Return how far each point lies below a ridge line; negative above it. 1 is the height."""
    dice = np.random.default_rng(seed)
    line = np.full(WIDTH, base)
    for octave in range(1, waves + 1):
        phase, shift = dice.uniform(0, 2 * np.pi), dice.uniform(0.7, 1.3)
        wave = np.sin(octave * shift * 2.1 * X[0] + phase)
        line += height * (1 - np.abs(wave) * 1.4) / octave**1.5  # sharp crests, round hollows
    return np.asarray(Y - line)


def dots(tone: Plane, size_px: float, angle: float) -> Plane:
    """Print *tone* (0 to 1) as round dots on a turned grid; the edges are a pixel soft."""
    px, py = X * HEIGHT, Y * HEIGHT
    u = (px * np.cos(angle) + py * np.sin(angle)) * np.pi / size_px
    v = (-px * np.sin(angle) + py * np.cos(angle)) * np.pi / size_px
    screen = (2 + np.cos(2 * u) + np.cos(2 * v)) / 4
    softness = 2.2 / size_px
    return np.asarray(np.clip((tone - 1 + screen) / softness + 0.5, 0, 1))


def solid(distance: Plane) -> Plane:
    """Print where *distance* is positive, with an edge a pixel soft."""
    return np.asarray(np.clip(distance * HEIGHT + 0.5, 0, 1))


def inks() -> dict[str, Plane]:
    """Draw one plate for each ink."""
    sun = solid(0.205 - np.hypot(X - 1.19, Y - 0.36))
    far, mid, near = ridge(0.60, 0.10, 4, 7), ridge(0.72, 0.13, 4, 21), ridge(0.90, 0.16, 3, 5)
    shade_mid = np.clip(0.15 + 1.9 * mid + 0.25 * np.sin(9 * X + 3 * Y), 0, 1)
    shade_near = np.clip(0.35 + 2.2 * near + 0.2 * np.sin(7 * X - 2), 0, 1)
    on_far, on_mid, on_near = solid(far), solid(mid), solid(near)
    sky = np.clip(0.75 - 1.15 * Y, 0, 1)
    marigold = np.maximum(sun, on_far * (1 - on_mid))
    marigold = np.maximum(marigold, dots(np.clip(Y - 0.25, 0, 1) * 0.9, 8, 0.26) * (1 - on_far))
    tomato = np.maximum(sun * dots(np.clip(2.2 * (Y - 0.2), 0, 1), 8, 1.31), on_mid * (1 - on_near))
    tomato = np.maximum(tomato, on_far * (1 - on_mid) * dots(np.clip(4 * far, 0, 0.8), 8, 1.31))
    blue = np.maximum(dots(sky, 8, 0.79) * (1 - sun), on_near * dots(0.55 + shade_near, 8, 0.79))
    blue = np.maximum(blue, on_mid * (1 - on_near) * dots(shade_mid * 0.8, 8, 0.79))
    return {"marigold": marigold, "tomato": tomato, "blue": blue}


def printed(plates: dict[str, Plane]) -> npt.NDArray[np.uint8]:
    """Print the plates over each other, each a little out of place, with worn spots."""
    picture = np.ones((HEIGHT, WIDTH, 3)) * PAPER
    for shift, (name, plate) in enumerate(plates.items()):
        worn = 1 - 0.06 * NOISE.random((HEIGHT // 4, WIDTH // 4)).repeat(4, 0).repeat(4, 1)
        moved = np.roll(plate, (2 * shift - 2, 3 - 2 * shift), axis=(0, 1))
        cover = (moved * worn)[..., None] * 0.94
        picture *= 1 - cover + cover * np.array(INKS[name])
    inside = picture[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return (inside * 255).round().astype(np.uint8)


if __name__ == "__main__":
    out = Path(__file__).parent / "assets" / "dunes.webp"
    Image.fromarray(printed(inks())).save(out, quality=70, method=6)
