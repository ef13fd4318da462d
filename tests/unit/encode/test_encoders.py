"""What a configuration asks of libav, as a table."""

import pytest

from fanreel.config import RenderConfig
from fanreel.encode.encoders import lock_encoder
from fanreel.formats import FORMATS


@pytest.mark.parametrize(
    ("config", "alpha", "expected"),
    [
        (RenderConfig(), False, ("libx264", "yuv420p", False)),
        (RenderConfig(), True, ("libx264", "yuv420p", False)),
        (RenderConfig(codec="h265"), False, ("libx265", "yuv420p", False)),
        (RenderConfig(format="mov"), True, ("prores_aw", "yuva444p10le", True)),
        (RenderConfig(format="mov"), False, ("prores_aw", "yuv444p10le", False)),
        (RenderConfig(format="webm"), True, ("libvpx-vp9", "yuva420p", True)),
        (RenderConfig(format="webm"), False, ("libvpx-vp9", "yuv420p", False)),
        (RenderConfig(format="gif"), True, ("qtrle", "argb", True)),
        (RenderConfig(format="gif"), False, ("libx264rgb", "bgr0", False)),
        (RenderConfig(format="png-sequence"), True, ("png", "rgba", True)),
        (RenderConfig(format="png-sequence"), False, ("png", "rgb24", False)),
    ],
)
def test_each_format_has_its_encoder(
    config: RenderConfig, *, alpha: bool, expected: tuple[str, str, bool]
) -> None:
    """Alpha is kept where the format can hold it, and ignored where it cannot."""
    choice = lock_encoder(config, alpha=alpha)
    assert (choice.codec, choice.pixel_format, choice.alpha) == expected
    assert choice.format in FORMATS


def test_the_callers_rate_outranks_the_quality() -> None:
    """A crf or a bitrate replaces the crf of the quality; never both."""
    assert lock_encoder(RenderConfig(crf=30), alpha=False).crf == 30
    rated = lock_encoder(RenderConfig(bitrate="8M"), alpha=False)
    assert (rated.crf, rated.bitrate) == (None, "8M")


def test_drawn_pictures_have_a_constant_quantiser() -> None:
    """Video and WebGL, whose size it would not bound, keep the rate factor."""
    drawn, filmed = (
        lock_encoder(RenderConfig(), alpha=False, drawn=drawn) for drawn in (True, False)
    )
    assert (drawn.crf, drawn.bitrate, drawn.encoder_options["qp"]) == (None, None, "25")
    assert filmed.crf == 23
    assert "qp" not in filmed.encoder_options


@pytest.mark.parametrize(
    "asked", [{"crf": 30}, {"bitrate": "8M"}, {"quality": "high"}, {"codec": "h265"}]
)
def test_what_the_caller_asks_of_the_rate_counts_for_drawn_pictures_too(
    asked: dict[str, object],
) -> None:
    """A crf is a crf."""
    config = RenderConfig.model_validate(asked)
    choice = lock_encoder(config, alpha=False, drawn=True)
    assert choice == lock_encoder(config, alpha=False)
    assert "qp" not in choice.encoder_options


@pytest.mark.parametrize("name", ["mov", "gif", "png-sequence"])
def test_formats_without_rate_control_have_one_quality(name: str) -> None:
    """`RenderConfig` refuses a rate for them; a quality changes nothing."""
    draft, high = (
        lock_encoder(RenderConfig.from_json({"format": name, "quality": quality}), alpha=True)
        for quality in ("draft", "high")
    )
    assert (draft.crf, draft.bitrate) == (None, None)
    assert (draft.codec, draft.encoder_options) == (high.codec, high.encoder_options)


@pytest.mark.parametrize("codec", [{}, {"codec": "h265"}])
def test_hdr_is_h265_in_ten_bits(codec: dict[str, str]) -> None:
    """With the options of H.265 in SDR; a codec need not be named."""
    choice = lock_encoder(RenderConfig.from_json({"hdrMode": "force-hdr", **codec}), alpha=False)
    sdr = lock_encoder(RenderConfig(codec="h265"), alpha=False)
    assert (choice.codec, choice.pixel_format, choice.hdr) == ("libx265", "yuv420p10le", True)
    assert (choice.crf, choice.encoder_options) == (sdr.crf, sdr.encoder_options)


def test_the_thread_count_is_locked_and_constant() -> None:
    """Encoders make other bytes with other thread counts, so no machine decides it."""
    for name in FORMATS:
        choice = lock_encoder(RenderConfig.model_validate({"format": name}), alpha=False)
        assert choice.encoder_options["threads"] == "1"


def test_an_odd_size_is_padded_where_chroma_is_halved() -> None:
    """At the right and at the bottom; other formats hold it as it is."""
    assert lock_encoder(RenderConfig(), alpha=False).padding(641, 480) == (1, 0)
    assert lock_encoder(RenderConfig(codec="h265"), alpha=False).padding(405, 721) == (1, 1)
    assert lock_encoder(RenderConfig(), alpha=False).padding(640, 480) == (0, 0)
    for name in ("mov", "webm", "gif", "png-sequence"):
        choice = lock_encoder(RenderConfig.model_validate({"format": name}), alpha=False)
        assert choice.padding(405, 721) == (0, 0)
