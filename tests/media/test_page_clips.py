"""Which clip is on screen when."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

VISIBLE = """[...document.querySelectorAll("[data-start]")]
  .filter((e) => e.id && getComputedStyle(e).visibility === "visible").map((e) => e.id)"""
WINDOWS = """Object.fromEntries(__fanreel.clips.all.map((clip) =>
  [clip.element.id, [clip.startFrame, clip.endFrame === Infinity ? null : clip.endFrame]]))"""


def root(content: str, attributes: str = 'data-duration="10"') -> str:
    """Wrap *content* into a composition."""
    return f'<main data-composition-id="main" {attributes}>{content}</main>'


def clip(name: str, start: object, duration: object = None, more: str = "") -> str:
    """Return one clip."""
    length = "" if duration is None else f'data-duration="{duration}"'
    return f'<p id="{name}" class="clip" data-start="{start}" {length} {more}>{name}</p>'


def test_windows_are_half_open_at_the_exact_frame(player: Any) -> None:
    """A clip shows from its first frame to the one before its end."""
    player.open(root(clip("a", 0, 1) + clip("b", 1, "0.1") + clip("c", "1.1", 2)))
    seen = player.trace([0, 29, 30, 32, 33, 92, 93, 33, 0], VISIBLE)
    assert seen == [["a"], ["a"], ["b"], ["b"], ["c"], ["c"], [], ["c"], ["a"]]


@pytest.mark.parametrize("fps", [24, 25, 30, 60, Fraction(30000, 1001), Fraction(24000, 1001)])
def test_every_boundary_equals_exact_arithmetic(player: Any, fps: Fraction) -> None:
    """Windows are those of fractions, at whole and broken frame rates, far into the timeline."""
    starts = [Fraction(n, 100) for n in range(0, 400, 7)] + [Fraction(n, 30) for n in range(20)]
    starts += [Fraction(3599999, 1000), Fraction(1001, 30), Fraction("0.30000000000000004")]
    texts = [str(float(start)) for start in starts]
    player.open(root("".join(clip(f"c{n}", text, "0.7") for n, text in enumerate(texts))), fps=fps)
    windows = player.at(0, WINDOWS)
    tolerance = Fraction(1, 10000)  # as the head of clips.js says
    for n, text in enumerate(texts):
        start = Fraction(text) * fps
        end = (Fraction(text) + Fraction("0.7")) * fps
        assert windows[f"c{n}"] == [
            -(-(start - tolerance) // 1),
            -(-(end - tolerance) // 1),
        ], text


def test_starts_may_refer_to_other_clips(player: Any) -> None:
    """`id`, `id + n` and `id - n` mean the end of that clip, also in chains and backwards."""
    player.open(
        root(
            clip("late", "mid + 0.5", 1)
            + clip("first", 1, 2)
            + clip("mid", "first", 1)
            + clip("cross", "first - 0.5", 1)
            + clip("a-b", 0, "0.5")
            + clip("hyphen", "a-b - 0.1", 1)
            + '<section id="host" data-composition-id="card" data-start="5" data-duration="1">'
            + "</section>"
            + clip("after", "card", 1)
        )
    )
    assert player.at(0, WINDOWS) == {
        "late": [135, 165],
        "first": [30, 90],
        "mid": [90, 120],
        "cross": [75, 105],
        "a-b": [0, 15],
        "hyphen": [12, 42],
        "host": [150, 180],
        "after": [180, 210],
    }
    assert player.page.evaluate("__fanreel.clips.errors") == []


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (clip("a", "b", 1) + clip("b", "a", 1), 'p#a: data-start="b" depends on itself'),
        (clip("a", "a", 1), 'p#a: data-start="a" depends on itself'),
        (clip("a", "ghost", 1), 'p#a: data-start refers to "ghost", which is no clip'),
        (clip("b", 0, 1) + clip("a", "b-1", 1), "write a space before a - that takes"),
        (clip("b", 0) + clip("a", "b", 1), 'refers to "b", whose duration is not known'),
        (
            f'<i data-composition-id="in" data-start="0">{clip("b", 0, 1)}</i>' + clip("a", "b", 1),
            'refers to "b", which is in another composition',
        ),
        (clip("a", "NaN", 1), 'p#a: data-start="NaN" must be a number of seconds or the id'),
        (clip("a", "", 1), 'p#a: data-start="" must be a number of seconds or the id'),
        (clip("a", 0, 0), 'p#a: data-duration="0" must be a number of seconds above 0'),
        (clip("a", 0, -1), 'p#a: data-duration="-1" must be a number of seconds above 0'),
        (clip("a", 0, "soon"), 'p#a: data-duration="soon" must be a number of seconds'),
        (clip("a", 0, "1e999"), 'p#a: data-duration="1e999" must be a number'),
        (clip("a", 0, 1, 'data-playback-rate="19"'), "must be a number from 0.1 to 10"),
    ],
)
def test_broken_timing_names_the_element(player: Any, clips: str, message: str) -> None:
    """Each violation is an error with the element's name, and nothing hangs or throws."""
    player.open(root(clips))
    player.seek(3)
    errors = player.page.evaluate(
        "__fanreel.clips.errors.map((item) => `${item.element}: ${item.message}`)"
    )
    assert any(message in error for error in errors), errors
    assert errors[0].startswith("p#a: ")


