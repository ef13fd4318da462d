"""What the page tells the planner: root, length, clips, media, problems, fonts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = 'data-composition-id="main" data-width="640" data-height="360"'


def _describe(player: Any, body: str | Path, **options: Any) -> dict[str, Any]:
    player.open(body, **options)
    described: dict[str, Any] = player.page.evaluate("__fanreel.describe()")
    return described


@pytest.fixture
def describe(player: Any) -> Callable[..., dict[str, Any]]:
    """Return a function that opens a body and gives what the page says of itself."""
    return lambda body, **options: _describe(player, body, **options)


def test_the_root_is_described_as_written(describe: Any) -> None:
    """Scripts that change the root's attributes do not change the render."""
    found = describe(
        f"""<div id="root" {ROOT} data-duration="2.5" data-fps="25" data-no-timeline></div>
        <script>root.setAttribute("data-duration", "9"); root.dataset.width = "1";</script>"""
    )
    assert found["root"] == {
        "id": "main",
        "width": 640,
        "height": 360,
        "durationS": "2.5",
        "fps": "25",
        "noTimeline": True,
    }
    assert found["errors"] == []


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ('data-width="640" data-height="360"', "no element has data-composition-id"),
        ('data-composition-id="" data-width="640" data-height="360"', "is empty"),
        ('data-composition-id="m" data-height="360"', "data-width is missing"),
        ('data-composition-id="m" data-width="wide" data-height="1"', 'data-width="wide" must be'),
        ('data-composition-id="m" data-width="640" data-height="0"', 'data-height="0" must be'),
        ('data-composition-id="m" data-width="-1" data-height="1"', 'data-width="-1" must be'),
        ('data-composition-id="m" data-width="20000" data-height="1"', "from 1 to 16384"),
        (f'{ROOT} data-duration="NaN"', 'data-duration="NaN" must be a positive number of seconds'),
        (f'{ROOT} data-duration="0"', 'data-duration="0" must be'),
        (f'{ROOT} data-duration="Infinity"', 'data-duration="Infinity" must be'),
        (f'{ROOT} data-duration="1" data-fps="fast"', 'data-fps="fast" must be'),
    ],
)
def test_a_wrong_root_is_an_error_that_says_what_to_do(
    describe: Any, attributes: str, part: str
) -> None:
    """Missing and invalid id, size, duration and frame rate."""
    errors = describe(f"<div {attributes}></div>", timeout_ms=3000)["errors"]
    assert len(errors) == 1
    assert part in errors[0]["message"]


@pytest.mark.parametrize(
    ("content", "duration_s"),
    [
        ("", None),
        ('<p class="clip" data-start="1" data-duration="2.5">clip</p>', 3.5),
        ("<style>@keyframes k {} p { animation: k 1.5s 0.5s 2 }</style><p>css</p>", 3.5),
        ("<style>@keyframes k {} p { animation: k 1s infinite }</style><p>endless</p>", None),
        ("<p id=p></p><script>p.animate({ opacity: 0 }, 1250)</script>", 1.25),
        (
            "<script>window.__timelines = { main: { duration: () => 4.5, time() {} } }</script>",
            4.5,
        ),
        ('<video data-start="1" data-media-start="2" data-duration="3" src="a.mp4"></video>', 4),
    ],
)
def test_length_is_inferred_from_what_is_finite(
    describe: Any, content: str, duration_s: float | None
) -> None:
    """Timed clips, CSS and Web Animations, registered timelines, media; else nothing."""
    found = describe(f"<div {ROOT}>{content}</div>")
    assert found["inferredDurationS"] == duration_s
    assert found["root"]["durationS"] is None


def test_clips_are_placed_on_the_root_timeline(describe: Any) -> None:
    """Expressions, lanes, kinds; nested times through offset and rate of their host."""
    found = describe(
        f"""<div {ROOT} data-duration="9">
          <p id="a" class="clip" data-start="1" data-duration="2" data-track-index="3"></p>
          <p id="b" class="clip" data-start="a + 0.5" data-duration="1"></p>
          <div id="host" data-composition-id="inner" data-start="4" data-duration="3"
            data-playback-rate="2" data-playback-start="1">
            <img id="c" class="clip" data-start="2" data-duration="1">
          </div>
        </div>"""
    )
    assert found["clips"] == [
        {
            "key": key,
            "element": element,
            "composition": composition,
            "startS": start_s,
            "durationS": duration_s,
            "track": track,
            "kind": kind,
        }
        for key, element, composition, start_s, duration_s, track, kind in [
            ("c0", "p#a", "main", 1, 2, 3, "element"),
            ("c1", "p#b", "main", 3.5, 1, None, "element"),
            ("c2", "div#host", "main", 4, 3, None, "composition"),
            ("c3", "img#c", "inner", 4.5, 0.5, None, "image"),
        ]
    ]


