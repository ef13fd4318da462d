"""
Drives a page over Chromium's debugging pipe, without another process between.

What Playwright sets on each page is set here too, so that a page cannot tell the two apart: the
page that was planned with one is rendered with the other.
"""

import asyncio
import json
import re
from concurrent.futures import Future
from typing import Any

from fanreel.browser.cdp import Connection, Params, ProtocolError, Session, TargetGone
from fanreel.browser.driver import Answer, PageListener
from fanreel.browser.interception import Interceptor
from fanreel.browser.launch import FRAME_WORKER
from fanreel.browser.page_events import forward_events

# Gives a value as JSON text, with NaN and infinities as Python reads them. It does not ask the
# value how it wants to be written: a page may have given its arrays a `toJSON` of its own.
_WRITER = """(() => {
  const text = (value) => {
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value !== "object" || value === null) return "null";
    if (Array.isArray(value)) return `[${Array.from(value, text).join(",")}]`;
    const entries = Object.keys(value).map((key) => `${JSON.stringify(key)}:${text(value[key])}`);
    return `{${entries.join(",")}}`;
  };
  return text;
})()"""
_AUTO_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
_MEDIA = {
    "prefers-color-scheme": "light",
    "prefers-reduced-motion": "no-preference",
    "forced-colors": "none",
    "prefers-contrast": "no-preference",
}
_HEADLESS_FONTS = {
    "standard": "Times New Roman",
    "fixed": "Monospace",
    "serif": "Times New Roman",
    "sansSerif": "Arial",
    "cursive": "Comic Sans MS",
    "fantasy": "Impact",
}
_NO_SERVICE_WORKERS = {
    "source": "if (self.ServiceWorkerContainer) ServiceWorkerContainer.prototype.register ="
    ' async () => { console.warn("service workers are blocked"); };',
    "runImmediately": True,
}


class PageThrew(Exception):
    """The page's code threw; the text is what it threw, with its stack."""