def test_nested_compositions_have_their_own_time(player: Any) -> None:
    """Inner clips and timelines run at (t - start) × rate + offset, over all levels."""
    player.open(
        root(
            '<section data-composition-id="one" data-start="2" data-duration="6"'
            '  data-playback-rate="2" data-playback-start="1">'
            + clip("a", 1, 1)
            + clip("b", 3, 2)
            + '<section data-composition-id="two" data-start="3" data-duration="8"'
            '  data-playback-rate="0.5">' + clip("c", "0.5", 1) + "</section></section>"
            '<section data-composition-id="still">' + clip("d", 4, 1) + "</section>"
        )
        + """<script>
        const timeline = () => ({ at: null, duration: () => 3, seek(t) { this.at = t } });
        for (const id of ["main", "one", "two"]) window.__timelines[id] = timeline();
        window.read = () => ["main", "one", "two"].map((id) => __timelines[id].at);
        </script>"""
    )
    # One runs at double time from local 1; its local 3 is the root's 3; two runs at full speed.
    assert player.at(0, WINDOWS) | {"": 0} == {
        "a": [60, 75],
        "b": [90, 120],
        "c": [105, 135],
        "d": [120, 150],
        "": 0,
    }
    assert player.trace([0, 75, 120, 299], "read()") == [
        [0, 0, 0],
        [2.5, 2, 0],
        [3, 3, 1],
        [3, 3, 3],
    ]


def test_clips_inside_clips(player: Any) -> None:
    """An inner clip shows in its composition's time, never while the outer one is hidden."""
    player.open(
        root(
            '<div id="outer" class="clip" data-start="1" data-duration="2">'
            + clip("inner", "0.5", 1)
            + '<b id="stubborn" style="visibility: visible">x</b></div>'
        )
    )
    read = """["outer", "inner", "stubborn"].filter((id) =>
      getComputedStyle(document.getElementById(id)).visibility === "visible")"""
    assert player.trace([20, 40, 50, 90], read) == [
        [],
        ["outer", "inner", "stubborn"],
        ["outer", "stubborn"],
        [],
    ]


def test_a_clip_may_be_switched_off(player: Any) -> None:
    """With data-hidden, whatever its value, a clip is not shown; scripts may take it away again."""
    off, no = clip("off", 0, 9, "data-hidden"), clip("no", 0, 9, 'data-hidden="false"')
    player.open(root(clip("on", 0, 9) + off + no))
    assert player.at(0, VISIBLE) == ["on"]
    player.at(1, "document.getElementById('off').removeAttribute('data-hidden')")
    assert player.at(2, VISIBLE) == ["on", "off"]


