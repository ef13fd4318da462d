"""Nested compositions: mounting, scoped styles, scoped scripts, references, errors."""

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

COMPOSITIONS = Path(__file__).parent.parent / "compositions"


@pytest.fixture
def show(player: Any, npm_dir: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that opens one of `tests/compositions` and hands back its page."""

    def show(name: str, **config: Any) -> Any:
        project = tmp_path / name
        shutil.copytree(COMPOSITIONS / name, project)
        shutil.copy(npm_dir / "gsap/dist/gsap.min.js", project)
        ready = player.open(project, root="/site/", **config)
        assert ready["waitingFor"] == []
        return player

    return show


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a project: an index around *hosts*, and files by path."""

    def write(hosts: str, files: dict[str, str], head: str = "") -> Path:
        index = (
            f"<!doctype html><html><head>{head}</head><body style='margin:0'>"
            '<div id="root" data-composition-id="main" data-width="640" data-height="360" '
            f'data-duration="2">{hosts}</div></body></html>'
        )
        for path, text in {"index.html": index, **files}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_two_mounts_of_one_file_have_a_timeline_each(show: Any) -> None:
    """Each mount animates its own elements, by its own variables, in its own local time."""
    player = show("nesting-two-mounts")
    boxes = """[...document.querySelectorAll(".box")].map(
      (box) => new DOMMatrix(getComputedStyle(box).transform).e)"""
    assert player.at(45, boxes) == [15, 75, 50]
    assert player.at(60, boxes) == [20, 100, 100]
    assert player.at(90, boxes) == [30, 100, 200]
    assert player.at(45, boxes) == [15, 75, 50]


def test_instances_keep_registries_apart(show: Any) -> None:
    """The interface in instances.js: keys, ids, sizes, and one registry per mount."""
    player = show("nesting-two-mounts")
    assert player.page.evaluate(
        """() => {
          const { owners, isOwnRoot } = __fanreel.instances;
          const instances = __fanreel.instances.instances();
          const [a, b] = instances.map((item) => item.timelines.card);
          return {
            list: instances.map((i) => [i.key, i.id, i.host.id, i.width, i.height]),
            apart: a !== b && owners.get(a) === instances[0] && owners.get(b) === instances[1],
            global: window.__timelines.card === b,
            roots: instances.every((i) => isOwnRoot(i.root) && i.root.parentElement === i.host),
          };
        }"""
    ) == {
        "list": [["n1", "card", "first", 640, 100], ["n2", "card", "second", 640, 100]],
        "apart": True,
        "global": True,
        "roots": True,
    }


def test_the_page_is_whole_when_its_own_scripts_run(player: Any, project: Any) -> None:
    """Nested content stands before the page's scripts run, nested scripts run after them."""
    player.open(
        project(
            """<div id="host" data-composition-src="./n.html" data-start="0">
                 <p class="loading">replaced</p>
               </div>
               <script>
                 const found = document.querySelectorAll(".inner").length;
                 window.seen = [found, window.nestedRan ?? null];
                 window.order = ["page"];
               </script>""",
            {
                "n.html": '<p class="inner" data-composition-id="n">i</p>'
                "<script>window.nestedRan = true; window.order.push('nested')</script>"
            },
        ),
        root="/site/",
    )
    assert player.page.evaluate("[window.seen, window.order]") == [[1, None], ["page", "nested"]]
    assert player.page.evaluate("document.querySelector('.loading')") is None


def test_content_has_its_authored_size(player: Any, project: Any) -> None:
    """A host without a size takes the root's, its own attributes' or the frame's."""
    inner = '<template><div id="root" data-composition-id="%s" %s></div></template>'
    size = 'data-width="200" data-height="100"'
    player.open(
        project(
            """<div id="a" data-composition-src="sized.html" data-start="0"></div>
               <div id="b" data-composition-src="sized.html" data-start="0" style="width: 50px">
               </div>
               <div id="c" data-composition-src="plain.html" data-start="0" data-width="300"
                 data-height="30"></div>
               <div id="d" data-composition-src="plain.html" data-start="0"></div>
               <div id="e" class="small" data-composition-src="sized.html" data-start="0"></div>
               <div id="f" class="edges" data-composition-src="plain.html" data-start="0"></div>""",
            {"sized.html": inner % ("s", size), "plain.html": inner % ("p", "")},
            head="""<style>.small { width: 64px; height: 36px }
              .edges { position: absolute; inset: 20px }</style>""",
        ),
        root="/site/",
    )
    sizes = """["a", "b", "c", "d", "e", "f"].flatMap((id) => {
      const host = document.getElementById(id);
      return [host, host.firstElementChild].map((e) => [e.offsetWidth, e.offsetHeight].join("x"));
    })"""
    assert player.page.evaluate(sizes) == [
        *("200x100", "200x100"),
        *("50x100", "200x100"),
        *("300x30", "300x30"),
        *("640x360", "640x360"),
        *("64x36", "200x100"),
        *("600x320", "600x320"),
    ]


STYLES = """([selector, ...names]) => [...document.querySelectorAll(selector)].map(
  (element) => names.map((name) => getComputedStyle(element)[name]))"""


def test_styles_stay_inside_their_host(show: Any) -> None:
    """Rules of a nested file do not reach the page, and win over the page's inside."""
    page = show("nesting-styles").page

    def styles(*query: str) -> Any:
        return page.evaluate(STYLES, list(query))

    outside = styles("#outside", "color", "letterSpacing", "wordSpacing")
    assert outside == [["rgb(255, 0, 0)", "normal", "0px"]]
    inside = ["rgb(0, 0, 255)", "3px", "2px"]
    assert styles(".slot .title", "color", "letterSpacing", "wordSpacing") == [inside, inside]
    # The page's `.deep .title` still applies to what the file says nothing about.
    assert styles(".slot .title", "fontSize") == [["30px"], ["30px"]]
    content = (
        "[...document.querySelectorAll('.title')].map(e => getComputedStyle(e, '::before').content)"
    )
    assert page.evaluate(content) == ["none", '"“"', '"“"']


def test_rules_in_other_rules_are_scoped_too(show: Any) -> None:
    """@media, @supports with @layer, nesting, @container, linked and imported sheets."""
    page = show("nesting-styles").page
    names = ["media", "layered", "inner", "contained", "linked", "imported"]
    colors = {name: page.evaluate(STYLES, [f".slot .{name}", "color"]) for name in names}
    assert colors == {
        name: [[f"rgb({value}, {value}, {value})"]] * 2 for value, name in enumerate(names, 1)
    }


def test_document_rules_mean_the_host(show: Any) -> None:
    """`html`, `body` and `:root` of a nested file are its host; percentage heights follow."""
    page = show("nesting-styles").page
    hosts = page.evaluate(STYLES, [".slot", "backgroundColor", "fontSize", "height", "position"])
    # The page's own rule places the host; the nested `body` does not undo it.
    assert hosts == [["rgb(10, 20, 30)", "20px", "360px", "absolute"]] * 2
    assert page.evaluate(STYLES, ["body", "backgroundColor"]) == [["rgba(0, 0, 0, 0)"]]
    halves = page.evaluate(STYLES, [".slot .half", "height", "backgroundColor"])
    assert halves == [["180px", "rgb(0, 0, 255)"]] * 2
    assert page.evaluate(STYLES, [".slot .linked", "textIndent"]) == [["7px"], ["7px"]]


def test_roots_by_the_same_id_do_not_share_rules(player: Any, project: Any) -> None:
    """Every root is called "root" by convention: each file's `#root` rules mean its own."""
    template = """<template>
        <style>
          #root { padding-left: %dpx }
          [data-composition-id="%s"] { border-top: 1px solid }
        </style>
        <div id="root" data-composition-id="%s"><div data-composition-src="%s"></div></div>
        <script>
          document.querySelector("#root").className = document.getElementById("root").localName;
          document.querySelectorAll('[data-composition-id="%s"]')[0].dataset.own = "yes";
        </script>
      </template>"""
    player.open(
        project(
            '<div id="host" data-composition-src="a.html" data-start="0"></div>',
            {
                "a.html": template % (3, "a", "a", "b.html", "a"),
                "b.html": template % (7, "b", "b", "", "b"),
            },
            head="<style>#root { background: rgb(9, 9, 9); padding-left: 1px }</style>",
        ),
        root="/site/",
    )
    roots = player.page.evaluate(
        STYLES, ["#root, [data-fanreel-root]", "paddingLeft", "backgroundColor"]
    )
    clear = "rgba(0, 0, 0, 0)"
    assert roots == [["1px", "rgb(9, 9, 9)"], ["3px", clear], ["7px", clear]]
    assert player.page.evaluate(
        "[...document.querySelectorAll('[data-fanreel-root]')].map(e => e.className)"
    ) == ["div", "div"]
    # The composition's own id is one box, so what it says applies once.
    bordered = """[...document.querySelectorAll("*")]
      .filter((e) => getComputedStyle(e).borderTopWidth === "1px").map((e) => e.dataset.own)"""
    assert player.page.evaluate(bordered) == ["yes", "yes"]


def test_keyframes_of_two_files_do_not_collide(show: Any) -> None:
    """Both files call their animation `move`; each element runs its own file's."""
    player = show("nesting-styles")
    left = "[...document.querySelectorAll('.mover')].map(e => getComputedStyle(e).left)"
    assert player.at(30, left) == ["10px", "70px", "70px"]


def test_font_faces_stay_global(show: Any) -> None:
    """An @font-face of a nested file serves texts under the name it was given."""
    page = show("nesting-styles").page
    families = "[...new Set([...document.fonts].map(face => face.family.replaceAll('\"', '')))]"
    assert page.evaluate(families) == ["Scene Sans"]


def test_local_time_passes_through_every_level(show: Any) -> None:
    """Rate and offset of each host add up: (t - start) * rate + playback start."""
    player = show("nesting-levels")
    marks = """Object.fromEntries([...document.querySelectorAll("i")].map(
      (e) => [e.textContent, +(+getComputedStyle(e).getPropertyValue("--t")).toFixed(3)]))"""
    # outer starts at 2 with rate 2; inner starts there at 1, that is at 2.5, offset 0.5. The leaf
    # has no timeline; the one around it finds it too, and so does the one around that, first.
    assert player.at(90, marks) == {"outer": 2, "inner": 1.5, "leaf": 1.5, "inline": 2}
    assert player.at(75, marks) == {"outer": 1, "inner": 0.5, "leaf": 0.5, "inline": 1.5}


def test_deeper_styles_win(show: Any) -> None:
    """Where two levels say the same of an element, the inner one is heard, wherever it stands."""
    page = show("nesting-levels").page
    assert page.evaluate(STYLES, [".mark", "color"]) == [
        [f"rgb({value}, 0, 0)"] for value in (3, 4, 2)
    ]


def test_scripts_reach_their_own_subtree(show: Any) -> None:
    """Look-ups find what is below the host, also nested content; `body` is the host."""
    page = show("nesting-levels").page
    assert page.evaluate(
        """[document.querySelector("[data-found]").dataset.found,
            document.querySelector("[data-body]").dataset.body]"""
    ) == ["3", "DIV1"]


def test_scripts_run_once_per_mount_in_order(show: Any) -> None:
    """Classic scripts share names, libraries run once, modules last; nothing meets its twin."""
    page = show("nesting-scripts").page
    logs = page.evaluate(
        "[...document.querySelectorAll('.log')].map(l => [...l.children].map(c => c.textContent))"
    )
    expected = [
        "script in DIV",
        "own 0 1",
        "4 library 1",
        "kept %d true true true",
        "later 1",
        "module 7 8 1",
        "ready text",
    ]
    assert logs == [[text.replace("%d", kept) for text in expected] for kept in "12"]
    touched = """[...document.querySelectorAll(".x")].map(
      (e) => [e.className, e.style.getPropertyValue("--touched"), e.dataset.imported ?? ""])"""
    own = ["x found", "1", "8"]
    assert page.evaluate(touched) == [["x", "", ""], own, own]
    assert page.evaluate("[typeof shared, typeof log, typeof Counter]") == ["undefined"] * 3


def test_animations_made_later_stay_inside(player: Any, project: Any, library: Any) -> None:
    """Selector strings resolve in the instance after an await and in timeline callbacks too."""
    script = """
      const tl = gsap.timeline({ paused: true });
      tl.call(() => gsap.set(".x", { "--called": 1 }), [], 0.5);
      window.__timelines.n = tl;
      (async () => {
        await new Promise((resolve) => setTimeout(resolve));
        tl.fromTo(".x", { left: 0 }, { left: 50, duration: 1, ease: "none" }, 0);
      })();"""
    text = f'<div data-composition-id="n"><p class="x"></p></div><script>{script}</script>'
    player.open(
        project(
            '<p class="x"></p><div data-composition-src="n.html" data-start="0"></div>',
            {"n.html": text},
            head=f'<script src="{library("gsap/dist/gsap.min.js")}"></script>',
        ),
        root="/site/",
    )
    styles = """[...document.querySelectorAll(".x")].map(
      (e) => [e.style.left, e.style.getPropertyValue("--called")])"""
    assert player.at(30, styles) == [["", ""], ["50px", "1"]]


@pytest.mark.parametrize("frames", [[15], [0, 15], [9, 12, 15], [30, 15]])
def test_two_timelines_on_one_element_agree_in_any_order(
    player: Any, project: Any, library: Any, frames: list[int]
) -> None:
    """A parent's selector reaches nested content: the inner timeline, seeked later, decides."""
    script = """<script>
        const tl = gsap.timeline({ paused: true });
        tl.to(".x", { "--at": %d, duration: 1, ease: "none" });
        window.__timelines.%s = tl;
      </script>"""
    inner = '<div data-composition-id="inner"><p class="x" style="--at: 0"></p></div>'
    host = '<div data-composition-src="inner.html" data-start="0.25" data-duration="1"></div>'
    player.open(
        project(
            f'{host}<p class="x" style="--at: 0"></p>{script % (100, "main")}',
            {"inner.html": inner + script % (40, "inner")},
            head=f'<script src="{library("gsap/dist/gsap.min.js")}"></script>',
        ),
        root="/site/",
    )
    for frame in frames:
        player.seek(frame)
    values = "[...document.querySelectorAll('.x')].map(e => +e.style.getPropertyValue('--at'))"
    assert player.page.evaluate(values) == [10, 50]


def test_our_own_look_ups_see_the_whole_page(show: Any) -> None:
    """Clips are resolved anew inside a nested script's call: still all of the page's."""
    page = show("nesting-two-mounts").page
    assert page.evaluate(
        """() => {
          const { clips, lookups, instances } = __fanreel;
          const [instance] = instances.instances();
          const counts = [clips.all.length];
          instance.host.insertAdjacentHTML("beforeend", '<p class="clip" data-start="0"></p>');
          return lookups.within(instance, () => {
            counts.push(clips.all.length, document.querySelectorAll("[data-start]").length);
            return counts;
          });
        }"""
    ) == [2, 3, 2]


def test_references_resolve_beside_the_file_or_from_the_root(show: Any) -> None:
    """`../x` from the file, `x` beside it if it is there, else from the project's root."""
    page = show("nesting-assets").page
    assert page.evaluate(
        "[...document.images].map(i => i.getAttribute('src').replace('/site/', ''))"
    ) == ["images/root.svg", "scenes/deep/beside.svg", "scenes/deep/beside.svg", "images/root.svg"]
    assert page.evaluate("document.images[1].srcset") == (
        "/site/scenes/deep/beside.svg 1x, images/root.svg 2x"
    )
    backgrounds = page.evaluate(STYLES, ["p:not(#fetched)", "backgroundImage"])
    files = [re.findall(r'/site/([^"]*)', background) for [background] in backgrounds]
    beside = "scenes/deep/beside.svg"
    assert files == [["images/root.svg", beside], [beside], [beside]]
    assert page.evaluate("document.getElementById('fetched').textContent") == "fetched beside"


def test_what_exists_can_be_told_beforehand(player: Any, project: Any) -> None:
    """With `config.projectFiles` no request is made for a neighbour that is not there."""
    requests: list[str] = []
    player.page.on("request", lambda request: requests.append(request.url.partition("/site/")[2]))
    player.open(
        project(
            '<div data-composition-src="n/n.html" data-start="0"></div>',
            {"n/n.html": '<img src="a.svg"><img src="b.svg">', "n/a.svg": "", "b.svg": ""},
        ),
        root="/site/",
        projectFiles=["index.html", "n/n.html", "n/a.svg", "b.svg"],
    )
    assert set(requests) == {"index.html", "n/n.html", "n/a.svg", "b.svg"}


def test_broken_files_are_named(show: Any) -> None:
    """A missing file, a cycle and scripts that fail: each an error; the others still run."""
    page = show("nesting-broken").page
    errors = dict(page.evaluate("__fanreel.instances.errors.map(e => [e.element, e.message])"))
    assert sorted(errors) == ["div#again", "div#missing", "div#runtime", "div#syntax"]
    assert "'compositions/none.html' could not be read (HTTP 404)" in errors["div#missing"]
    path = "compositions/cyclic.html → compositions/back.html → compositions/cyclic.html"
    assert path in errors["div#again"]
    assert errors["div#syntax"].startswith("compositions/syntax.html: SyntaxError")
    assert errors["div#runtime"].endswith("(line 5)")
    assert page.evaluate("document.querySelector('.mark').textContent") == "runs"


def test_broken_modules_are_named(player: Any, project: Any) -> None:
    """Syntax, import and run-time errors of modules, with the line of the nested file."""
    modules = ["null.value", 'import "./none.js"', "let 5", "window.fine = 1"]
    text = "\n".join(f'<script type="module">{code}</script>' for code in modules)
    text += '\n<script type="module" src="gone.js"></script>'
    player.open(
        project('<div data-composition-src="m.html" data-start="0"></div>', {"m.html": text}),
        root="/site/",
    )
    player.errors.clear()
    messages = player.page.evaluate("__fanreel.instances.errors.map(e => e.message)")
    assert messages[0].startswith("m.html: TypeError: Cannot read properties of null")
    assert messages[0].endswith("(line 1)")
    assert messages[1] == "module of m.html: an import could not be loaded"
    assert messages[2].startswith("m.html: SyntaxError")
    assert messages[2].endswith("(line 3)")
    assert messages[3] == "module gone.js: HTTP 404"
    assert player.page.evaluate("window.fine") == 1


def test_a_composition_that_lost_its_id_is_an_element(player: Any) -> None:
    """A script takes data-composition-id off an inline composition: frames go on without it."""
    player.open(
        """<main data-composition-id="main" data-duration="2">
          <div id="inner" data-composition-id="inner" data-start="1"></div>
        </main><script>
          const timeline = { at: [], totalTime(time) { this.at.push(time); }, duration: 2 };
          window.__timelines = { main: { ...timeline, at: [] }, inner: timeline };
          window.reached = () => Object.values(__timelines).map(({ at }) => at.at(-1));
        </script>"""
    )
    assert player.at(45, "reached()") == [1.5, 0.5]
    player.page.evaluate("inner.removeAttribute('data-composition-id')")
    assert player.at(48, "reached()") == [1.6, 0.5]
    assert player.page.evaluate("__fanreel.instances.instances()") == []


def test_a_host_added_by_a_script_is_mounted(player: Any, project: Any) -> None:
    """Late hosts mount, also without an id, and their clips join the timeline."""
    player.open(
        project(
            """<script>
                 window.add = () => document.getElementById("root").insertAdjacentHTML("beforeend",
                   '<div data-composition-src="late.html" data-start="1" data-duration="1"></div>');
               </script>""",
            {
                "late.html": '<p class="late"></p><style>.late { color: rgb(7, 7, 7) }</style>'
                "<script>document.querySelector('.late').textContent = 'ran'</script>"
            },
        ),
        root="/site/",
    )
    player.page.evaluate("add()")
    player.page.evaluate("__fanreel.nesting.mounted()")
    assert player.page.evaluate(STYLES, [".late", "color"]) == [["rgb(7, 7, 7)"]]
    late = "document.querySelector('.late')"
    visible = f"[{late}.checkVisibility({{ visibilityProperty: true }}), {late}.textContent]"
    assert player.at(0, visible) == [False, "ran"]
    assert player.at(30, visible) == [True, "ran"]
    instances = "__fanreel.instances.instances().map(item => [item.id, item.host === item.root])"
    assert player.page.evaluate(instances) == [[None, True]]


def test_a_style_sheet_made_by_a_script_is_scoped(player: Any, project: Any) -> None:
    """`document.createElement("style")` in a nested script styles that instance only."""
    script = """const style = document.createElement("style");
      style.textContent = "p { color: rgb(8, 8, 8) }";
      document.head.append(style);"""
    player.open(
        project(
            '<p>outside</p><div data-composition-src="n.html" data-start="0"></div>',
            {"n.html": f"<p>inside</p><script>{script}</script>"},
        ),
        root="/site/",
    )
    assert player.page.evaluate(STYLES, ["p", "color"]) == [["rgb(0, 0, 0)"], ["rgb(8, 8, 8)"]]


def test_mounts_are_painted_with_their_own_gradients_and_masks(player: Any, project: Any) -> None:
    """Ids that a file refers to are told apart; its selectors and look-ups still find them."""
    mark = """<svg width="40" height="40" data-composition-id="mark">
      <style>#tint stop { stop-color: var(--tint) } .masked { clip-path: url(#shape) }</style>
      <linearGradient id="tint"><stop /></linearGradient>
      <clipPath id="shape"><rect id="cut" width="20" height="40" /></clipPath>
      <rect class="masked" width="40" height="40" fill="url(#tint)" />
      <use href="#cut" fill="none" />
    </svg>
    <script>
      document.getElementById("tint").dataset.found = document.querySelectorAll("#shape").length;
    </script>"""
    host = """<div data-composition-src="mark.html" data-start="%d" data-duration="1"
      data-variable-values='{"tint": "%s"}' style="position: absolute; left: %dpx"></div>"""
    player.open(
        project(
            host % (0, "#f00", 0) + host % (1, "#00f", 100),
            {"mark.html": mark},
            head="<style>body { background: #fff }</style>",
        ),
        root="/site/",
    )
    found = "[...document.querySelectorAll('linearGradient')].map(e => e.dataset.found)"
    assert player.page.evaluate(found) == ["1", "1"]
    picture = Image.open(io.BytesIO(player.shot(30))).convert("RGB")
    points = [picture.getpixel((x, 20)) for x in (10, 110, 130)]
    assert points == [(255, 255, 255), (0, 0, 255), (255, 255, 255)]


def test_links_without_an_aim_are_left_alone(player: Any, project: Any) -> None:
    """`href="#"`, as buttons of templates have it, names no element."""
    card = (
        '<div data-composition-id="card" data-no-timeline>'
        '<a href="#">Get it</a><svg><use href="#"/></svg></div>'
    )
    hosts = '<div data-composition-id="card" data-composition-src="card.html" data-start="0"></div>'
    ready = player.open(project(hosts, {"card.html": card}), root="/site/")
    assert ready["waitingFor"] == []
    assert player.at(0, 'document.querySelector("a").getAttribute("href")') == "#"


def test_what_a_standalone_file_relies_on_still_works(player: Any, project: Any) -> None:
    """`onload` of the body, window listeners, observers of the document, global look-ups."""
    text = """<html><body class="theme" onload="note('onload')">
      <div data-composition-id="alone"><p class="log"></p></div>
      <script>
        function note(text) { document.querySelector(".log").append(`${text} `); }
        window.addEventListener("load", () => note("load"));
        new MutationObserver(() => {}).observe(document, { childList: true });
        document.body.style.setProperty("--mine", "1");
        note([window === top, document.body.className, document.querySelector("#other")]);
        note([document.documentElement === document.body, typeof note, window.note]);
        note(Object.keys(window.__timelines).length + typeof window.__timelines.main);
      </script></body></html>"""
    player.open(
        project(
            """<p id="other"></p><div data-composition-src="alone.html" data-start="0"></div>
               <script>window.__timelines = { main: { duration: () => 1, time() {} } }</script>""",
            {"alone.html": text},
        ),
        root="/site/",
    )
    assert player.page.evaluate("document.querySelector('.log').textContent.split(' ')") == [
        "true,theme,",
        "true,function,",
        "0object",
        "onload",
        "load",
        "",
    ]
    assert player.page.evaluate("document.body.style.getPropertyValue('--mine')") == ""


def test_anime_animations_belong_to_their_mount(player: Any, project: Any, library: Any) -> None:
    """Two mounts register the same id; each is seeked in its own local time."""
    text = """<div data-composition-id="n"><p class="x" style="position: absolute"></p></div>
      <script>
        const tl = anime.createTimeline({ autoplay: false });
        tl.add(".x", { left: ["0px", "100px"], duration: 1000, ease: "linear" });
        hyperframesAnime.register("n", tl, { labels: {} });
      </script>"""
    host = '<div data-composition-id="n" data-composition-src="n.html" data-start="%d"></div>'
    player.open(
        project(
            host % 0 + host % 1,
            {"n.html": text},
            head=f'<script src="{library("animejs/dist/bundles/anime.umd.min.js")}"></script>',
        ),
        root="/site/",
    )
    left = "[...document.querySelectorAll('.x')].map(e => parseFloat(e.style.left))"
    assert player.at(15, left) == [50, 0]
    assert player.at(45, left) == [100, 50]


SELECTORS = [
    ".a::before",
    "html body.dark > p",
    "#root .a",
    "p:not(body > .a)",
    '[data-x="body, html"] p',
    r".w\/2:hover",
    "li:nth-child(2n+1 of .a)",
    ".a /* , body */ .b",
    "*|body .a",
    "::part(body)::before",
]


def test_rewritten_selectors_are_selectors(player: Any) -> None:
    """The browser takes what tests/page says that they become."""
    player.open("<p>selectors</p>")
    player.page.evaluate(
        """selectors => {
          const renamedIds = new Map([["root", '[data-fanreel-root="n1"]']]);
          const instance = { key: "n1", depth: 1, renamedIds };
          for (const text of selectors) {
            document.querySelector(__fanreel.selectors.scope(text, instance));
          }
        }""",
        SELECTORS,
    )


TRICKY = """<div data-composition-id="n"><p id="1st" style="position: absolute">first</p></div>
<script>
  const wild = "{[", count = 7;
  if (count) /[{]/.test(wild);
  const place = { left: 0 };
</script>
<script>
  document.getElementById("1st").style.left = `${count + place.left}px`;
</script>
<script type="module">
  const said = 'import { x } from "./nowhere.js"';
  document.body.dataset.said = said;
</script>"""


def test_nested_code_is_read_as_the_browser_reads_it(player: Any, project: Any) -> None:
    """A regular expression hides no names, an import in a text is none, `1st` is an id."""
    host = '<div data-composition-id="n" data-composition-src="n.html" data-start="0"></div>'
    player.open(project(host, {"n.html": TRICKY}), root="/site/")
    assert player.at(0, "__fanreel.instances.errors.map((error) => error.message)") == []
    assert player.page.evaluate("document.getElementById('1st').style.left") == "7px"
    said = "document.querySelector('[data-said]').dataset.said"
    assert player.page.evaluate(said) == 'import { x } from "./nowhere.js"'
