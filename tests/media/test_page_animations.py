"""Whatever moves in the page is a function of the frame's time."""

from collections.abc import Callable
from typing import Any

KEYFRAMES = "<style>@keyframes go { from { translate: 0px } to { translate: 100px } }</style>"
X = "parseFloat(getComputedStyle(document.querySelector('#x')).translate) || 0"


def test_css_animations_run_in_the_time_of_their_clip(player: Any) -> None:
    """An animation of a clip, or inside it, starts when the clip does; others with the root."""
    player.open(
        KEYFRAMES
        + """<style>.go { animation: go 1s linear both }</style>
        <main data-composition-id="main" data-duration="4">
          <p class="clip go" data-start="1" data-duration="2"></p>
          <p class="clip" data-start="2" data-duration="2"><b class="go"></b></p>
          <p class="go"></p>
          <section data-composition-id="inner" data-start="1" data-duration="3"
            data-playback-rate="2" data-playback-start="0.5"><i class="go"></i></section>
          <style>#pseudo::before { content: ""; animation: go 1s linear 500ms both }</style>
          <p id="pseudo" class="clip" data-start="1"></p>
        </main>"""
    )
    read = """[...document.querySelectorAll(".go")].map((e) => getComputedStyle(e).translate)
      .concat(getComputedStyle(document.querySelector("#pseudo"), "::before").translate)"""
    found = player.trace_any_order(90, read)
    assert found[15] == ["0px", "0px", "50px", "0px", "0px"]
    assert found[36] == ["20px", "0px", "100px", "90px", "0px"]
    assert found[75] == ["100px", "50px", "100px", "100px", "100px"]


def test_animations_without_fill_and_endless_ones(player: Any) -> None:
    """A finished animation leaves no trace, comes back when time does; endless ones turn."""
    player.open(
        KEYFRAMES
        + """<p id="x" style="animation: go 400ms linear 100ms"></p>
        <p id="y" style="animation: go 400ms linear infinite alternate"></p>"""
    )
    found = player.trace_any_order(
        30, f"[{X}, Math.round(parseFloat(getComputedStyle(y).translate) || 0)]"
    )
    assert found[9] == [50, 75]  # 300 ms
    assert found[18] == [0, 50]  # 600 ms
    assert found[27] == [0, 25]  # 900 ms


def test_short_animations_survive_a_slow_load(player: Any) -> None:
    """What would be over before the page is ready still starts at 0."""
    player.page.route(
        "**/slow.css", lambda route: (player.page.wait_for_timeout(300), route.fulfill(body=""))
    )
    player.open(
        KEYFRAMES
        + """<p id="x" style="animation: go 100ms linear"></p>
        <script>addEventListener("load", () => fetch("slow.css"))
        document.addEventListener("animationend", () => { window.ended = performance.now() })
        </script>"""
    )
    assert player.trace_any_order(4, X) == [0, 33.3333, 66.6667, 0]
    assert player.page.evaluate("ended") == 100


def test_web_animations_answer_in_frame_time(player: Any) -> None:
    """What the page may ask of an animation follows the frame, and its wishes hold."""
    player.open(
        """<p id="x"></p><p id="y"></p><p id="z"></p><script>
        const to = (id, ms, more) =>
          document.getElementById(id).animate({ translate: ["0px", "100px"] },
            { duration: ms, fill: "both", ...more });
        const paused = to("x", 2000);
        paused.pause();
        paused.currentTime = 500;
        const plain = to("y", 1000, { delay: 200 });
        const later = to("z", 1000);
        window.log = [];
        plain.finished.then((a) => log.push(["finished", performance.now(), a === plain]));
        plain.onfinish = (e) => log.push(["onfinish", e.currentTime, e.timelineTime]);
        later.addEventListener("finish", () => log.push(["later", performance.now()]));
        setTimeout(() => later.pause(), 300);
        setTimeout(() => { later.play(); later.playbackRate = 2 }, 600);
        window.read = () => [paused, plain, later].map((a) =>
          [a.playState, Math.round(a.currentTime),
           Math.round(parseFloat(getComputedStyle(a.effect.target).translate) || 0)]);
        </script>"""
    )
    assert player.trace([0, 6, 15, 18, 27, 36], "read()") == [
        [["running", 500, 25], ["running", 0, 0], ["running", 0, 0]],
        [["running", 700, 35], ["running", 200, 0], ["running", 200, 20]],
        [["running", 1000, 50], ["running", 500, 30], ["paused", 300, 30]],
        [["running", 1100, 55], ["running", 600, 40], ["running", 300, 30]],
        [["running", 1400, 70], ["running", 900, 70], ["running", 900, 90]],
        [["running", 1700, 85], ["finished", 1200, 100], ["finished", 1000, 100]],
    ]
    assert player.at(40, "log.map(([a, ...rest]) => [a, ...rest.map(Number).map(Math.round)])") == [
        ["later", 950],
        ["onfinish", 1200, 1200],
        ["finished", 1200, 1],
    ]


