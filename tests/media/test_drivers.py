"""Both drivers drive a page alike: what one has planned the other renders."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest

from fanreel.browser import locate
from fanreel.browser.browser import Browser
from fanreel.browser.cdp import TargetGone
from fanreel.browser.launch import Launch
from fanreel.browser.locate import find_chromium
from fanreel.browser.orphans import processes_of
from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from fanreel.config import RenderConfig
from fanreel.errors import BrowserCrashed, InvalidComposition
from fanreel.network.fetch import Response
from fanreel.network.outside import Recorder
from fanreel.page.config import planning_config
from fanreel.planning import plan
from fanreel.processes import descendants
from fanreel.work.planning import make_plan
from tests.media.hostile import page

COMPOSITIONS = Path(__file__).parents[1] / "compositions"
OUTSIDE = {
    # Neither says who may read it.
    "https://cdn.example/data.json": (b'{"n": 1}', "application/json"),
    "https://cdn.example/worker.json": (b'{"n": 2}', "application/json"),
    "https://other.example/frame.html": (
        b"<script>parent.postMessage({ clock: typeof __fanreel }, '*')</script>",
        "text/html",
    ),
}
BODY = """<iframe src="https://other.example/frame.html"></iframe><script>
  window.seen = {};
  addEventListener("message", ({ data }) => { if (data.clock) seen.clock = data.clock; });
  const json = (url, options) => fetch(url, options).then((answer) => answer.json());
  json("https://cdn.example/data.json").then(({ n }) => { seen.plain = n; });
  json("https://cdn.example/data.json", { headers: { "X-Own": "1" } })
    .then(({ n }) => { seen.preflight = n; });
  const code = 'fetch("https://cdn.example/worker.json").then((a) => a.json()).then(postMessage)';
  new Worker(URL.createObjectURL(new Blob([code]))).onmessage = ({ data }) => {
    seen.worker = data.n;
  };
  fetch("https://nowhere.example/").catch(() => { seen.refused = true; });
  console.error("said", 1, "to the console");
  Promise.reject(new TypeError("nobody catches this"));
</script>"""
SEEN = {"plain": 1, "preflight": 1, "worker": 2, "clock": "object", "refused": True}


@pytest.fixture(params=["pipe", "playwright"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PageSession]:
    """Yield a session of either driver."""
    driver: Literal["pipe", "playwright"] = request.param
    with PageSession(
        SessionSpec(width=160, height=90, engine="xvfb", driver=driver), tmp_path
    ) as session:
        yield session


@pytest.fixture
def shown(session: PageSession, tmp_path: Path) -> Callable[[str], Recorder]:
    """Return the function that opens a page in the session."""

    def cdn(url: str, _headers: Mapping[str, str]) -> Response:
        if url not in OUTSIDE:
            raise OSError("no such host")
        body, kind = OUTSIDE[url]
        return Response(url=url, status=200, headers={"content-type": kind}, body=body)

    def show(body: str) -> Recorder:
        project = tmp_path / "project"
        project.mkdir()
        (project / "index.html").write_text(page(body))
        recorder = Recorder(tmp_path / "bodies", fetcher=cdn)
        session.load(
            PageLoad(
                root_dir=project,
                entry_file="index.html",
                page_config=planning_config(160, 90, Fraction(30), {}),
                network=recorder,
            )
        )
        session.open()
        return recorder

    return show


def inside(session: PageSession, expression: str) -> Any:
    """Evaluate in the composition's document."""
    script = "code => document.querySelector('iframe').contentWindow.eval(code)"
    return session.browser.driver.evaluate(script, expression).result(20)


def settled(session: PageSession) -> Any:
    """Return what the page has seen once it has seen all there is, or after seconds."""
    waits = """(async () => {
      const end = Date.now;
      for (let i = 0; i < 400 && Object.keys(seen).length < 5; i += 1) {
        await new Promise((done) => { const c = new MessageChannel();
          c.port1.onmessage = done; c.port2.postMessage(0); });
        await fetch("index.html");
      }
      return { ...seen };
    })()"""
    return inside(session, waits)


def test_frames_workers_and_scripts_get_outside_answers(
    session: PageSession, shown: Callable[[str], Recorder]
) -> None:
    """Also a frame of another process, which runs the page script; and what is refused fails."""
    recorder = shown(BODY)
    assert settled(session) == SEEN
    assert {response.url for response in recorder.responses} == set(OUTSIDE)
    assert {failed.url for failed in recorder.failed} == {"https://nowhere.example/"}
    assert not session.events.awaits_scripts


def test_a_composition_is_drawn_by_the_process_that_was_there(
    session: PageSession, shown: Callable[[str], Recorder], tmp_path: Path
) -> None:
    """Starting another takes a fifth of a second of a processor, in each worker."""
    before = renderers(tmp_path)
    shown("<p>drawn</p>")
    assert renderers(tmp_path) == before
    assert len(before) == 1


def renderers(temp_dir: Path) -> set[int]:
    """Return the processes that draw pages, of browsers with a profile below *temp_dir*."""
    words = {pid: psutil.Process(pid).cmdline() for pid in processes_of(temp_dir)}
    return {pid for pid, line in words.items() if "--type=renderer" in line}


