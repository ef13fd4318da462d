"""Values nobody should send, for every field of the configuration and of the root element."""

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from fanreel.capture.session_specs import session_spec
from fanreel.config import RenderConfig
from fanreel.errors import AssetNotFound, InvalidComposition, InvalidConfig, RenderError
from fanreel.files.project import open_project, parse_root
from fanreel.inspection.locking import lock_config, output_size

NAN, INF = float("nan"), float("inf")
NO_TYPE_FITS: tuple[Any, ...] = ({}, {"a": 1}, object(), b"\xff")
WORSE_THAN_WRONG: dict[str, list[Any]] = {
    "fps": [
        0,
        -24,
        NAN,
        INF,
        -INF,
        1e308,
        "0/0",
        "-30/1",
        "1e3/1",
        "30000001/1000001",
        "３０",
        "30 fps",
        "",
    ],
    "format": ["MP4", "mp4 ", "../mp4", "\0"],
    "codec": ["H264", "libx264", ""],
    "quality": ["", "0"],
    "crf": [-1, 52, 10**400, NAN, INF, True, "x"],
    "bitrate": ["", "-5M", "5 M", "5m", "0.5M", "1e6", "9" * 4000 + "G", 5],
    "output_resolution": [0, -1, NAN, INF, 1e308, "0", "8k", "nan", ""],
    "width": [0, -2, 1.5, NAN, INF, 16385, 10**400, True],
    "height": [0, -2, 1.5, NAN, INF, 16385, 10**400, True],
    "every_nth_frame": [0, -1, NAN, INF, 0.5, 10**400, True, None],
    "mute": [None, "perhaps", 2],
    "frame_range": [[], [1], [1, 2, 3], [5, 5], [9, 2], [-1, 2], [0, INF], [0, NAN], "0:9"],
    "chunk_size": [0, -1, NAN, INF, 0.5],
    "max_parallel_chunks": [0, -1, NAN, INF, 10_001, None],
    "target_chunk_frames": [0, -1, NAN, INF, 0.5],
    "segment_frames": [0, -1, NAN, INF, 1201],
    "entry_file": ["", ".", "/", "/etc/passwd", "../x.html", "a/../../x.html", "a\0.html", None],
    "project_path": ["/", "/etc", "..", "a/../..", "a\0b", None],
    "variables": [None, [], "{}", {"x": NAN}, {"x": -INF}, {"x": {1, 2}}, {"x": b"\xff"}],
    "strict_variables": [None, "perhaps", 2],
    "strict": [None, "perhaps", 2],
    "reject_on_system_fonts": [None, "perhaps", 2],
    "fail_closed_font_fetch": [None, "perhaps", 2],
    "hdr_mode": [None, "", "hdr10"],
    "cfr": [None, "perhaps", 2],
    "video_frame_format": [None, "", "webp"],
    "plan_dir_size_limit_bytes": [0, -1, NAN, INF, None, True],
    "runtime_cap": ["", "lambda ", "gcp"],
}


def test_every_field_is_tried() -> None:
    """A field added tomorrow has to be attacked as well."""
    assert set(WORSE_THAN_WRONG) == set(RenderConfig.model_fields)


@pytest.mark.parametrize("field", WORSE_THAN_WRONG)
def test_hostile_values_are_refused_by_name(field: str) -> None:
    """A short paragraph that names the field, whichever way it is spelled."""
    # An object is what variables are.
    others = NO_TYPE_FITS if field != "variables" else ()
    for value in [*WORSE_THAN_WRONG[field], *others]:
        for name in (field, to_camel(field)):
            with pytest.raises(InvalidConfig) as caught:
                RenderConfig(**{name: value})
            assert re.search(rf"\b{to_camel(field)}\b", str(caught.value)), value
            assert len(str(caught.value)) < 700, value


@pytest.mark.parametrize("key", ["", "FPS", "fps ", "__class__", "model_config", "ﬁle", "x" * 9999])
def test_an_unknown_key_is_refused(key: str) -> None:
    """Nothing is ignored: a misspelled wish would not be granted and nobody would know."""
    with pytest.raises(InvalidConfig, match="unknown key"):
        RenderConfig.from_json({key: 1})


