"""
What runs inside the page: JavaScript modules, bundled into one script for each realm.

Chromium runs `page.js` in every frame before any script of the page, `worker.js` comes first in
every worker, `shell.js` is the page around the composition (`preview_shell.js` in a preview) and
`frames.js` its worker, `parsers.js` is what a page asks for that holds nested compositions.
`main.js` is where to start reading.
"""

import json
from typing import Any

from fanreel.errors import BrowserUnavailable
from fanreel.page.bundles import bundle


def page_script(config: dict[str, Any]) -> str:
    """
    Return the script that makes a page's only clock the frame's time.

    Args:
        config: Facts for the page, JSON: `fpsNum`, `fpsDen`, `seed`, `variables`, `width`,
            `height`, `files`, `media`, and what single files name at their head.
    Raises:
        BrowserUnavailable: The page's modules are not bundled, or have been changed since.
    """
    # U+2028 and U+2029 are line ends in old JavaScript; `</` and `<!--` need no care here.
    told = config | {"workerScript": worker_script()}
    data = json.dumps(told, sort_keys=True).replace("\u2028", "\\u2028")
    return f"""\
// Once per document; and the shell around the composition keeps the real clock.
if (globalThis.__fanreel?.document !== document
  && !location.pathname.startsWith("/__fanreel__/")) {{
Object.defineProperty(globalThis, "__fanreelConfig", {{ value: {data}, configurable: true }});
{_bundle("page")}
}}
"""


def worker_script() -> str:
    """Return the script that runs first in a dedicated worker: it goes by the page's clock."""
    return _bundle("worker")


def shell_script() -> str:
    """Return the script of the page that the composition is shown in."""
    return _bundle("shell")


def frames_script() -> str:
    """Return the script of the worker that fetches pictures of media for the composition."""
    return _bundle("frames")


def preview_shell_script() -> str:
    """Return the script of the page that the composition is shown in while somebody watches."""
    return _bundle("preview_shell")


def parsers_script() -> str:
    """Return the parsers that a page with nested compositions asks for."""
    return _bundle("parsers")


def _bundle(name: str) -> str:
    try:
        return bundle(name)
    except FileNotFoundError as exc:
        raise BrowserUnavailable(str(exc)) from exc
