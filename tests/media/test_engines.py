"""Two ways of getting a picture out of Chromium, one picture."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from fanreel.config import RenderConfig
from fanreel.files.project import open_project, output_fps
from fanreel.network.outside import Replayer
from fanreel.page.config import planning_config

COMPOSITIONS = Path(__file__).parents[1] / "compositions"
Pixels = npt.NDArray[np.uint8]
Engine = Literal["xvfb", "screenshot"]


def pictures(
    project: Path,
    engine: Engine,
    frames: list[int],
    temp_dir: Path,
    scale: float = 1,
    *,
    alpha: bool = False,
) -> list[Pixels]:
    """Return the pictures of *frames*, height × width × 3, R,G,B, or with alpha."""
    root = open_project(project, RenderConfig())
    spec = SessionSpec(
        width=root.width,
        height=root.height,
        engine=engine,
        alpha=alpha,
        device_scale_factor=scale,
    )
    config = planning_config(root.width, root.height, output_fps(root, RenderConfig()), {})
    with PageSession(spec, temp_dir) as session:
        session.load(
            PageLoad(
                root_dir=project,
                entry_file="index.html",
                page_config=config,
                network=Replayer([], temp_dir),
            )
        )
        session.open()
        width, height = spec.pixel_size
        buffer = np.empty((height, width, 4), np.uint8)
        found = []
        for frame in frames:
            session.pictures.capture(frame, buffer)
            order = [0, 1, 2] if session.pixels == "rgba" else [2, 1, 0]
            found.append(buffer[:, :, [*order, 3] if alpha else order].copy())
    return found


def differences(project: str, frames: list[int], temp_dir: Path) -> list[Pixels]:
    """Return, for each frame, by how many levels each pixel differs between the engines."""
    by_screen = pictures(COMPOSITIONS / project, "xvfb", frames, temp_dir)
    by_screenshot = pictures(COMPOSITIONS / project, "screenshot", frames, temp_dir)
    return [
        np.abs(one.astype(int) - other).max(axis=2)
        for one, other in zip(by_screen, by_screenshot, strict=True)
    ]


def test_both_engines_give_identical_pixels(tmp_path: Path) -> None:
    """The framebuffer of the virtual screen holds what a lossless screenshot shows."""
    for found in differences("everything-moves", [0, 1, 2, 7, 16, 25], tmp_path):
        assert np.count_nonzero(found) == 0


def test_webgl_differs_at_smoothed_edges_only(tmp_path: Path) -> None:
    """SwiftShader smooths edges a little differently without a screen; planes are identical."""
    for found in differences("webgl-triangle", [0, 7, 25], tmp_path):
        assert found.max() <= 24
        assert np.count_nonzero(found) < found.size * 0.02


def test_webgl_is_drawn_and_moves(tmp_path: Path) -> None:
    """WebGL works under the CPU compositor: the clear colour tells the time, a triangle turns."""
    first, last = pictures(COMPOSITIONS / "webgl-triangle", "xvfb", [0, 29], tmp_path)
    assert first[2, 2].tolist() == [0, 51, 255]
    assert last[2, 2].tolist() == [247, 51, 9]
    # 0.7 of 255 lies between two levels, and which one it becomes is the driver's to say.
    assert np.abs(first.astype(int) - [255, 178, 0]).max(axis=2).min() <= 1
    assert not np.array_equal(first, last)


def test_supersampling_does_not_change_the_layout(tmp_path: Path) -> None:
    """At twice the scale each picture is twice as large, and its average is the same picture."""
    project = COMPOSITIONS / "everything-moves"
    [small] = pictures(project, "xvfb", [10], tmp_path)
    [large] = pictures(project, "xvfb", [10], tmp_path, scale=2)
    assert large.shape == (720, 1280, 3)
    halved = large.reshape(360, 2, 640, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small).mean() < 2


def test_transparency_read_from_the_screen_is_that_of_a_screenshot(tmp_path: Path) -> None:
    """Layers, blending, shadows, masks and glass: every byte, on a second pass too."""
    project, frames = COMPOSITIONS / "alpha-layers", [0, 1, 2, 7, 16, 25]
    by_screen = pictures(project, "xvfb", frames + frames, tmp_path, alpha=True)
    by_screenshot = pictures(project, "screenshot", frames + frames, tmp_path, alpha=True)
    assert len(np.unique(by_screen[0][..., 3])) > 200
    for one, other in zip(by_screen, by_screenshot, strict=True):
        assert np.array_equal(one, other)


def test_a_layer_that_a_script_scales_is_as_drawn_for_its_size(tmp_path: Path) -> None:
    """Not stretched from an earlier one in one of the two pictures that are put together."""
    project, frames = Path(__file__).parents[2] / "examples" / "name-strap", list(range(3, 17))
    by_screen = pictures(project, "xvfb", frames, tmp_path, alpha=True)
    by_screenshot = pictures(project, "screenshot", frames, tmp_path, alpha=True)
    apart = np.abs(np.subtract(by_screen, by_screenshot, dtype=np.int16))
    assert apart.max() <= 2
    assert np.count_nonzero(apart.max(axis=-1)) <= 8


def test_transparency_is_read_at_a_scale_that_is_not_whole(tmp_path: Path) -> None:
    """At one and a half times the size too, where the screen is black or white as a whole."""
    project = COMPOSITIONS / "alpha-page"
    [by_screen] = pictures(project, "xvfb", [20], tmp_path, scale=1.5, alpha=True)
    [by_screenshot] = pictures(project, "screenshot", [20], tmp_path, scale=1.5, alpha=True)
    assert np.array_equal(by_screen, by_screenshot)
