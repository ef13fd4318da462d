"""The table of formats, and that the rest of the package goes by it."""

from typing import get_args

import pytest

from fanreel.config import RenderConfig
from fanreel.encode.encoders import lock_encoder
from fanreel.errors import InvalidConfig
from fanreel.formats import FORMATS, Format
from fanreel.storage.layout import OUTPUT_EXTENSIONS


def test_every_format_has_its_row() -> None:
    """What a caller may ask for is what the table has."""
    assert set(FORMATS) == set(get_args(Format))


@pytest.mark.parametrize("name", FORMATS)
def test_an_encoder_keeps_transparency_where_the_format_does(name: Format) -> None:
    """And its pixel format has a place for it there only."""
    choice = lock_encoder(RenderConfig(format=name), alpha=True)
    assert choice.alpha is FORMATS[name].alpha
    has_place = choice.pixel_format.startswith(("yuva", "argb", "rgba"))
    assert has_place is FORMATS[name].alpha


@pytest.mark.parametrize("name", FORMATS)
def test_a_rate_is_taken_where_the_format_has_one(name: Format) -> None:
    """The encoder's row has a crf there, and nowhere else."""
    assert (lock_encoder(RenderConfig(format=name), alpha=False).crf is not None) is (
        FORMATS[name].rated
    )
    if not FORMATS[name].rated:
        with pytest.raises(InvalidConfig, match="allowed: crf with format mp4 or webm"):
            RenderConfig(format=name, crf=20)


@pytest.mark.parametrize("name", FORMATS)
def test_another_codec_is_taken_where_the_format_has_several(name: Format) -> None:
    """Elsewhere the message names the formats that have it."""
    if "h265" in FORMATS[name].codecs:
        assert RenderConfig(format=name, codec="h265").codec == "h265"
    else:
        with pytest.raises(InvalidConfig, match="codec 'h265' with format 'mp4'"):
            RenderConfig(format=name, codec="h265")


def test_a_bucket_holds_files_only() -> None:
    """Directories of frames are packed there."""
    assert OUTPUT_EXTENSIONS["png-sequence"] == ".tar"
    assert OUTPUT_EXTENSIONS["mp4"] == ".mp4"
    assert set(OUTPUT_EXTENSIONS) == set(FORMATS)
