"""What variables a page declares, read from its text; no browser."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fanreel.files.html import PageParser

_ATTRIBUTE = "data-composition-variables"


def declared_variables(page: Path) -> dict[str, Mapping[str, Any]]:
    """
    Return the declarations of a page by their ids; none where the page cannot be read.

    The page itself complains, when it is opened, of declarations that are none.
    """
    try:
        text = page.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    finder = _Finder()
    finder.feed(text)
    finder.close()
    return finder.found


class _Finder(PageParser):
    """Reads what stands on the document, and on its root or the template around that."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Mapping[str, Any]] = {}
        self._has_root = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(reversed(attrs))  # browsers take an attribute's first value
        is_root = "data-composition-id" in attributes and not self._has_root
        self._has_root |= is_root and tag not in {"html", "template"}
        if is_root or tag in {"html", "body", "template"}:
            for item in _listed(attributes.get(_ATTRIBUTE)):
                self.found.setdefault(str(item["id"]), item)


def _listed(text: str | None) -> list[dict[str, Any]]:
    try:
        items = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict) and "id" in item]