def test_animations_can_be_steered(player: Any) -> None:
    """cancel, finish, reverse, startTime and commitStyles do what the standard says."""
    player.open("<p id='x'></p>")
    player.seek(0)
    player.page.evaluate(
        """() => { window.a = document.querySelector("#x").animate(
             { translate: ["0px", "100px"] }, { duration: 1000, fill: "both" });
             window.out = []; a.finished.catch((e) => out.push(e.name)); }"""
    )
    assert player.at(15, f"[a.startTime, a.currentTime, {X}]") == [0, 500, 50]
    player.page.evaluate("a.reverse()")
    assert player.at(21, f"[Math.round(a.currentTime), a.playbackRate, {X}]") == [300, -1, 30]
    player.page.evaluate("a.startTime = 500; a.playbackRate = 1; a.startTime = 500")
    assert player.at(30, f"[a.currentTime, {X}]") == [500, 50]
    player.page.evaluate("a.commitStyles(); a.cancel()")
    assert player.at(33, f"[a.playState, a.currentTime, {X}, out]") == [
        "idle",
        None,
        50,
        ["AbortError"],
    ]
    player.page.evaluate("a.play(); a.finish()")
    assert player.page.evaluate(X) == 100
    assert player.at(34, f"[a.playState, {X}]") == ["finished", 100]
    player.page.evaluate("a.currentTime = 250; a.commitStyles(); a.cancel()")
    assert player.page.evaluate(X) == 25


def test_an_animation_without_an_effect_moves_nothing(player: Any) -> None:
    """A script takes the effect of a CSS animation: its element stands as without it."""
    player.open(KEYFRAMES + "<p id='x' style='animation: go 1s linear'></p>")
    assert player.at(15, X) == 50
    player.page.evaluate("document.getAnimations()[0].effect = null")
    assert player.trace([15, 20], X) == [0, 0]


def test_later_animations_start_when_they_are_made(player: Any) -> None:
    """Timers, events and chained animations start things at the very time they run."""
    page = (
        KEYFRAMES
        + """<style>#t { transition: translate 1s linear } #t.on { translate: 100px }
        #c { animation: go 300ms linear forwards } #d.on { animation: go 1s linear forwards }
        </style><p id="t"></p><p id="c"></p><p id="d"></p><p id="x"></p><script>
        const by = (id) => document.getElementById(id);
        window.log = [];
        setTimeout(() => by("t").classList.add("on"), 500);
        by("c").addEventListener("animationend", (event) => {
          log.push([event.type, event.animationName, event.elapsedTime, performance.now()]);
          by("d").classList.add("on");
        });
        by("t").ontransitionend = (e) => log.push([e.type, e.propertyName, performance.now()]);
        setTimeout(() => by("x").animate({ translate: ["0px", "100px"] }, 500), 250);
        window.read = () => ["t", "c", "d", "x"].map((id) =>
          Math.round(parseFloat(getComputedStyle(by(id)).translate) || 0));
        </script>"""
    )
    player.open(page)
    assert player.at(21, "read()") == [20, 100, 40, 90]  # 700 ms, reached at once
    assert player.at(60, "read()") == [100, 100, 100, 0]
    assert player.page.evaluate("log") == [
        ["animationend", "go", 0.3, 300],
        ["transitionend", "translate", 1500],
    ]


