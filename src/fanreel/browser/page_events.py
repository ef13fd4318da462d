"""What a page does, from DevTools' events to its listener."""

from typing import Any

from fanreel.browser.cdp import Params, Session
from fanreel.browser.driver import PageListener

_NO_REQUEST = "data:"
_LEVELS = {"verbose": "debug"}


def forward_events(session: Session, listener: PageListener, urls: dict[str, str]) -> None:
    """
    Tell *listener* what comes from a page, a frame of another process, or a worker.

    Args:
        session: The target's.
        listener: Of the page that all of them belong to.
        urls: Of that page's requests under way, by Chromium's name; kept here. A worker's script
            is asked for by the page's target and answered to the worker's.
    """

    def note_request(event: Params) -> None:
        request, url = event["request"], event["request"]["url"]
        if url.startswith(_NO_REQUEST):
            return
        note_end(event)  # of the request that was redirected to this one
        url += request.get("urlFragment", "")
        urls[event["requestId"]] = url
        listener.note_request(url, event.get("type", "Other").lower())

    def note_end(event: Params) -> None:
        url = urls.pop(event["requestId"], None)
        if url is not None:
            listener.note_answer(url)

    def note_socket(event: Params) -> None:
        listener.note_request(event["url"], "websocket")
        listener.note_answer(event["url"])

    def note_console(event: Params) -> None:
        text = " ".join(map(_shown, event["args"]))
        listener.note_console(event["type"], text)

    def note_entry(event: Params) -> None:
        entry = event["entry"]
        level = _LEVELS.get(entry["level"], entry["level"])
        listener.note_console(level, entry["text"])

    def note_error(event: Params) -> None:
        details = event["exceptionDetails"]
        stack = str(_thrown(details))
        name, colon, message = stack.partition("\n")[0].partition(": ")
        listener.note_error(*((name, message) if colon else ("", name)), stack)

    session.on("Network.requestWillBeSent", note_request)
    session.on("Network.loadingFinished", note_end)
    session.on("Network.loadingFailed", note_end)
    session.on("Network.webSocketCreated", note_socket)
    session.on("Runtime.consoleAPICalled", note_console)
    session.on("Log.entryAdded", note_entry)
    session.on("Runtime.exceptionThrown", note_error)


def _shown(value: Params) -> str:
    """Return a value as the console shows it."""
    shown: Any = value.get("value", value.get("description", value.get("unserializableValue")))
    if shown is None:
        return str(value.get("subtype") or value["type"])
    return shown if isinstance(shown, str) else str(value.get("description", shown))


def _thrown(details: Params) -> Any:
    exception = details.get("exception", {})
    return exception.get("description") or exception.get("value", details["text"])