def test_a_running_browser_tells_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the one that `chromium --version` tells, which takes another 80 ms of a processor."""
    program = tmp_path / "chromium"
    program.symlink_to(find_chromium())
    asked = locate.chromium_version(find_chromium())
    monkeypatch.setattr(locate, "_asked_version", lambda path: pytest.fail(f"{path} was started"))
    launch = Launch(site_port=1, width=160, height=90, temp_dir=tmp_path)
    with Browser(launch, program=program):
        pass
    assert locate.chromium_version(program) == asked


def test_what_a_page_says_is_heard(session: PageSession, shown: Callable[[str], Recorder]) -> None:
    """Lines of the console, and what its scripts threw, with name and place."""
    shown(BODY)
    assert "error: said 1 to the console" in session.events.console
    [(text, stack)] = session.events.uncaught.items()
    assert text == "TypeError: nobody catches this"
    assert "index.html" in stack


def test_values_come_as_they_are(session: PageSession, shown: Callable[[str], Recorder]) -> None:
    """Whatever a page has taught its arrays to say."""
    shown("<script>Array.prototype.toJSON = () => 'mine';</script>")
    value = inside(session, "({ a: [1, 2.5, 'ü', null], b: { c: true }, d: undefined, e: -1e21 })")
    assert value == {"a": [1, 2.5, "ü", None], "b": {"c": True}, "d": None, "e": -1e21}
    [nan, infinite] = inside(session, "[NaN, -Infinity]")
    assert nan != nan  # noqa: PLR0124 (only NaN is not itself)
    assert infinite == -float("inf")


def test_a_page_that_throws_is_no_crash(
    session: PageSession, shown: Callable[[str], Recorder]
) -> None:
    """Its text is in the message."""
    shown("<script>Object.defineProperty(window, 'thrower', { value: 1 });</script>")
    with pytest.raises(InvalidComposition, match="the page threw: Error: on purpose"):
        session._calls.evaluate("() => { throw new Error('on purpose'); }", None, "looking")


def test_a_page_that_crashes_is_told_at_once(
    session: PageSession, shown: Callable[[str], Recorder]
) -> None:
    """Its process is killed while it is asked."""
    shown("")
    forever = session.browser.driver.evaluate("() => new Promise(() => {})", None)
    for pid in processes_of(session.browser.launch.temp_dir):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"--user-data-dir" in command and b"--type=" not in command:
            os.kill(pid, signal.SIGKILL)
    with pytest.raises(BrowserCrashed):
        session._calls._await(forever, 20, "waiting")


def test_every_process_of_a_browser_is_found(
    session: PageSession, shown: Callable[[str], Recorder]
) -> None:
    """Also its services, which name no directory and write to the profile after its end."""
    shown("<script>localStorage.setItem('a', 'b')</script>")
    started = {pid: " ".join(psutil.Process(pid).cmdline()) for pid in descendants()}
    services = {pid for pid, line in started.items() if "--type=utility" in line}
    assert services
    assert services < processes_of(session.browser.launch.temp_dir)


def test_no_process_waits_for_a_browser_to_crash(session: PageSession) -> None:
    """Nobody would read what it writes down; `--disable-breakpad` leaves two of them."""
    below = [psutil.Process(pid).name() for pid in descendants()]
    assert any("chrom" in name for name in below)
    assert not [name for name in below if "crashpad" in name]


def test_both_drivers_make_the_same_plan(tmp_path: Path) -> None:
    """Bytes and all."""
    project, config = COMPOSITIONS / "everything-moves", RenderConfig(segment_frames=6)
    by_playwright = plan(project, config, tmp_path / "one")
    with PageSession(
        SessionSpec(width=640, height=360, engine="xvfb", driver="pipe"), tmp_path
    ) as session:
        by_pipe = make_plan(project, config, tmp_path / "two", session)
    assert by_pipe.plan_hash == by_playwright.plan_hash


def test_a_browser_that_is_killed_while_a_page_loads_is_told_at_once(tmp_path: Path) -> None:
    """No command is under way then that would fail, and the event that ends it never comes."""
    with PageSession(SessionSpec(width=160, height=90, engine="screenshot"), tmp_path) as session:
        hung = session.browser.driver.navigate("data:text/html,<script>for (;;);</script>")
        loading = session.browser.submit(hung)
        with pytest.raises(TimeoutError):
            loading.result(1.5)
        session.browser.kill()
        with pytest.raises(TargetGone):
            loading.result(10)


def test_a_piped_browser_starts_no_other_process(tmp_path: Path) -> None:
    """Its driver is this process; Playwright's is a Node of 80 MB."""
    before = _children()
    with PageSession(SessionSpec(width=160, height=90, engine="screenshot"), tmp_path) as session:
        assert isinstance(session.browser, Browser)
        names = {child.name() for child in _children() - before}
    assert any("chrom" in name for name in names)
    assert not any("node" in name for name in names)


def _children() -> set[psutil.Process]:
    """Return what this process has started; a browser kept for many tests has a Node of its own."""
    return set(psutil.Process().children())