def test_media_are_listed_with_their_times(describe: Any) -> None:
    """Key, source, window, offset, rate, volume and what of it is heard and shown."""
    found = describe(
        f"""<div {ROOT} data-duration="9">
          <video id="v" src="v.mp4" data-start="1" data-duration="2" data-media-start="3"
            data-playback-rate="0.5" muted></video>
          <video id="w" data-start="0" data-duration="1" data-has-audio="true" data-volume="0.5"
            loop>
            <source src="w.unknown" type="video/x-unknown"><source src="w.webm" type="video/webm">
          </video>
          <audio id="a" src="a.wav" data-start="2" data-duration="4"></audio>
          <video id="x" muted></video>
        </div>"""
    )
    common = {
        "volumes": None,
        "volume": 1,
        "loop": False,
        "audible": False,
        "shown": True,
        "group": None,
        "fxChain": None,
        "automation": None,
        "ramp": None,
        "laneRate": 1,
    }
    origin = found["media"][0]["src"].removesuffix("v.mp4")
    assert found["media"] == [
        common
        | {"key": "m0", "kind": "video", "src": f"{origin}v.mp4", "element": "video#v"}
        | {"startS": 1, "durationS": 2, "offsetS": 3, "rate": 0.5}
        | {"laneStartS": 1},
        common
        | {"key": "m1", "kind": "video", "src": f"{origin}w.webm", "element": "video#w"}
        | {"startS": 0, "durationS": 1, "offsetS": 0, "rate": 1}
        | {"volume": 0.5, "loop": True, "audible": True, "laneStartS": 0},
        common
        | {"key": "m2", "kind": "audio", "src": f"{origin}a.wav", "element": "audio#a"}
        | {"startS": 2, "durationS": 4, "offsetS": 0, "rate": 1, "audible": True, "shown": False}
        | {"laneStartS": 2},
    ]


@pytest.mark.parametrize(
    ("element", "audible"),
    [
        ('<video src="a.mp4" data-start="0"></video>', True),
        ('<video src="a.mp4" data-start="0" muted></video>', False),
        ('<video src="a.mp4" data-start="0" muted data-has-audio="true"></video>', True),
        ('<video src="a.mp4" data-start="0" data-has-audio="false"></video>', False),
        ('<audio src="a.wav"></audio>', True),
        ('<audio src="a.wav" data-start="0" muted></audio>', False),
        ('<audio src="a.wav" data-start="0" data-hidden></audio>', False),
        ('<audio src="a.wav" data-start="0" data-audio-group="off"></audio>', False),
        ('<audio src="a.wav" data-start="0" data-audio-group="on"></audio>', True),
    ],
)
def test_what_is_heard(describe: Any, element: str, *, audible: bool) -> None:
    """data-has-audio outweighs muted, which a browser's preview asks for."""
    groups = '<hf-audio-group id="on"></hf-audio-group><hf-audio-group id="off" data-hidden>'
    [item] = describe(f'<div {ROOT} data-duration="2">{groups}{element}</div>')["media"]
    assert item["audible"] is audible
    assert item["startS"] == 0


@pytest.mark.parametrize(
    ("grade", "told"),
    [
        ("{bad", "is no JSON"),
        ("[1]", "is no JSON object"),
        ('{"adjust":{"exposure":"1"}}', "adjust.exposure is no number"),
        ('{"adjust":{"glow":1}}', "nobody knows adjust.glow"),
        ('{"preset":"unheard-of"}', 'no preset is called "unheard-of"'),
        ('{"curves":{"master":[[0.5,0.8]]}}', "curves.master needs at least 2 points"),
        ('{"lut":{"src":"no.cube"}}', "lut no.cube cannot be read"),
        ('{"palette":["red"]}', "palette needs two to six colours"),
    ],
)
def test_what_a_grade_says_in_vain_is_told(describe: Any, grade: str, told: str) -> None:
    """What would look otherwise elsewhere does not pass silently."""
    image = f'<img id="hero" src="a.png" data-color-grading=\'{grade}\'>'
    [warning] = describe(f'<div {ROOT} data-duration="1">{image}</div>')["warnings"]
    assert (warning["rule"], warning["element"]) == ("bad-grade", "img#hero")
    assert told in warning["message"]


