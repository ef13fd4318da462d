"""The page script put into a document: no browser that nobody drives runs it by itself."""

import re

PAGE_SCRIPT = "page.js"
# What may stand before the first element; a script before the doctype would bring quirks mode.
_BEFORE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->)*(?:<!doctype[^>]*>)?", re.IGNORECASE | re.DOTALL
)
_TAG = (
    b'<script src="/__fanreel__/page.js"></script>'
    b"<script>document.currentScript.previousElementSibling.remove();"
    b"document.currentScript.remove();</script>"
)


def with_page_script(document: bytes) -> bytes:
    """
    Return *document* with the page script before all of its own; on the same lines.

    >>> with_page_script(b"<!doctype html><p>")[:30]
    b'<!doctype html><script src="/_'
    """
    start = _BEFORE.match(document)
    at = start.end() if start else 0
    return document[:at] + _TAG + document[at:]