def test_a_transition_begins_where_another_stands(player: Any, another: Callable[[], Any]) -> None:
    """Turned back on its way or at its end, also while the page is taken past both at once."""
    page = """<style>p { transition: translate 500ms linear } .on { translate: 100px }</style>
        <p id="x"></p><p id="y"></p><script>
        const turn = (id, on) => document.getElementById(id).classList.toggle("on", on);
        setTimeout(() => turn("x", true), 100);
        x.ontransitionend = () => turn("x", false);
        setTimeout(() => turn("y", true), 100);
        setTimeout(() => turn("y", false), 350);
        window.read = () => ["x", "y"].map((id) =>
          Math.round(parseFloat(getComputedStyle(document.getElementById(id)).translate) || 0));
        </script>"""
    player.open(page)
    assert player.at(24, "read()") == [60, 0]  # 800 ms
    stepping = another()
    stepping.open(page)
    found = stepping.trace(range(25), "read()")
    assert [found[frame] for frame in (12, 15, 24)] == [[60, 40], [80, 20], [60, 0]]


def test_stepping_and_jumping_give_the_same(player: Any, another: Callable[[], Any]) -> None:
    """Chained CSS animations reached directly stand where stepping leaves them."""
    page = (
        KEYFRAMES
        + """<p id="x"></p><script>
        const x = document.getElementById("x");
        const next = () => { x.style.animation = "none"; x.offsetWidth;
                             x.style.animation = "go 150ms linear both" };
        x.addEventListener("animationend", next);
        setTimeout(next, 120);
        </script>"""
    )
    player.open(page)
    stepping = another()
    stepping.open(page)
    # Starts at 120, 270, 420, 570 and 720 ms; frame 25 is at 833.33 ms.
    assert player.at(25, X) == stepping.trace(range(26), X)[25] == 75.5556


def test_enter_transitions_of_frameworks(player: Any, another: Callable[[], Any]) -> None:
    """Inserted by a promise, released two frames later: a jump sees the transition begin."""
    page = """<style>.active { transition: opacity 1s linear } .from { opacity: 0 }</style>
        <main></main><script>
        setTimeout(async () => {
          await null;
          document.querySelector("main").innerHTML = '<p id="x" class="from active">x</p>';
          requestAnimationFrame(() => requestAnimationFrame(() => x.classList.remove("from")));
        }, 1000);
        setInterval(() => document.body.append("."), 250);
        </script>"""
    read = "Number(getComputedStyle(x).opacity)"
    player.open(page)
    stepping = another()
    stepping.open(page)
    stepping.trace(range(45), "0")
    assert player.at(45, read) == stepping.at(45, read) == 0.466667  # since frame 31


def test_shadow_roots_and_play_state(player: Any) -> None:
    """Animations in shadow trees are driven; a class that pauses pauses at its time."""
    player.open(
        KEYFRAMES
        + """<style>.hold { animation-play-state: paused !important }</style>
        <p id="x" style="animation: go 1s linear both"></p><div id="host"></div><script>
        const root = document.getElementById("host").attachShadow({ mode: "closed" });
        root.innerHTML = `<style>@keyframes s { to { translate: 100px } }
          b { animation: s 1s linear both }</style><b></b>`;
        window.inner = () => getComputedStyle(root.querySelector("b")).translate;
        setTimeout(() => x.classList.add("hold"), 300);
        setTimeout(() => x.classList.remove("hold"), 600);
        </script>"""
    )
    assert player.trace([3, 12, 18, 24], f"[inner(), {X}]") == [
        ["10px", 10],
        ["40px", 30],
        ["60px", 30],
        ["80px", 50],
    ]


def test_smil_follows_the_frame(player: Any) -> None:
    """SVG animations stand at the frame's time, forwards and backwards."""
    player.open(
        """<svg><rect id="r" width="9" height="9">
        <animate id="a" attributeName="x" from="0" to="100" dur="1s" fill="freeze"/>
        <animate attributeName="y" from="0" to="50" begin="a.end" dur="1s" fill="freeze"/>
        </rect></svg>"""
    )
    found = player.trace_any_order(75, "[r.x.animVal.value, r.y.animVal.value].map(Math.round)")
    assert [found[frame] for frame in (0, 15, 30, 45, 70)] == [
        [0, 0],
        [50, 0],
        [100, 0],
        [100, 25],
        [100, 50],
    ]


