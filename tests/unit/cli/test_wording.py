"""What the command line says, it says in the options that were typed."""

import pytest

from fanreel.cli.options import CONFIG_OPTIONS
from fanreel.cli.wording import in_options
from fanreel.config import RenderConfig
from fanreel.errors import FontFetchFailed, InvalidConfig
from fanreel.settings import Setting, given, named, switched


@pytest.mark.parametrize(
    ("fields", "option"),
    [
        ({"fps": "29.97"}, "--fps '29.97': a decimal"),
        ({"output_resolution": "8k"}, "--output-resolution '8k': allowed"),
        ({"frame_range": ["a", "9"]}, "--frame-range 'a': allowed"),
        ({"frame_range": [9, 9]}, "--frame-range [9, 9]: allowed"),
        ({"crf": 20, "bitrate": "8M"}, "--crf 20 and --bitrate '8M': allowed: one of them"),
        ({"format": "wav", "mute": True}, "--mute: format 'wav' holds"),
        ({"entry_file": "../x.html"}, "--entry-file '../x.html': allowed"),
    ],
)
def test_a_wrong_value_is_named_by_its_option(fields: dict[str, object], option: str) -> None:
    """Nobody has typed `frameRange = …`."""
    with pytest.raises(InvalidConfig) as caught:
        RenderConfig(**fields)
    assert option in in_options(caught.value)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (named("planDirSizeLimitBytes"), "--plan-dir-size-limit-bytes"),
        (given("entryFile", "'a.html'"), "--entry-file 'a.html'"),
        (switched("failClosedFontFetch", on=False), "give --no-fail-closed-font-fetch"),
        (switched("strict", on=True), "give --strict"),
        (named("projectPath"), "projectPath"),
    ],
)
def test_advice_names_options(setting: Setting, said: str) -> None:
    """A field without an option keeps its name."""
    error = FontFetchFailed(f"or {setting['said']} to go on", settings=[setting])
    assert in_options(error) == f"or {said} to go on"


def test_only_what_an_error_tells_of_is_put_in_other_words() -> None:
    """A path that is called like a field stays a path; facts of another shape say nothing."""
    assert in_options(InvalidConfig("cannot read entryFile")) == "cannot read entryFile"
    odd = InvalidConfig("crf = 20", settings=["crf", {"said": "crf = 20"}, {"said": 1, "field": 2}])
    assert in_options(odd) == "crf = 20"


def test_every_option_has_the_name_of_a_field() -> None:
    """As JSON has it, since that is how errors tell of it."""
    for option in CONFIG_OPTIONS:
        alias = RenderConfig.model_fields[option.field].alias
        error = InvalidConfig("x", settings=[Setting(said="x", field=str(alias), value=None)])
        assert in_options(error) == option.flag.partition("/")[0]
