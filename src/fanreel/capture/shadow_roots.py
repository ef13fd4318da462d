"""
Hand the page the shadow roots of its own videos.

Page code cannot reach the tree that Chromium keeps inside a `<video>`; DevTools can. There
page/video_homes.js finds a place for the video's picture. It asks through a binding, for all videos
that wait at once.
"""

import asyncio
import contextlib
from typing import Any

from fanreel.browser.driver import DevTools

BINDING = "__fanreelAdopt"

# Frames of the composition's origin live in the page's own process, so one script reaches all.
_WAITING = """(() => {
  const found = [];
  const visit = (view) => {
    try {
      found.push(...(view.__fanreel?.videoHomes.homeless() ?? []));
      for (let i = 0; i < view.length; i += 1) visit(view[i]);
    } catch { /* a frame of another origin */ }
  };
  visit(window);
  return found;
})()"""
_ADOPT = """function () {
  this.ownerDocument.defaultView.__fanreel.videoHomes.adopt(this.host, this);
}"""
_DONE = "adopted"


async def offer_shadow_roots(session: DevTools) -> None:
    """Answer page/video_homes.js on the page of *session* for as long as it lives."""
    tasks: set[asyncio.Task[None]] = set()

    def called(event: dict[str, Any]) -> None:
        if event["name"] == BINDING:
            task = asyncio.ensure_future(_answer(session))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    session.on("Runtime.bindingCalled", called)
    await session.send("Runtime.enable")
    await session.send("Runtime.addBinding", {"name": BINDING})


async def _answer(session: DevTools) -> None:
    # A page that goes away meanwhile asks again when it is back; one that stays names the video.
    with contextlib.suppress(Exception):
        waiting = await session.send(
            "Runtime.evaluate", {"expression": _WAITING, "objectGroup": _DONE}
        )
        videos = await _elements(session, waiting["result"]["objectId"])
        await asyncio.gather(*(_hand_over(session, video) for video in videos))
        await session.send("Runtime.releaseObjectGroup", {"objectGroup": _DONE})


async def _elements(session: DevTools, array_id: str) -> list[str]:
    listed = await session.send(
        "Runtime.getProperties", {"objectId": array_id, "ownProperties": True}
    )
    return [
        item["value"]["objectId"]
        for item in listed["result"]
        if item["name"].isdecimal() and "objectId" in item["value"]
    ]


async def _hand_over(session: DevTools, video_id: str) -> None:
    described = await session.send("DOM.describeNode", {"objectId": video_id, "pierce": True})
    root = next(r for r in described["node"]["shadowRoots"] if r["shadowRootType"] == "user-agent")
    resolved = await session.send(
        "DOM.resolveNode", {"backendNodeId": root["backendNodeId"], "objectGroup": _DONE}
    )
    await session.send(
        "Runtime.callFunctionOn",
        {"objectId": resolved["object"]["objectId"], "functionDeclaration": _ADOPT},
    )