def test_nothing_moves_by_the_wall_clock(player: Any) -> None:
    """Scrolling is where it was sent, and each round of an animation is announced in its time."""
    player.open(
        KEYFRAMES
        + """<style>html { scroll-behavior: smooth }</style><div style="height: 5000px"></div>
        <p id="x" style="animation: go 200ms infinite"></p><script>
        window.log = [];
        document.addEventListener("animationiteration", (event) =>
          log.push([event.elapsedTime, performance.now()]));
        setTimeout(() => scrollTo({ top: 500, behavior: "smooth" }), 100);
        setTimeout(() => { document.documentElement.scrollTop = 900 }, 500);
        </script>"""
    )
    assert player.trace([6, 18], "scrollY") == [500, 900]
    assert player.page.evaluate("log") == [[0.2, 200], [0.4, 400], [0.6, 600]]


def test_clips_with_transitions_cut_hard(player: Any) -> None:
    """`transition: all` on a clip delays neither its appearing nor its end."""
    player.open(
        """<style>* { transition: all 1s }</style><main data-composition-id="main">
        <p id="x" class="clip" data-start="0.5" data-duration="0.5">x<b id="y">y</b></p></main>"""
    )
    read = "[x, y].map((e) => getComputedStyle(e).visibility)"
    hidden, shown = ["hidden"] * 2, ["visible"] * 2
    assert player.trace([14, 15, 29, 30, 29, 14], read) == [
        *(hidden, shown, shown, hidden, shown, hidden)
    ]


def test_pictures_are_the_same_in_any_order(player: Any) -> None:
    """Screenshots of shuffled frames equal those in order."""
    player.open(
        """<style>@keyframes turn { to { rotate: 1turn; background: gold } }
        @keyframes glow { 50% { box-shadow: 0 0 40px crimson; opacity: .4 } }
        b { position: absolute; width: 120px; height: 80px; background: teal;
            animation: turn 2s ease-in-out both, glow 700ms infinite }</style>
        <main data-composition-id="main"><b style="left: 60px; top: 40px"></b>
        <b class="clip" data-start="0.4" data-duration="1" style="left: 300px; top: 150px">text</b>
        <canvas id="c" width="200" height="100"></canvas></main><script>
        const pen = document.getElementById("c").getContext("2d");
        requestAnimationFrame(function draw(t) {
          pen.clearRect(0, 0, 200, 100);
          pen.fillRect(t / 20, 100 * Math.random(), 30, 30);
          requestAnimationFrame(draw);
        })</script>"""
    )
    frames = [0, 11, 12, 25, 41, 42, 59]
    in_order = [player.shot(frame) for frame in frames]
    shuffled = {frame: player.shot(frame) for frame in (42, 11, 59, 0, 25, 41, 12)}
    assert [shuffled[frame] for frame in frames] == in_order
    assert len(set(in_order)) == len(frames)


# ---- libraries from npm --------------------------------------------------------------------------


def test_gsap_timelines(
    player: Any, another: Callable[[], Any], library: Callable[[str], str]
) -> None:
    """Seeking follows the playhead, callbacks run at their time, overlapping tweens agree."""
    page = (
        f"""<script src="{library("gsap/dist/gsap.min.js")}"></script>"""
        """
      <main data-composition-id="main" data-duration="4"><p id="x"></p><p id="y"></p></main>
      <script>
      window.log = [];
      const tl = gsap.timeline({ paused: true });
      tl.to("#x", { x: 100, duration: 2, ease: "none" }, 0)
        .to("#x", { x: 0, duration: 2, ease: "none" }, 1)
        .call(() => log.push(["call", tl.time(), performance.now()]), [], 1.5)
        .fromTo("#y", { x: 10 }, { x: 20, duration: 0.5, repeat: 3, yoyo: true, ease: "none" }, 0);
      window.__timelines.main = tl;
      gsap.to("#y", { y: 300, duration: 3, ease: "none" });
      window.read = () => [gsap.getProperty("#x", "x"), gsap.getProperty("#y", "x"),
                           gsap.getProperty("#y", "y")].map((v) => Math.round(v * 100) / 100);
      </script>"""
    )
    player.open(page)
    jumped = player.at(75, "read()")
    assert player.page.evaluate("log") == [["call", 1.5, 1500]]
    stepping = another()
    stepping.open(page)
    stepped = stepping.trace(range(76), "read()")
    assert jumped == stepped[75] == [12.5, 10, 250]
    assert stepped[30] == [50, 10, 100]