def test_timing_owns_visibility(player: Any) -> None:
    """Neither inline style nor a style sheet hides a clip in its time or shows it outside."""
    player.open(
        "<style>.off { visibility: hidden }</style>"
        + root(
            clip("a", 0, 1, 'style="visibility: hidden"')
            + clip("b", 0, 1).replace('class="clip"', 'class="clip off"')
            + clip("c", 1, 1, 'style="visibility: visible"')
            + clip("d", 1, 1).replace('class="clip"', "")
            + '<img id="e" data-start="0"><video id="f" data-start="1" data-duration="1"></video>'
        )
    )
    assert player.trace([0, 30, 89, 90], VISIBLE) == [
        ["a", "b", "e"],
        ["c", "d", "e", "f"],
        ["e"],
        [],
    ]
    assert player.page.evaluate("a.style.visibility + c.style.visibility") == "hiddenvisible"


def test_scripts_may_move_clips(player: Any) -> None:
    """Timing attributes are read again when scripts change them or add clips."""
    player.open(root(clip("a", 0, 1) + clip("b", "a", 1)))
    assert player.at(40, VISIBLE) == ["b"]
    player.page.evaluate("a.setAttribute('data-duration', 2)")
    assert player.at(40, VISIBLE) == ["a"]
    player.page.evaluate(
        """document.querySelector("main").insertAdjacentHTML("beforeend",
           '<p id="c" class="clip" data-start="b" data-duration="1">c</p>')"""
    )
    assert player.trace([40, 70, 100], VISIBLE) == [["a"], ["b"], ["c"]]
    player.page.evaluate("a.remove()")
    assert player.page.evaluate("__fanreel.clips.errors.length") == 1


def test_root_attributes_are_those_of_the_file(player: Any) -> None:
    """No script changes the length that was written, not even the one right after the root."""
    player.open(
        """<script>document.addEventListener("DOMContentLoaded", () =>
          document.querySelector("main").setAttribute("data-width", 1))</script>"""
        + root("<script>document.querySelector('main').dataset.duration = 99</script>")
    )
    assert player.page.evaluate("__fanreel.rootAttributes") == {
        "data-composition-id": "main",
        "data-duration": "10",
    }


def test_lanes_that_overlap_are_a_warning(player: Any) -> None:
    """Two clips of one track and composition may touch but not overlap."""
    player.open(
        root(
            clip("a", 0, 2, 'data-track-index="1"')
            + clip("b", 2, 2, 'data-track-index="1"')
            + clip("c", 3, 2, 'data-track-index="1"')
            + clip("d", 3, 2, 'data-track-index="2"')
            + clip("e", 3, 2)
        )
    )
    assert player.page.evaluate("__fanreel.clips.warnings.map((item) => item.message)") == [
        'p#b and p#c overlap on track 1 of composition "main"'
    ]


def test_late_and_odd_timelines_are_played(player: Any) -> None:
    """A timeline that comes late, has only time(), or a key of its own plays the root."""
    player.open(root(""))
    player.seek(10)
    player.page.evaluate(
        """() => { window.tl = { at: 0, duration: () => 5, time(t) {
                     if (t !== undefined) this.at = t; return this.at } };
                   window.__timelines.whatever = tl }"""
    )
    assert player.at(60, "tl.at") == 2
    assert player.at(240, "tl.at") == 5
    assert player.page.evaluate("__fanreel.timelines.durationS()") == 5


def test_an_unchanged_page_is_not_touched(player: Any) -> None:
    """Between boundaries a seek writes nothing: 200 clips cost what none do."""
    clips = "".join(clip(f"c{n}", n / 10, 5) for n in range(200))
    player.open(root(clips, 'data-duration="30"'))
    player.seek(31)
    written = player.page.evaluate(
        """async () => {
          let count = 0;
          const watcher = new MutationObserver((records) => { count += records.length });
          watcher.observe(document, { subtree: true, attributes: true, childList: true });
          const counts = [];
          for (const frame of [32, 33, 34]) {
            __fanreel.seek(frame);
            count += watcher.takeRecords().length;
            counts.push(count);
            count = 0;
          }
          return counts;
        }"""
    )
    assert written == [0, 2, 0]  # at 1.1 s one clip begins: shown, no longer hidden


