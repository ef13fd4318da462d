"""How a plan chooses the way its pictures are taken."""

import pytest

from fanreel.config import RenderConfig
from fanreel.files.project import open_project
from fanreel.inspection import locking
from tests.media.compositions import COMPOSITIONS


@pytest.mark.parametrize(
    ("output_format", "webgpu", "engine"),
    [
        ("mp4", True, "xvfb"),
        ("mov", False, "xvfb"),
        ("mov", True, "screenshot"),
    ],
)
def test_transparency_is_read_from_the_screen_unless_a_page_draws_with_webgpu(
    output_format: str, engine: str, monkeypatch: pytest.MonkeyPatch, *, webgpu: bool
) -> None:
    """There the compositor rounds otherwise, so it is asked for a picture with alpha."""
    monkeypatch.setattr(locking, "find_xvfb", lambda: "Xvfb")
    config = RenderConfig.model_validate({"format": output_format})
    root = open_project(COMPOSITIONS / "alpha-page", config)
    assert locking.lock_config(root, config, webgl=False, webgpu=webgpu).engine == engine