def test_a_deep_value_is_refused_before_it_is_written() -> None:
    """JSON nested beyond what any parser follows."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidConfig, match="variables"):
        RenderConfig(variables={"deep": deep})


# ---- the root element ---------------------------------------------------------------------------


def _page(**attributes: str) -> str:
    numbers = {"data-width": "160", "data-height": "90", "data-duration": "1"} | {
        f"data-{name}": value for name, value in attributes.items()
    }
    written = " ".join(f'{name}="{value}"' for name, value in numbers.items())
    return f'<!doctype html><div data-composition-id="main" {written}></div>'


NO_NUMBERS = ["0", "-1", "NaN", "Infinity", "-Infinity", "1e3", "0x10", "five", "５", "1/2", "∞"]
TOO_LONG = ["9" * 5000, "9" * 400, "0." + "0" * 5000 + "1"]


@pytest.mark.parametrize("name", ["width", "height", "duration", "fps"])
def test_a_root_with_a_hostile_number_is_refused(name: str) -> None:
    """Zero, below zero, not a number, not finite, or longer than any number is."""
    for value in [*NO_NUMBERS, *TOO_LONG]:
        with pytest.raises(InvalidComposition, match=f"data-{name}"):
            parse_root(_page(**{name: value}), "index.html")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", "16385"),
        ("height", "100000"),
        ("width", "160.5"),
        ("fps", "241"),
        ("fps", "0.5"),
        ("fps", "1000000"),
    ],
)
def test_a_root_of_absurd_size_is_refused(name: str, value: str) -> None:
    """Larger than any encoder takes, a fraction of a pixel, faster than anybody sees."""
    with pytest.raises(InvalidComposition, match="allowed"):
        parse_root(_page(**{name: value}), "index.html")


@pytest.mark.parametrize(
    "html",
    [
        " ",
        "\0" * 1000,
        "\ufeff",
        "<p>no composition</p>",
        "<template><div data-composition-id=a data-width=1 data-height=1></template>",
        "<!-- <div data-composition-id=a data-width=1 data-height=1> -->",
        "<script>'<div data-composition-id=a data-width=1 data-height=1>'</script>",
        "<![CDATA[<div data-composition-id=a>]]>",
        "<div data-composition-id",
        "<" * 10_000,
        "<div " * 500,
    ],
    ids=lambda html: html[:12],
)
def test_a_page_without_a_root_is_refused(html: str) -> None:
    """What to write instead is in the message."""
    with pytest.raises(InvalidComposition, match="data-composition-id="):
        parse_root(html, "index.html")


@pytest.mark.parametrize(
    "html",
    [
        "<p><b><div data-composition-id=main data-width=160 data-height=90 data-duration=1><table>",
        "\ufeff<DIV DATA-COMPOSITION-ID=main DATA-WIDTH=160 DATA-HEIGHT=90 data-duration=1>",
        "<div data-composition-id=main data-width=160 data-width=7 data-height=90 data-duration=1>",
        "<div data-composition-id=main data-width=' 160px ' data-height=+90 data-duration='1s'>",
        "</html><div data-composition-id=main data-width=160 data-height=90 data-duration=1.>",
    ],
    ids=["unclosed", "capitals", "twice", "units", "after the end"],
)
def test_a_broken_page_with_a_root_is_read(html: str) -> None:
    """Browsers forgive, and so does this."""
    root = parse_root(html, "index.html")
    assert (root.width, root.height, root.duration_s) == (160, 90, Fraction(1))


# ---- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 161},
        {"height": 91},
        {"width": 320, "height": 90},
        {"width": 90, "height": 160},
        {"width": 16384, "height": 16384},
    ],
    ids=str,
)
def test_a_size_that_would_change_the_layout_is_refused(fields: dict[str, int]) -> None:
    """Neither the authored size nor a uniform scale of it."""
    with pytest.raises(InvalidConfig, match="allowed: the authored 160x90"):
        output_size(parse_root(_page(), "index.html"), RenderConfig(**fields))


@pytest.mark.parametrize(
    ("size", "resolution", "expected"),
    [
        ((1366, 768), "1080p", (1920, 1080)),
        ((1000, 700), "720p", (1028, 720)),
        ((1001, 700), "720p", (1030, 720)),
        ((768, 1366), "4k", (2160, 3842)),
        ((160, 90), "1080p", (1920, 1080)),
        ((853, 480), 0.5, (426, 240)),
    ],
)
def test_odd_ratios_give_even_sizes(
    size: tuple[int, int], resolution: str | float, expected: tuple[int, int]
) -> None:
    """Each side within a pixel of the exact one, and the picture drawn covers all of it."""
    root = parse_root(_page(width=str(size[0]), height=str(size[1])), "index.html")
    config = RenderConfig(output_resolution=resolution)
    width, height = output_size(root, config)
    assert (width, height) == expected
    assert abs(width / height - size[0] / size[1]) * height <= 1
    drawn = session_spec(*size, lock_config(root, config, webgl=False)).pixel_size
    assert drawn[0] >= width
    assert drawn[1] >= height


def test_an_output_beyond_8k_is_refused() -> None:
    """In whatever way it came about."""
    root = parse_root(_page(width="2160", height="3840"), "index.html")
    with pytest.raises(InvalidConfig, match="8640x15360: allowed: at most 8192 pixels a side"):
        lock_config(root, RenderConfig(output_resolution=4), webgl=False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("29.97", Fraction(2997, 100)),
        ("23.976023976", Fraction(24000, 1001)),
        ("59.94005994005994", Fraction(60000, 1001)),
        ("12.5", Fraction(25, 2)),
        ("30000/1001", Fraction(30000, 1001)),
        ("240", Fraction(240)),
        ("1", Fraction(1)),
    ],
)
def test_a_rate_is_the_fraction_it_stands_for(written: str, meant: Fraction) -> None:
    """Containers count in whole ticks."""
    assert parse_root(_page(fps=written), "index.html").fps == meant


# ---- the project on disk ------------------------------------------------------------------------


def _make(tmp_path: Path, how: Sequence[str]) -> Path:
    """Make a project that is wrong in the way named."""
    project = tmp_path / "project"
    outside = tmp_path / "outside.html"
    outside.write_text(_page())
    match how:
        case ["missing"]:
            pass
        case ["file"]:
            project.write_text(_page())
        case ["long"]:
            return tmp_path / ("x" * 5000)
        case ["loop"]:
            project.symlink_to(project)
        case _:
            project.mkdir()
    match how:
        case ["entry", "directory"]:
            (project / "index.html").mkdir()
        case ["entry", "outside"]:
            (project / "index.html").symlink_to(outside)
        case ["entry", "loop"]:
            (project / "index.html").symlink_to("index.html")
        case ["entry", "dangling"]:
            (project / "index.html").symlink_to("nothing.html")
        case _:
            pass
    return project


@pytest.mark.parametrize(
    ("how", "expected", "words"),
    [
        ("missing", AssetNotFound, "is not a directory"),
        ("file", AssetNotFound, "is not a directory"),
        ("loop", AssetNotFound, "is not a directory"),
        ("long", AssetNotFound, "File name too long"),
        (
            "entry missing",
            AssetNotFound,
            "holds no index.html; name another page as the entry file",
        ),
        ("entry directory", AssetNotFound, "Is a directory"),
        ("entry dangling", AssetNotFound, "holds no index.html"),
        ("entry loop", AssetNotFound, "Symlink loop|symbolic links"),
        ("entry outside", InvalidConfig, "a file of the project"),
    ],
)
def test_a_project_that_is_none_is_named(
    tmp_path: Path, how: str, expected: type[RenderError], words: str
) -> None:
    """What is wrong, and what would be right."""
    with pytest.raises(expected, match=words):
        open_project(_make(tmp_path, how.split()), RenderConfig())


@pytest.mark.parametrize("name", ["sub dir/ünï#1?.html", "100%25.html", "a\nb.html", "'\"&.html"])
def test_any_name_is_a_name(tmp_path: Path, name: str) -> None:
    """What URLs read as syntax is part of a file's name here."""
    page = tmp_path / name
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_page())
    assert open_project(tmp_path, RenderConfig(entry_file=name)).width == 160