def test_numbers_beyond_the_limits_of_a_grade_are_taken_as_the_limits(describe: Any) -> None:
    """As the format says, without a word."""
    image = """<img src="a.png" data-color-grading='{"adjust":{"exposure":9}}'>"""
    assert describe(f'<div {ROOT} data-duration="1">{image}</div>')["warnings"] == []


def test_chains_of_effects_that_say_nothing_are_told(describe: Any) -> None:
    """Chains of effects change how an element looks elsewhere."""
    page = '<p id="wave" data-vfx-chain="{}"></p>'
    [warning] = describe(f'<div {ROOT} data-duration="1">{page}</div>')["warnings"]
    assert (warning["rule"], warning["element"]) == ("bad-vfx-chain", "p#wave")
    assert warning["message"].startswith('data-vfx-chain: has no "nodes"')


def test_media_of_nested_compositions_are_cut_to_their_host(describe: Any) -> None:
    """A host that ends early ends its media; one that starts inside a clip skips its beginning."""
    found = describe(
        f"""<div {ROOT} data-duration="9">
          <div data-composition-id="inner" data-start="2" data-duration="3"
            data-playback-rate="2" data-playback-start="4">
            <video src="a.mp4" data-start="3" data-duration="2" data-media-start="1"></video>
            <video src="b.mp4" data-start="6" data-duration="99" data-playback-rate="0.5"></video>
            <video src="c.mp4" data-start="20" data-duration="1"></video>
          </div>
        </div>"""
    )
    times = [[m["startS"], m["durationS"], m["offsetS"], m["rate"]] for m in found["media"]]
    assert times == [[2, 0.5, 2, 2], [3, 2, 0, 1]]


def test_probed_lengths_resolve_what_waits_for_them(player: Any) -> None:
    """setMediaInfo() gives a clip its length, and with it those that start at its end."""
    first = _describe(
        player,
        f"""<div {ROOT}>
          <video id="v" src="v.mp4" data-start="1" data-media-start="2" muted></video>
          <p id="after" class="clip" data-start="v + 0.5" data-duration="1"></p>
        </div>""",
    )
    assert [item["durationS"] for item in first["media"]] == [None]
    assert "whose duration is not known" in first["errors"][0]["message"]
    player.page.evaluate("__fanreel.setMediaInfo({ m0: { durationS: 7, width: 4, height: 2 } })")
    second = player.page.evaluate("__fanreel.describe()")
    assert second["errors"] == []
    assert [item["durationS"] for item in second["media"]] == [5]
    assert [clip["startS"] for clip in second["clips"]] == [1, 6.5]
    assert second["inferredDurationS"] == 7.5


def _write_images(folder: Path) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue", "green")]
    save: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 100}
    frames[0].save(folder / "loop.gif", **save, loop=0)
    frames[0].save(folder / "once.gif", **save)
    frames[0].save(folder / "still.gif")
    frames[0].save(folder / "loop.webp", **save, loop=0)
    frames[0].save(folder / "once.webp", **save, loop=1)
    frames[0].save(folder / "still.webp")
    frames[0].save(folder / "loop.png", **save, loop=0)
    frames[0].save(folder / "still.png")