class PipeDriver:
    """
    The one page of a browser behind a debugging pipe; see `Driver`.

    Args:
        connection: To the browser.
        headless: Chromium shows its windows nowhere.
    Attributes:
        product: Name and version of the browser, once it has started.
    """

    def __init__(self, connection: Connection, *, headless: bool) -> None:
        self._connection, self._headless = connection, headless
        self.product = ""
        self._page: Session | None = None
        self._attached: asyncio.Future[None] | None = None
        self._writer_id = ""
        self._loaded: _Loaded | None = None
        self._first: str | None = None
        self._listener: PageListener | None = None
        self._urls: dict[str, str] = {}
        self._interceptor: Interceptor | None = None
        self._sessions: dict[str, Session] = {}
        self._first_ids: dict[Session, Future[Params]] = {}

    async def start(self) -> None:
        """Wait for the page and set it up; the browser is still starting."""
        browser = self._connection.browser
        attached = self._attached = asyncio.get_running_loop().create_future()
        self._connection.on_close(self._note_close)
        browser.on("Target.attachedToTarget", self._note_target)
        browser.on("Target.detachedFromTarget", self._note_detached)
        browser.post("Browser.setDownloadBehavior", {"behavior": "deny"})
        await browser.send("Target.setAutoAttach", _AUTO_ATTACH)
        await attached
        self.product = (await browser.send("Browser.getVersion"))["product"]

    @property
    def devtools(self) -> Session:
        """The session of the page."""
        if self._page is None:
            raise RuntimeError("there is no page yet")
        return self._page

    def evaluate(self, script: str, argument: Any) -> Future[Any]:
        """Call the function *script* with *argument* in the page's own frame."""
        answer: Future[Any] = Future()
        call = {
            "objectId": self._writer_id,
            "functionDeclaration": f"async function (argument) {{ return this(await ({script})"
            "(argument)); }",
            "arguments": [{"value": argument}],
            "awaitPromise": True,
            "returnByValue": True,
            "userGesture": True,
        }

        def read(result: Future[Params]) -> None:
            try:
                value = _value_of(result.result())
            except BaseException as exc:  # noqa: BLE001 (whoever waits is told)
                if not answer.cancelled():
                    answer.set_exception(exc)
            else:
                if not answer.cancelled():
                    answer.set_result(json.loads(value))

        self.devtools.call("Runtime.callFunctionOn", call).add_done_callback(read)
        return answer

    def threw(self, exc: BaseException) -> bool:
        """Tell an error of the page's code from one of the way to it."""
        return isinstance(exc, PageThrew | ProtocolError)

    async def listen(self, listener: PageListener) -> None:
        """Tell *listener* what the page does, its frames and workers too."""
        self._listener = listener
        for session in self._sessions.values():
            forward_events(session, listener, self._urls)

    async def navigate(self, url: str) -> None:
        """Show the page at *url*, to its `load` event."""
        page = self.devtools
        self._loaded = self._loaded or _Loaded(page)
        await page.send("Page.setLifecycleEventsEnabled", {"enabled": True})
        answer = await page.send("Page.navigate", {"url": url})
        if answer.get("errorText"):
            raise PageThrew(f"{url} does not load: {answer['errorText']}")
        await self._loaded.wait(answer["loaderId"])
        # Compositions have many frames, each with a dozen such events.
        await page.send("Page.setLifecycleEventsEnabled", {"enabled": False})
        writer = await page.send("Runtime.evaluate", {"expression": _WRITER})
        self._writer_id = writer["result"]["objectId"]

    async def run_first(self, source: str) -> None:
        """Run *source* first in every document of the page, in place of an earlier one."""
        self._first = source
        sessions = [session for session in self._sessions.values() if session.has_documents]
        for session in sessions:
            earlier = self._first_ids.pop(session, None)
            if earlier is not None:
                session.post("Page.removeScriptToEvaluateOnNewDocument", await _result(earlier))
            await _result(self._put_first(session, source))

    async def intercept(self, urls: re.Pattern[str], answer: Answer) -> None:
        """Have *answer* answer the page's requests for *urls*."""
        self._interceptor = Interceptor(urls, answer)
        for session in self._sessions.values():
            self._interceptor.attach(session)

    async def stop_intercepting(self) -> None:
        """Let requests go their way again."""
        interceptor, self._interceptor = self._interceptor, None
        if interceptor is not None:
            interceptor.detach()

    def _note_target(self, event: Params) -> None:
        kind = event["targetInfo"]["type"]
        session = self._connection.session(event["sessionId"], kind)
        if kind != "page" or self._page is not None:
            if kind == "shared_worker":  # the page waits for its script, which comes to it
                self._set_up(session)
            session.post("Runtime.runIfWaitingForDebugger")
            return
        self._page = session
        task = asyncio.ensure_future(self._set_up_page(session))
        task.add_done_callback(self._note_set_up)

    def _note_set_up(self, task: "asyncio.Task[None]") -> None:
        if self._attached is None or self._attached.done():
            return
        if (exc := task.exception()) is not None:
            self._attached.set_exception(exc)
        else:
            self._attached.set_result(None)

    async def _set_up_page(self, page: Session) -> None:
        page.on("Inspector.targetCrashed", self._note_crash)
        features = [{"name": name, "value": value} for name, value in _MEDIA.items()]
        calls = [
            *self._set_up(page),
            page.call("Emulation.setFocusEmulationEnabled", {"enabled": True}),
            page.call("Emulation.setEmulatedMedia", {"media": "", "features": features}),
        ]
        if self._headless:
            calls.append(page.call("Page.setFontFamilies", {"fontFamilies": _HEADLESS_FONTS}))
        calls.append(page.call("Runtime.runIfWaitingForDebugger"))
        for call in calls:
            await _result(call)

    def _set_up(self, session: Session) -> list[Future[Params]]:
        """Have a target tell and do what the page does; commands are carried out in order."""
        self._sessions[session.session_id] = session
        session.on("Target.attachedToTarget", self._note_child)
        session.on("Target.detachedFromTarget", self._note_detached)
        if self._listener is not None:
            forward_events(session, self._listener, self._urls)
        calls = [
            session.call("Runtime.enable"),
            # Bodies are not asked for, and Chromium would keep up to 100 MB of them.
            session.call("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}),
            session.call("Log.enable"),
            session.call("Target.setAutoAttach", _AUTO_ATTACH),
        ]
        if session.has_documents:
            calls += [
                session.call("Page.enable"),
                session.call("Page.addScriptToEvaluateOnNewDocument", _NO_SERVICE_WORKERS),
            ]
            if self._first is not None:
                calls.append(self._put_first(session, self._first))
        if self._interceptor is not None:
            self._interceptor.attach(session)
        return calls

    def _put_first(self, session: Session, source: str) -> Future[Params]:
        script = {"source": source, "runImmediately": True}
        call = session.call("Page.addScriptToEvaluateOnNewDocument", script)
        self._first_ids[session] = call
        return call

    def _note_child(self, event: Params) -> None:
        """Set up a frame of another process, or a worker, before its first line runs."""
        kind = event["targetInfo"]["type"]
        session = self._connection.session(event["sessionId"], kind)
        if kind in {"iframe", "worker"} and event["targetInfo"]["url"] != FRAME_WORKER:
            self._set_up(session)
        session.post("Runtime.runIfWaitingForDebugger")

    def _note_detached(self, event: Params) -> None:
        session = self._sessions.pop(event["sessionId"], None)
        if session is not None:
            self._first_ids.pop(session, None)
            session.drop("its page is gone")

    def _note_crash(self, _event: Params) -> None:
        self._note_close()
        self.devtools.drop("the page has crashed")

    def _note_close(self) -> None:
        if self._loaded is not None:
            self._loaded.give_up()
        if self._listener is not None:
            self._listener.note_crash()
        if self._attached is not None and not self._attached.done():
            self._attached.set_exception(TargetGone("the browser has ended"))


class _Loaded:
    """Waits for the `load` event of a document that is still to be named."""

    def __init__(self, page: Session) -> None:
        self._seen: set[str] = set()
        self._changed = asyncio.Event()
        self._gone = False
        page.on("Page.lifecycleEvent", self._note)

    async def wait(self, loader_id: str) -> None:
        """Wait for that document. Raises `TargetGone` if it will never come."""
        while loader_id not in self._seen:
            if self._gone:
                raise TargetGone("the page is gone before it was loaded")
            self._changed.clear()
            await self._changed.wait()

    def give_up(self) -> None:
        """Note that no event comes any more: nobody owes one an answer, as to a command."""
        self._gone = True
        self._changed.set()

    def _note(self, event: Params) -> None:
        if event["name"] == "load":
            self._seen.add(event["loaderId"])
            self._changed.set()


async def _result(call: Future[Params]) -> Params:
    return await asyncio.wrap_future(call)


def _value_of(result: Params) -> str:
    """Return the text that a call has come to."""
    details = result.get("exceptionDetails")
    if details is None:
        return str(result["result"].get("value", "null"))
    thrown = details.get("exception", {})
    raise PageThrew(str(thrown.get("description") or thrown.get("value", details["text"])))
