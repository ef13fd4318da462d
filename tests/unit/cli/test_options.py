"""Options become a configuration: all fields, variables, and the format from the output."""

from pathlib import Path
from typing import Any

import pytest
import typer

from fanreel.cli.options import (
    CONFIG_OPTIONS,
    _chosen_fields,
    build_config,
    split_project,
    with_config_options,
)
from fanreel.cli.variables import parse_variables
from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig, InvalidVariables


def _fields_of(*argv: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    @with_config_options
    def command(*, config_fields: dict[str, Any]) -> None:
        seen.update(config_fields)

    app = typer.Typer()
    app.command()(command)
    app(list(argv), standalone_mode=False)
    return seen


def test_every_field_has_an_option() -> None:
    """Whoever adds a field to RenderConfig is reminded of the command line."""
    assert {option.field for option in CONFIG_OPTIONS} == {*RenderConfig.model_fields} - {
        "variables",
        "project_path",  # --root
    }


def test_options_are_read_as_the_configuration_reads_them() -> None:
    """Texts become numbers, ranges and switches in RenderConfig, not before."""
    fields = _fields_of(
        *("--fps", "30000/1001", "--crf", "20", "--frame-range", "30:90", "--strict"),
        *("--no-fail-closed-font-fetch", "--output-resolution", "0.5"),
    )
    config = build_config(fields)
    assert config == RenderConfig(
        fps="30000/1001",
        crf=20,
        frame_range=(30, 90),
        strict=True,
        fail_closed_font_fetch=False,
        output_resolution=0.5,
    )


def test_what_is_not_given_stays_default() -> None:
    """No option, no field."""
    assert _fields_of() == {}


@pytest.mark.parametrize("text", ["30", "30:", "x:y", "30:20", "1:2:3", ""])
def test_a_wrong_range_is_named(text: str) -> None:
    """The message says frameRange, whatever was typed."""
    with pytest.raises(InvalidConfig, match="frameRange"):
        build_config(_fields_of("--frame-range", text))


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.mp4", "mp4"),
        ("a.MOV", "mov"),
        ("a.webm", "webm"),
        ("a.gif", "gif"),
        ("frames", "png-sequence"),
    ],
)
def test_the_output_tells_the_format(name: str, format_: str) -> None:
    """By its suffix; a name without one is a folder of images."""
    assert build_config({}, Path(name)).format == format_


def test_a_suffix_of_no_format_is_refused() -> None:
    """The message lists the suffixes there are."""
    with pytest.raises(InvalidConfig, match=r"\.mp4, \.mov, \.webm, \.gif"):
        build_config({}, Path("a.avi"))


def test_a_suffix_of_another_format_is_refused() -> None:
    """A .mp4 that holds a GIF helps nobody; a folder may be called anything."""
    with pytest.raises(InvalidConfig, match=r"a\.mp4 does not fit format 'gif'"):
        build_config({"format": "gif"}, Path("a.mp4"))
    assert build_config({"format": "png-sequence"}, Path("v1.mp4")).format == "png-sequence"
    assert build_config({"format": "mov"}, Path("a.quicktime")).format == "mov"


def test_variables_come_from_text_file_and_single_ones(tmp_path: Path) -> None:
    """Single values win; each is JSON if it can be read so, else text."""
    file = tmp_path / "values.json"
    file.write_text('{"title": "Hello", "size": 3}')
    variables = parse_variables(f"@{file}", ["size=4", "name=Ann = Bo", "on=true", 'year="2024"'])
    assert variables == {
        "title": "Hello",
        "size": 4,
        "name": "Ann = Bo",
        "on": True,
        "year": "2024",
    }
    assert parse_variables('{"a": [1]}', []) == {"a": [1]}


def test_a_value_is_of_the_declared_type() -> None:
    """A code of digits stays text where it is declared as text, and only there."""
    declared = {
        name: {"type": name}
        for name in ("string", "color", "font", "image", "enum", "number", "boolean")
    } | {"level": {"type": "enum", "options": [1, 2]}}
    typed = [f"{name}=0123" for name in ("string", "color", "font", "image", "enum")]
    rest = ["number=123", "boolean=true", "other=123", "level=2", 'title="Hi"']
    assert parse_variables(None, [*typed, *rest], declared) == {
        **dict.fromkeys(("string", "color", "font", "image", "enum"), "0123"),
        "number": 123,
        "boolean": True,
        "other": 123,
        "level": 2,
        "title": "Hi",
    }


@pytest.mark.parametrize("tag", ["html", "template", "div"])
def test_declarations_are_read_from_the_page(tmp_path: Path, tag: str) -> None:
    """From the document, the root, or the template around it."""
    variables = """data-composition-variables='[{"id":"code","type":"string"}]'"""
    on = {name: variables if name == tag else "" for name in ("html", "template", "div")}
    (tmp_path / "a.html").write_text(
        f"<html {on['html']}><template {on['template']}>"
        f'<div data-composition-id="a" {on["div"]}></div></template>'
    )
    assert _chosen_fields({"variable": ["code=123"]}, tmp_path / "a.html") == {
        "variables": {"code": "123"}
    }
    assert _chosen_fields({"variable": ["code=123"], "entry_file": "a.html"}, tmp_path) == {
        "variables": {"code": "123"},
        "entry_file": "a.html",
    }
    assert _chosen_fields({"variable": ["code=123"]}, "s3://bucket/sites/x/") == {
        "variables": {"code": 123}
    }


@pytest.mark.parametrize(
    ("text", "single"),
    [("{", []), ("[1]", []), ("@/no/such/file", []), (None, ["title"]), (None, ["=x"])],
)
def test_wrong_variables_are_named(text: str | None, single: list[str]) -> None:
    """The option that was wrong is in the message."""
    with pytest.raises(InvalidVariables, match=r"--var"):
        parse_variables(text, single)


def test_a_page_stands_for_its_folder(tmp_path: Path) -> None:
    """`fanreel render talk/short.html` renders that page of the project."""
    page = tmp_path / "short.html"
    page.write_text("")
    assert split_project(page, {"crf": "3"}) == (
        tmp_path,
        {"crf": "3", "entry_file": "short.html"},
    )
    assert split_project(tmp_path, {}) == (tmp_path, {})