def test_animated_images_are_told_from_still_ones(player: Any, tmp_path: Path) -> None:
    """By their bytes, whatever their names; an image that plays once does not loop."""
    _write_images(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    images = "".join(f'<img src="{name}">' for name in names)
    index = f'<!doctype html><div {ROOT} data-duration="2">{images}</div>'
    (tmp_path / "index.html").write_text(index, encoding="utf-8")
    media = _describe(player, tmp_path)["media"]
    found = {item["src"].rpartition("/")[2]: (item["kind"], item["loop"]) for item in media}
    assert found == {
        "loop.gif": ("image", True),
        "loop.png": ("image", True),
        "loop.webp": ("image", True),
        "once.gif": ("image", False),
        "once.webp": ("image", False),
    }
    # Every image has its key, so that keys do not depend on who looked into files.
    keys = player.page.evaluate("[...document.images].map(i => i.dataset.fanreelMedia)")
    assert keys == [f"m{number}" for number in range(len(names))]


def test_keys_of_late_media_do_not_depend_on_their_order(player: Any) -> None:
    """Two elements that scripts add later have the same keys whichever comes first."""
    add = """names => names.map((name) => {
      const video = document.createElement("video");
      video.src = name;
      document.querySelector("[data-composition-id]").append(video);
      return __fanreel.mediaKeys.keyOf(video);
    })"""
    player.open(f'<div {ROOT} data-duration="2"><video src="a.mp4" data-start="0"></video></div>')
    player.page.evaluate("__fanreel.describe()")
    first = player.page.evaluate(add, ["x.mp4", "y.mp4"])
    player.page.evaluate(
        "document.querySelectorAll('video[data-fanreel-media^=m-]').forEach(v => v.remove())"
    )
    assert player.page.evaluate(add, ["y.mp4", "x.mp4"]) == first[::-1]
    assert len({*first, "m0"}) == 3


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ('<p id="a" class="clip" data-start="b" data-duration="1"></p>', "is no clip of this"),
        ('<p id="a" class="clip" data-start="a" data-duration="1"></p>', "depends on itself"),
        ('<video src="a.mp4" data-start="0" data-playback-rate="19"></video>', "from 0.1 to 10"),
        ('<audio src="a.mp3" data-start="0" data-volume="loud"></audio>', "from 0 to 1"),
        ('<div data-composition-src="none.html" data-start="0"></div>', "could not be read"),
    ],
)
def test_broken_rules_name_their_element(describe: Any, content: str, part: str) -> None:
    """Errors of clips, media and nesting arrive with the element, said once."""
    errors = describe(f'<div {ROOT} data-duration="2">{content}</div>')["errors"]
    matching = [error for error in errors if part in error["message"]]
    assert len(matching) == 1
    assert not matching[0]["message"].startswith(matching[0]["element"])


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("const a = ;", "errors"),
        ("null.x; window.__timelines.n = { duration: () => 1, time() {} }", "errors"),
        ("window.__timelines.n = { duration: () => 1, time() {} }; null.x", "warnings"),
        ("null.x", "warnings"),
    ],
)
def test_a_failing_nested_script_is_an_error_where_it_leaves_a_hole(
    player: Any, tmp_path: Path, script: str, kind: str
) -> None:
    """Unreadable, or without the timeline it speaks of; else browsers show it, with a warning."""
    host = '<div id="host" data-composition-src="n.html" data-start="0" data-duration="1"></div>'
    (tmp_path / "index.html").write_text(f"<!doctype html><div {ROOT}>{host}</div>")
    (tmp_path / "n.html").write_text(
        f'<div data-composition-id="n"></div><script>{script}</script>'
    )
    found = _describe(player, tmp_path, root="/site/", timeout_ms=2000)
    assert len(found[kind]) == 1
    assert len(found["errors"] + found["warnings"]) == 1
    assert "n.html: " in str(found[kind])


def test_doubtful_structure_is_a_warning(describe: Any) -> None:
    """Clips that overlap, ids and compositions written twice, a second root."""
    warnings = describe(
        f"""<div {ROOT} data-duration="4">
          <p id="x" class="clip" data-start="0" data-duration="2" data-track-index="1"></p>
          <p id="x" class="clip" data-start="1" data-duration="2" data-track-index="1"></p>
          <div data-composition-id="twice"></div><div data-composition-id="twice"></div>
        </div><div id="other" data-composition-id="second"></div>"""
    )["warnings"]
    text = "\n".join(item["message"] for item in warnings)
    for part in ("overlap on track 1", 'id "x" names two clips', 'data-composition-id="twice"'):
        assert part in text
    assert "div#other is a second root" in text


@pytest.mark.parametrize("kind", ["webgl", "webgl2", "experimental-webgl", "2d"])
def test_use_of_webgl_is_noticed(describe: Any, kind: str) -> None:
    """On a canvas or off screen."""
    make = "new OffscreenCanvas(1, 1)" if kind == "webgl2" else "document.createElement('canvas')"
    found = describe(
        f'<div {ROOT} data-duration="2"></div><script>{make}.getContext("{kind}")</script>'
    )
    assert found["usesWebgl"] is (kind != "2d")


