"""What a page session loads, and what its server answers besides the project's files."""

import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanreel.network.answering import Reply
from fanreel.network.outside import Recorder, Replayer
from fanreel.network.site import SiteRequest, content_type
from fanreel.page import frames_script, parsers_script, shell_script

FIRST_PAGE = "first.html"
"""Empty: what a browser shows until something is loaded."""
SHELL = "shell.html"
"""The page around the composition's."""
_OWN_SCRIPTS = {
    "shell.js": shell_script,
    "frames.js": frames_script,
    "parsers.js": parsers_script,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """What a session loads: a site and what surrounds it."""

    root_dir: Path
    """Project or frozen site."""
    entry_file: str
    """Its path in *root_dir*."""
    page_config: dict[str, Any]
    """What the page script is told; see `page_script()`."""
    network: Recorder | Replayer
    """Takes over requests that leave the composition's origin."""
    project_path: str = ""
    """Of the project in *root_dir*, where that also holds files above the project."""
    own: Callable[[str], Reply | None] | None = None
    """Answers the page's requests for source frames."""
    on_request: Callable[[SiteRequest], None] | None = None
    """Told about every project file the page asks for."""
    on_loaded: Callable[[], None] | None = None
    """Called when the document has loaded, before it is waited for to become ready."""


def own_reply(path: str, load: PageLoad | None) -> Reply | None:
    """Answer a request below the renderer's own prefix; None where it is for nothing there."""
    if path == FIRST_PAGE:
        return 200, content_type(Path(path)), b"<!doctype html>"
    if path == SHELL:
        file = importlib.resources.files("fanreel.page").joinpath(path)
        return 200, content_type(Path(path)), file.read_bytes()
    if path in _OWN_SCRIPTS:
        return 200, content_type(Path(path)), _OWN_SCRIPTS[path]().encode()
    return load.own(path) if load and load.own else None