def test_entrances_of_a_timeline_are_hidden_from_the_first_frame(
    player: Any, library: Callable[[str], str]
) -> None:
    """What fromTo() sets when it is written holds at frame 0, before the tween begins."""
    player.open(
        f"""<script src="{library("gsap/dist/gsap.min.js")}"></script>"""
        + root('<p id="late">late</p><p id="early">early</p>')
        + """<script>
          const tl = gsap.timeline({ paused: true });
          tl.fromTo("#late", { opacity: 0, x: 40 }, { opacity: 1, x: 0, duration: 0.5 }, 0.3);
          tl.to("#early", { x: 100, duration: 1, ease: "none" }, 0);
          window.__timelines = { main: tl };
        </script>"""
    )
    seen = player.trace([0, 5, 30, 0], "getComputedStyle(late).opacity")
    assert seen == ["0", "0", "1", "0"]


DISPLAYED = """[...document.querySelectorAll("[data-start]")]
  .filter((e) => e.id && getComputedStyle(e).display !== "none").map((e) => e.id)"""


def test_only_a_hidden_clip_in_the_flow_without_clips_in_it_leaves_the_flow(player: Any) -> None:
    """Static, relative and sticky ones do; placed ones and those around another clip stay."""
    later = 'data-start="1" data-duration="1"'
    player.open(
        root(
            f"""<div>
            <i id="static" {later}></i><i id="relative" {later} style="position: relative"></i>
            <i id="sticky" {later} style="position: sticky"></i>
            <i id="absolute" {later} style="position: absolute"></i>
            <i id="fixed" {later} style="position: fixed"></i>
            <i id="around" {later}><b id="inner" {later}></b></i>
            <i id="block" {later} style="display: block"></i>
            </div><i id="below-the-root" {later}></i>"""
        )
    )
    shown = ["static", "relative", "sticky", "absolute", "fixed", "around", "inner", "block"]
    stay = ["absolute", "fixed", "around", "below-the-root"]
    assert player.trace([0, 30, 60, 30], DISPLAYED) == [
        stay,
        [*shown, "below-the-root"],
        stay,
        [*shown, "below-the-root"],
    ]


def test_what_a_script_displays_for_a_moment_can_be_measured(player: Any) -> None:
    """GSAP measures what is not displayed by writing `display: block`, and moves it otherwise."""
    player.open(root('<div><i id="a" data-start="1" data-duration="1">words</i></div>'))
    measured = """(() => {
      const { style } = document.getElementById("a");
      const found = [document.getElementById("a").offsetWidth > 0];
      style.display = "block";
      found.push(document.getElementById("a").offsetWidth > 0);
      style.removeProperty("display");
      return found;
    })()"""
    assert player.trace([0, 30], measured) == [[False, True], [True, True]]


def test_boxes_of_clips_do_not_depend_on_the_first_frame(another: Any) -> None:
    """A clip that is empty while its captions are hidden at the start is as large as the root."""
    page = root(
        """<div id="around" style="position: absolute" data-start="0" data-duration="3">
        <i id="word" data-start="1" data-duration="1">word</i></div>""",
        'data-duration="3" data-width="640" data-height="360"',
    )
    size = "[around.offsetWidth, around.offsetHeight].join()"
    for first in (0, 40):
        player = another()
        player.open(page)
        assert player.trace([first, 40, 0], size) == ["640,360"] * 3


MOTION = """<style>
  #late::before { content: ""; display: block; width: 0; animation: grow 1s linear both }
  #late { animation: sink 1s linear both; display: block; transition: all 1s allow-discrete }
  @keyframes grow { to { width: 100px } }
  @keyframes sink { to { margin-top: 50px } }
</style><div><i id="late" data-start="1" data-duration="1"></i></div>"""


def test_animations_of_what_left_the_flow_run_in_the_clips_time(another: Any) -> None:
    """Also a pseudo-element's, wherever the page begins; no transition delays the leaving."""
    seen = """[getComputedStyle(late).display, getComputedStyle(late, "::before").width,
      getComputedStyle(late).marginTop]"""
    middle = ["block", "50px", "25px"]
    for frames in ([0, 30, 45, 70], [45, 70]):
        player = another()
        player.open(root(MOTION, 'data-duration="3"'))
        *_, at_middle, after = player.trace(frames, seen)
        assert (at_middle, after[0]) == (middle, "none")
