"""What a page is asked about itself, and told of what it cannot know, once it is open."""

from collections.abc import Sequence
from typing import Any

from fanreel.browser.browser import Browser
from fanreel.capture.faces import faces_of
from fanreel.capture.page_calls import PageCalls
from fanreel.errors import BrowserGpuNotSoftware

_ASK_RENDERER = """() => {
  const gl = document.createElement("canvas").getContext("webgl");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl && gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}"""


class PageQuestions:
    """
    Questions to the page of a session.

    Args:
        page: Answers.
        browser: Knows which faces texts are drawn with.
    """

    def __init__(self, page: PageCalls, browser: Browser) -> None:
        self._page, self._browser = page, browser
        self._media_info: dict[str, Any] = {}

    def describe(self) -> dict[str, Any]:
        """Return what the page says of itself; see page/describe.js."""
        found: dict[str, Any] = self._page.evaluate(
            "() => __fanreelShell.describe()", None, "describing the composition"
        )
        return found

    def set_media_info(self, info: dict[str, Any]) -> None:
        """Tell the page, and those that are opened later, what was probed of media, by key."""
        self._media_info = info
        self._tell_media_info()

    def check_variables(self) -> list[dict[str, Any]]:
        """Return the values that are undeclared or mistyped."""
        found: list[dict[str, Any]] = self._page.evaluate(
            "() => __fanreelShell.checkVariables()", None, "checking variables"
        )
        return found

    def repeat(self) -> None:
        """Tell a page that was opened anew what the one before was told."""
        if self._media_info:
            self._tell_media_info()

    def forget(self) -> None:
        """Begin anew, for another composition."""
        self._media_info = {}

    def watch_fonts(self, frames: Sequence[int], looks: Sequence[int]) -> None:
        """Have the open page note its texts at *frames*, whatever their style at *looks*."""
        where = {"frames": list(frames), "looks": list(looks)}
        self._page.evaluate("where => __fanreelShell.watchFonts(where)", where, "watching fonts")

    def platform_fonts(self, asked: Sequence[tuple[int, int | None]]) -> list[list[dict[str, Any]]]:
        """
        Return the faces that texts of the composition are drawn with; see page/fonts.js.

        Args:
            asked: Places in `fonts` of `describe()`, and of one of their parts or None for all.
        """
        doing = "asking for fonts"
        probing = "asked => __fanreelShell.probeFonts(asked)"
        self._page.evaluate(probing, [list(question) for question in asked], doing)

        async def ask() -> list[list[dict[str, Any]]]:
            return await faces_of(self._browser.driver.devtools, "__fanreelShell.fontProbes()")

        faces: list[list[dict[str, Any]]] = self._page.run(ask(), doing)
        return faces

    def verify_software_gl(self) -> None:
        """
        Make sure that WebGL is drawn by the CPU.

        Asked for the first time this takes 50 to 200 ms, so only where a page uses WebGL: by
        workers before they load it, by the planner, who learns from the page that it does, before
        it writes anything.

        Raises:
            BrowserGpuNotSoftware: It is drawn by hardware, or not at all. Terminal.
        """
        renderer = self._page.evaluate(_ASK_RENDERER, None, "asking for the renderer")
        if renderer is None or "swiftshader" not in renderer.lower():
            raise BrowserGpuNotSoftware(
                f"WebGL is drawn by {renderer or 'nothing'}, not by SwiftShader, so its pixels "
                "would differ between machines; use the Chromium that `fanreel doctor` names",
                renderer=renderer,
            )

    def _tell_media_info(self) -> None:
        self._page.evaluate(
            "info => __fanreelShell.setMediaInfo(info)", self._media_info, "media durations"
        )
