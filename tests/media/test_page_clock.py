"""The page's only clock is the frame's time."""

from collections.abc import Callable
from typing import Any

import pytest


def test_every_clock_reads_the_time_of_the_frame(player: Any) -> None:
    """Date, performance, the document timeline, events and audio agree on frame / fps."""
    player.open("<p>clocks</p>", fps=25)
    assert player.at(
        50,
        """[Date.now(), +new Date(), performance.now(), document.timeline.currentTime,
            new Event("x").timeStamp, performance.timeOrigin, Date().slice(0, 15),
            new AudioContext().currentTime, Temporal.Now.instant().epochMilliseconds]""",
    ) == [2000, 2000, 2000, 2000, 2000, 0, "Thu Jan 01 1970", 2, 2000]


def test_dates_stay_dates(player: Any) -> None:
    """Only the present is ours: arguments, subclasses and statics of Date work as ever."""
    player.open(
        """<script>
        class Stamp extends Date { twice() { return 2 * this } }
        window.facts = () => [
          new Date(5).getTime(), new Date(2020, 0, 2).getDate(), Date.UTC(2000, 0),
          new Stamp().twice(),
          new Stamp() instanceof Date, new Date() instanceof Stamp, Date.length, Date.name,
          Object.prototype.toString.call(new Date()), new Date().constructor === Date,
          Date.parse("1970-01-01T00:00:01Z"),
          new Intl.DateTimeFormat("en", {year: "numeric", timeZone: "UTC"}).format(),
        ]</script>"""
    )
    assert player.at(30, "facts()") == [
        *(5, 2, 946684800000, 2000, True, False, 7, "Date", "[object Date]", True, 1000, "1970")
    ]


def test_timers_run_in_time_order_at_their_own_time(player: Any) -> None:
    """A seek that jumps over timers runs each with the clock at its due time."""
    player.open(
        """<script>
        window.log = [];
        const note = (...name) => log.push([name.join(), performance.now()]);
        setTimeout(note, 300, "late", 1);
        setTimeout(note, 100, "early");
        setTimeout("log.push(['text', Date.now()])", 200);
        const ticking = setInterval(note, 120, "tick");
        setTimeout(() => { note("stop"); clearInterval(ticking) }, 400);
        clearTimeout(setTimeout(note, 50, "never"));
        setTimeout(() => { setTimeout(note, 10, "inner") }, 310);
        </script>"""
    )
    assert player.at(0, "log") == []
    assert player.at(30, "log") == [
        ["early", 100],
        ["tick", 120],
        ["text", 200],
        ["tick", 240],
        ["late,1", 300],
        ["inner", 320],
        ["tick", 360],
        ["stop", 400],
    ]


def test_promise_jobs_run_between_timers(player: Any) -> None:
    """An async function resumes before the next timer, as in the browser."""
    player.open(
        """<script>
        window.log = [];
        setTimeout(async () => { log.push("a1"); await 0; await 0; log.push("a2") }, 10);
        setTimeout(() => log.push("b"), 10);
        (async () => {
          for (let n = 0; n < 4; n += 1) {
            await new Promise((done) => setTimeout(done, 100));
            log.push(performance.now());
          }
        })();
        </script>"""
    )
    assert player.at(30, "log") == ["a1", "a2", "b", 100, 200, 300, 400]


def test_animation_frames_run_once_per_frame(player: Any) -> None:
    """Callbacks get the frame's time, those asked for inside them wait for the next frame."""
    player.open(
        """<script>
        window.log = [];
        const loop = (time) => { log.push(time); requestAnimationFrame(loop) };
        window.start = () => {
          requestAnimationFrame(loop);
          const gone = requestAnimationFrame(() => log.push("cancelled before"));
          cancelAnimationFrame(gone);
          requestAnimationFrame(() => cancelAnimationFrame(last));
          const last = requestAnimationFrame(() => log.push("cancelled by a callback"));
        };</script>"""
    )
    player.seek(0)
    player.page.evaluate("start()")
    assert player.at(1, "log.map(Math.round)") == [33]
    assert player.at(2, "log.map(Math.round)") == [33, 67]
    assert player.at(0, "log.map(Math.round)") == [33, 67, 0]