def test_anime(player: Any, library: Callable[[str], str]) -> None:
    """Registered instances seek in any order; unregistered ones run by the clock."""
    player.open(
        f"""<script src="{library("animejs/dist/bundles/anime.umd.min.js")}"></script>"""
        """<main data-composition-id="main" data-duration="3"><p id="x"></p><p id="y"></p>
        <section data-composition-id="inner" data-start="1" data-duration="2"><p id="z"></p>
        </section></main><script>
        const options = { translateX: 100, duration: 1000, ease: "linear" };
        hyperframesAnime.register("main", anime.animate("#x", { ...options, autoplay: false }));
        hyperframesAnime.register("inner", anime.animate("#z", { ...options, autoplay: false }));
        anime.animate("#y", options);
        const number = (e) => Number(/[\\d.]+/.exec(e.style.transform)?.[0] ?? 0);
        window.read = (...ids) => ids.map((id) => Math.round(number(document.getElementById(id))));
        </script>"""
    )
    assert player.at(15, "read('y')") in ([50], [51])  # its engine runs 8 ms ahead
    found = player.trace_any_order(60, "read('x', 'z')")
    assert [found[frame] for frame in (0, 15, 45, 59)] == [[0, 0], [50, 0], [100, 50], [100, 97]]


def test_d3_transitions(player: Any, library: Callable[[str], str]) -> None:
    """A transition reached by a jump stands where stepping brings it."""
    player.open(
        f"""<script src="{library("d3/dist/d3.min.js")}"></script>"""
        """<svg><circle id="c" r="5"></circle></svg><script>
        const linear = (s) => s.duration(2000).ease(d3.easeLinear);
        linear(d3.select("#c").transition().delay(500)).attr("cx", 100)
          .transition().duration(1000).attr("cy", 40);
        </script>"""
    )
    read = "['cx', 'cy'].map((n) => Math.round(Number(c.getAttribute(n))))"
    assert player.trace([45, 90, 120], read) == [[50, 0], [100, 20], [100, 40]]


def test_d3_transitions_after_a_long_jump(player: Any, library: Callable[[str], str]) -> None:
    """d3 takes a gap of a second for a sleeping tab; no jump looks like one."""
    player.open(
        f"""<script src="{library("d3/dist/d3.min.js")}"></script>"""
        """<svg><circle id="c" r="5"></circle></svg><script>
        d3.select("#c").transition().duration(10000).ease(d3.easeLinear).attr("cx", 100);
        </script>"""
    )
    assert player.at(240, "Math.round(c.getAttribute('cx'))") == 80


LOTTIE = """{v:"5.5.0",fr:30,ip:0,op:60,w:200,h:20,layers:[{ty:4,ip:0,op:60,st:0,ks:{o:{a:0,k:100},
  p:{a:1,k:[{t:0,s:[0,10],i:{x:[1],y:[1]},o:{x:[0],y:[0]}},{t:60,s:[120,10]}]},a:{a:0,k:[0,0]},
  s:{a:0,k:[100,100]},r:{a:0,k:0}},shapes:[{ty:"rc",s:{a:0,k:[9,9]},p:{a:0,k:[0,0]},r:{a:0,k:0}},
  {ty:"fl",c:{a:0,k:[1,0,0]},o:{a:0,k:100}}]}],assets:[]}"""


def test_lottie(player: Any, library: Callable[[str], str]) -> None:
    """A one-shot holds its last frame, a loop turns; registered by the library or the page."""
    player.open(
        f"""<script src="{library("lottie-web/build/player/lottie.min.js")}"></script>"""
        f"""<div id="a"></div><div id="b"></div><script>
        const data = () => ({LOTTIE});"""
        """
        const load = (id, loop) => lottie.loadAnimation({ container: document.getElementById(id),
          renderer: "svg", loop, autoplay: loop, animationData: data() });
        window.players = [load("a", false), load("b", true)];
        window.__hfLottie = [players[0]];
        </script>"""
    )
    found = player.trace_any_order(
        90, "players.map((p) => Math.round(p.currentRawFrame * 100) / 100)"
    )
    assert [found[frame] for frame in (0, 30, 59, 75)] == [[0, 0], [30, 30], [59, 59], [59, 15]]
    assert player.page.evaluate("__fanreel.runtimes.durationS()") == 2