def test_fonts_of_texts_are_listed(player: Any) -> None:
    """Families, weight and style of each kind of text, and the declared face it finds."""
    found = _describe(
        player,
        f"""<style>
          @font-face {{ font-family: "Mine"; src: local("DejaVu Sans"), local("Liberation Sans") }}
          h1 {{ font: italic 700 20px "Mine", "Other Face", sans-serif }}
          p {{ font-family: "Nowhere", monospace }}
        </style>
        <div {ROOT} data-duration="2"><h1>Title</h1><p id="words">words</p><p>more</p></div>""",
    )
    fonts = [
        [font[name] for name in ("element", "families", "weight", "style", "declared")]
        for font in found["fonts"]
    ]
    assert fonts == [
        ["h1", ["Mine", "Other Face", "sans-serif"], "700", "italic", "Mine"],
        ["p#words", ["Nowhere", "monospace"], "400", "normal", None],
    ]
    # Of the second kind, both elements brought characters.
    assert [font["parts"] for font in found["fonts"]] == [["h1"], ["p#words", "p:nth(2)"]]


def test_thousands_of_texts_are_a_few_questions_about_fonts(player: Any) -> None:
    """An element whose characters others have shown in its font is not asked about."""
    texts = "".join(f"<p>{number}</p>" for number in range(2000))
    [numbers, emoji] = _describe(
        player, f"<div {ROOT} data-duration='2'>{texts}<p>7\U0001f680</p>"
    )["fonts"]
    assert len(numbers["parts"]) == 10
    assert (numbers["emoji"], emoji["emoji"]) == (False, True)
    assert player.page.evaluate("__fanreel.fonts.probe([[0, null], [0, 3], [1, null]])") == 3
    shown = player.page.evaluate("__fanreel.fonts.probes().map(probe => probe.textContent)")
    assert shown == ["0\n1\n2\n3\n4\n5\n6\n7\n8\n9", "3", "\U0001f680"]


def test_texts_are_noted_where_the_planner_stops(player: Any) -> None:
    """New ones at every stop, what only changes its font at looks; nothing in between."""
    player.open(
        f"""<style>.x {{ font-family: monospace }}</style>
        <div {ROOT} data-duration="2"><p>0</p><b>x</b></div><script>
          requestAnimationFrame(function draw(now) {{
            const frame = Math.round(now * 0.03);
            document.querySelector("p").textContent = frame;
            document.querySelector("b").className = [2, 4].includes(frame) ? "x" : "";
            requestAnimationFrame(draw);
          }});
        </script>"""
    )
    player.page.evaluate("__fanreel.fonts.watch({ frames: [0, 2, 6], looks: [4] })")
    player.trace([0, 1, 2, 3], "0")
    kinds = "__fanreel.fonts.list().map(({ values, known }) => [values[0], [...known].join('')])"
    assert [known for _, known in player.page.evaluate(kinds)] == ["02", "x"]
    player.trace([4, 5, 6], "0")
    found = player.page.evaluate(kinds)
    assert [known for _, known in found] == ["0246", "x", "x"]
    assert found[2][0] == "monospace"


def test_volumes_that_scripts_move_are_followed(player: Any) -> None:
    """From data-volume on, at every frame shown; a silent start is heard for what comes."""
    player.open(
        f"""<div {ROOT} data-duration="2">
          <audio id="a" src="a.wav" data-start="0" data-duration="2" data-volume="0.5"></audio>
          <audio id="b" src="b.wav" data-start="0" data-duration="2" data-volume="0"></audio>
          <audio id="c" src="c.wav" data-start="0" data-duration="2" data-volume="0.3"></audio>
        </div><script>
          window.first = [];
          requestAnimationFrame(function draw(now) {{
            if (now < 1) first.push(a.volume);
            b.volume = Math.round(now) / 1000;
            if (now > 500) a.volume = 0.25;
            requestAnimationFrame(draw);
          }});
        </script>"""
    )
    player.trace([0, 15, 18], "0")
    media = player.page.evaluate("__fanreel.describe()")["media"]
    assert [item["volumes"] for item in media] == [
        [[15, 0.5], [18, 0.25]],
        [[0, 1], [0, 0], [15, 0.5], [18, 0.6]],
        None,
    ]
    assert [item["audible"] for item in media] == [True, True, True]
    assert player.page.evaluate("first.at(-1)") == 0.5