def test_long_jumps_keep_animation_frames_coming(player: Any) -> None:
    """A loop is called at least every 450 ms, more rarely libraries would shift their clocks."""
    player.open(
        """<script>window.log = [];
        const loop = (time) => { log.push(time); requestAnimationFrame(loop) };
        requestAnimationFrame(loop)</script>"""
    )
    player.seek(0)
    player.page.evaluate("log.length = 0")
    found = player.at(60, "log.map(Math.round)")
    assert found == [33, 67, 517, 967, 1417, 1867, 2000]


def test_a_frame_after_a_timer_is_the_next_frame(player: Any, another: Callable[[], Any]) -> None:
    """What waits a frame or two for its effect waits as long in a jump as in steps."""
    page = """<script>
        window.log = [];
        const note = (name) => log.push([name, Math.round(performance.now())]);
        setTimeout(() => {
          note("timer");
          requestAnimationFrame(() => { note("one"); requestAnimationFrame(() => note("two")) });
        }, 990);
        setTimeout(() => requestAnimationFrame(() => note("same")), 1500);
        (async () => {
          for (;;) await new Promise(requestAnimationFrame);
        })()</script>"""
    player.open(page)
    jumping = another()
    jumping.open(page)
    assert jumping.at(60, "log") == [["timer", 990], ["one", 1000], ["two", 1033], ["same", 1500]]
    assert player.trace(range(61), "log")[60] == jumping.page.evaluate("log")


def test_the_first_timestamp_counts_as_one(player: Any, another: Callable[[], Any]) -> None:
    """`if (!start) start = timestamp` starts at the first frame, by a jump as by stepping."""
    page = """<script>
        let start;
        let begun;
        requestAnimationFrame(function loop(timestamp) {
          if (!start) start = timestamp;
          if (!begun) begun = Date.now();
          window.passed = [timestamp - start, Date.now() - begun].map(Math.round);
          requestAnimationFrame(loop);
        })</script>"""
    player.open(page)
    assert player.trace(range(31), "passed")[::15] == [[0, 0], [500, 467], [1000, 967]]
    jumping = another()
    jumping.open(page)
    assert jumping.at(30, "passed") == [1000, 967]


def test_loading_takes_no_time(player: Any) -> None:
    """While loading, timers without delay run, those with a delay wait for a seek."""
    player.page.route(
        "**/slow.json", lambda route: (player.page.wait_for_timeout(150), route.fulfill(json={}))
    )
    player.open(
        """<script>
        window.log = [];
        const note = (name) => log.push([name, Date.now()]);
        setTimeout(note, 40, "delayed");
        setTimeout(note, 0, "at once");
        requestIdleCallback((deadline) => note(deadline.timeRemaining() > 0 ? "idle" : "busy"));
        fetch("slow.json").then(() => { note("fetched"); setTimeout(note, 100, "after") });
        </script>"""
    )
    assert player.page.evaluate("log") == [["at once", 0], ["idle", 0], ["fetched", 0]]
    assert player.at(3, "log.slice(3)") == [["delayed", 40], ["after", 100]]


def test_tasks_are_over_before_the_picture_is_taken(player: Any) -> None:
    """A seek waits for messages, posted tasks and promises the page has under way."""
    player.open(
        """<p id="out"></p><script>
        const { port1, port2 } = new MessageChannel();
        const parts = [];
        port1.onmessage = () => parts.push("message");
        addEventListener("message", () => parts.push("window"));
        const loop = () => {
          requestAnimationFrame(loop);
          parts.length = 0;
          port2.postMessage(1);
          postMessage(1, "*");
          scheduler.postTask(() => parts.push("task"));
          queueMicrotask(() => parts.push("microtask"));
        };
        requestAnimationFrame(loop);
        window.parts = parts;
        </script>"""
    )
    assert sorted(player.at(7, "parts")) == ["message", "microtask", "task", "window"]


