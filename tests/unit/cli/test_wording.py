"""What the command line says, it says in the options that were typed."""

import pytest

from fanreel.cli.wording import in_options
from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig


@pytest.mark.parametrize(
    ("fields", "option"),
    [
        ({"fps": "29.97"}, "--fps '29.97': a decimal"),
        ({"output_resolution": "8k"}, "--output-resolution '8k': allowed"),
        ({"frame_range": ["a", "9"]}, "--frame-range 'a': allowed"),
        ({"crf": 20, "bitrate": "8M"}, "--crf 20 and --bitrate '8M' exclude each other"),
        ({"entry_file": "../x.html"}, "--entry-file '../x.html': allowed"),
    ],
)
def test_a_wrong_value_is_named_by_its_option(fields: dict[str, object], option: str) -> None:
    """Nobody has typed `frameRange = …`."""
    with pytest.raises(InvalidConfig) as caught:
        RenderConfig(**fields)
    assert option in in_options(str(caught.value))


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("holds no a.html; name another with entryFile", "name another with --entry-file"),
        ("or set failClosedFontFetch to false to", "or give --no-fail-closed-font-fetch to"),
        ("set hdrMode to 'force-sdr' where", "--hdr-mode force-sdr where"),
        ("hdrMode 'force-hdr' keeps", "--hdr-mode force-hdr keeps"),
        ("choose a smaller outputResolution", "choose a smaller --output-resolution"),
        ("the page's format is wide; width and height", "the page's format is wide"),
    ],
)
def test_advice_names_options(message: str, said: str) -> None:
    """Words that are words stay."""
    assert said in in_options(message)