def test_dotlottie(player: Any, library: Callable[[str], str]) -> None:
    """A dotLottie player shows the frame of its time, forwards and backwards."""
    folder = library("@lottiefiles/dotlottie-web/dist")
    player.open(
        """<canvas id="c" width="200" height="20"></canvas><script type="module">"""
        f"""import {{ DotLottie }} from "{folder}/index.js";
        DotLottie.setWasmUrl("{folder}/dotlottie-player.wasm");
        const data = JSON.stringify({LOTTIE});"""
        """
        const canvas = document.getElementById("c");
        const player = new DotLottie({ canvas, data, autoplay: true, loop: true });
        window.__hfLottie = [player];
        window.read = () => {
          const { data } = canvas.getContext("2d").getImageData(0, 10, 200, 1);
          return Array.from({ length: 200 }, (_, x) => data[4 * x + 3]).lastIndexOf(255);
        };</script>"""
    )
    found = player.trace_any_order(75, "read()")
    # The last full column of a square of 9 whose middle moves by two pixels a frame.
    assert [found[frame] - 4 for frame in (0, 30, 59, 70)] == [0, 60, 118, 20]


def test_three(player: Any, library: Callable[[str], str]) -> None:
    """Deferred set-up happens before the first frame, and each frame draws its own time."""
    player.open(
        """<canvas id="c" width="64" height="64"></canvas><script type="importmap">"""
        f"""{{"imports": {{"three": "{library("three/build/three.module.js")}"}}}}</script>"""
        """<script type="module">
        import * as THREE from "three";
        setTimeout(() => {
          const renderer = new THREE.WebGLRenderer({ canvas: document.getElementById("c"),
                                                     preserveDrawingBuffer: true });
          const scene = new THREE.Scene();
          const timer = new THREE.Timer();
          window.draws = 0;
          renderer.setAnimationLoop((time) => {
            timer.update(time);
            scene.background = new THREE.Color(Math.min(timer.getElapsed(), 1), 0, 0);
            renderer.render(scene, new THREE.Camera());
          });
          addEventListener("hf-seek", (event) => { window.heard = event.detail.time });
          window.pixel = () => {
            const out = new Uint8Array(4);
            const gl = renderer.getContext();
            gl.readPixels(9, 9, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, out);
            return [out[0] > 100, out[1], heard, __hfThreeTime];
          };
        }, 100);
        </script>"""
    )
    assert player.trace([0, 30], "pixel()") == [[False, 0, 0, 0], [True, 0, 1, 1]]
    assert player.page.evaluate("__fanreel.runtimes.usesWebgl")


def test_a_page_tells_a_render_from_a_preview(player: Any) -> None:
    """Scripts see it from the first on, so that none plays by itself."""
    player.open("<script>window.plays = !window.__HF_VIRTUAL_TIME__</script>")
    assert player.page.evaluate("window.plays") is False


def test_renderers_that_are_told_the_time(player: Any) -> None:
    """`__hfRender`, `waitUntil` and frame sources are called, awaited, in their own time."""
    player.open(
        """<main data-composition-id="main" data-duration="4"><section id="s" data-start="1"
          data-composition-id="inner" data-duration="3" data-playback-start="0.5"></section></main>
        <script>
        const later = (run) => new Promise((done) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => { run(); done() };
          port2.postMessage(0);
        });
        window.state = {};
        (window.__hfRender ??= []).push((time) => { state.render = time });
        addEventListener("hf-seek", (event) =>
          event.detail.waitUntil(later(() => { state.seek = event.detail.time })));
        __hyperframes.registerFrameSource({ element: document.getElementById("s"),
          ready: later(() => { state.ready = true }),
          render: (time) => later(() => { state.source = time }) });
        </script>"""
    )
    assert player.page.evaluate("state.ready")
    assert player.at(60, "[state.render, state.seek, state.source]") == [2, 2, 1.5]