def test_a_task_between_timers_belongs_to_the_earlier(player: Any) -> None:
    """A timer that a posted task sets counts from the timer that posted it, also in a jump."""
    player.open(
        """<script>
        window.log = [];
        const { port1, port2 } = new MessageChannel();
        const post = () => setTimeout(() => port2.postMessage(0), 100);
        port1.onmessage = () => { log.push(Date.now()); post() };
        post();
        </script>"""
    )
    assert player.at(15, "log") == [100, 200, 300, 400, 500]


def test_runaway_timers_are_an_error(player: Any) -> None:
    """Timers that keep each other going are stopped by name, not by a hang."""
    player.open("<script>setInterval(() => {}, 1)</script>", tasksPerSeek=50)
    with pytest.raises(Exception, match="RunawayTimers: more than 50 timer callbacks"):
        player.seek(300)


def test_a_failing_callback_is_reported_and_harms_nobody(player: Any) -> None:
    """What a timer throws reaches the page's error event; the frame goes on."""
    player.open(
        """<script>window.log = [];
        addEventListener("error", (event) => { log.push(event.message); event.preventDefault() });
        setTimeout(() => { throw new Error("broken") }, 10);
        setTimeout(() => log.push("fine"), 20)</script>"""
    )
    assert player.at(1, "log") == ["Uncaught Error: broken", "fine"]
    assert player.errors == []


def test_chance_depends_on_seed_and_frame_only(player: Any) -> None:
    """The same frame draws the same numbers in any order; other frames draw others."""
    player.open(
        """<script>
        window.draw = () => [Math.random(), Math.random(), crypto.randomUUID(),
                             ...crypto.getRandomValues(new Uint16Array(3))]</script>"""
    )
    drawn = player.trace_any_order(5, "draw()")
    assert len({tuple(item) for item in drawn}) == 5
    assert all(0 <= item[0] < 1 and item[0] != item[1] for item in drawn)
    assert player.page.evaluate(
        "(() => { try { crypto.getRandomValues([]) } catch (e) { return e.name } })()"
    ) in {"TypeError", "TypeMismatchError"}


def test_frames_of_the_project_share_the_clock(player: Any) -> None:
    """Timers and animations of nested documents run by the time of the composition."""
    inner = """<style>@keyframes go { to { translate: 100px } }
      i { animation: go 1s linear both }</style><i>x</i>
      <script>addEventListener("load", () => setTimeout(() => { parent.heard = Date.now() }, 500));
      requestAnimationFrame(function loop(t) { window.seen = t; requestAnimationFrame(loop) })
      </script>"""
    player.open('<iframe src="inner.html"></iframe>', files={"inner.html": inner})
    assert player.at(
        24,
        """(({ contentWindow: w }) => [w.performance.now(), w.Date.now(), w.seen, heard,
            w.getComputedStyle(w.document.querySelector("i")).translate])
           (document.querySelector("iframe"))""",
    ) == [800, 800, 800, 500, "80px"]


def test_sandboxed_frames_follow_the_clock(player: Any) -> None:
    """A frame that no script may reach shows the time of the composition all the same."""
    inner = """<style>body { margin: 0; background: black }
      @keyframes go { to { background: white } } body { animation: go 1s steps(2) both }</style>
      <p style="color: red"></p><script>
      setTimeout(() => document.querySelector("p").append("timer " + Date.now()), 300);
      </script>"""
    player.open(
        '<main data-composition-id="main" data-duration="2">'
        '<iframe sandbox="allow-scripts" src="inner.html"></iframe></main>',
        files={"inner.html": inner},
    )
    frame = player.page.frames[1]
    read = "[document.body.innerText, getComputedStyle(document.body).backgroundColor, Date.now()]"
    player.seek(6)
    assert frame.evaluate(read) == ["", "rgb(0, 0, 0)", 200]
    player.seek(21)
    assert frame.evaluate(read) == ["timer 300", "rgb(128, 128, 128)", 700]
    player.seek(3)
    assert frame.evaluate(read)[1:] == ["rgb(0, 0, 0)", 100]
