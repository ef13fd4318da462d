"""How text is laid out, which decides on which row of pixels it stands."""

from typing import Any

RENDERING = """(selector) => {
  const frame = document.querySelector("iframe").contentDocument;
  const shadow = document.querySelector("section").shadowRoot;
  const trees = [document, frame, shadow];
  const element = trees.map((tree) => tree.querySelector(selector)).find(Boolean);
  return getComputedStyle(element).textRendering;
}"""


def test_text_has_its_exact_measures(player: Any) -> None:
    """Also below a body that asks for another way, in shadow roots, and as soon as scripts run."""
    player.open(
        """<style>body, .fast { text-rendering: optimizeSpeed }</style>
        <p id="plain">a</p><p id="fast" class="fast">a</p><section></section>
        <iframe srcdoc="<p id='framed'>a</p>"></iframe>
        <script>
          const root = document.querySelector("section").attachShadow({ mode: "open" });
          root.innerHTML = "<p id=shadow>";
          window.early = getComputedStyle(plain).textRendering;
        </script>"""
    )
    names = ["plain", "shadow", "fast", "framed"]
    seen = {name: player.page.evaluate(RENDERING, f"#{name}") for name in names}
    assert seen == {
        "plain": "geometricprecision",
        "shadow": "geometricprecision",
        "fast": "optimizespeed",
        "framed": "auto",
    }
    assert player.page.evaluate("window.early") == "geometricprecision"
