"""Which faces Chromium draws elements with, as DevTools tells."""

import asyncio
from typing import Any

from fanreel.browser.driver import DevTools

_ASKED = "faces"


async def faces_of(session: DevTools, elements: str) -> list[list[dict[str, Any]]]:
    """
    Return `familyName`, `isCustomFont` and `glyphCount` of the faces that elements are drawn with.

    Args:
        session: Of the page.
        elements: An expression in the page's own frame that gives an array of elements.
    """
    await session.send("DOM.enable")
    await session.send("CSS.enable")
    await session.send("DOM.getDocument", {"depth": 0})
    found = await session.send("Runtime.evaluate", {"expression": elements, "objectGroup": _ASKED})
    listed = await session.send(
        "Runtime.getProperties",
        {"objectId": found["result"]["objectId"], "ownProperties": True},
    )
    handles = [item["value"]["objectId"] for item in listed["result"] if item["name"].isdecimal()]
    faces = await asyncio.gather(*(_faces(session, handle) for handle in handles))
    await session.send("Runtime.releaseObjectGroup", {"objectGroup": _ASKED})
    # Else Chromium goes on telling about style sheets and elements of every page that follows.
    await session.send("CSS.disable")
    await session.send("DOM.disable")
    return list(faces)


async def _faces(session: DevTools, handle: str) -> list[dict[str, Any]]:
    node = await session.send("DOM.requestNode", {"objectId": handle})
    answer = await session.send("CSS.getPlatformFontsForNode", node)
    fonts: list[dict[str, Any]] = answer["fonts"]
    return fonts
