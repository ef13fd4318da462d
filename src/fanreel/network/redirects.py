"""
What is answered for an outside URL that redirects.

A redirect cannot be replayed as one: Playwright routes the first request of a chain only and lets
Chromium take the rest to the network, which is closed. Without it the page would take the answer
for one of the first URL, and look for what it names relatively (`url(font.woff2)`,
`import "./core.js"`) in the wrong place. So style sheets and modules that redirect are answered
with one line that asks for the final URL. Nothing else refers to its own address; all that differs
is what `response.url` and `response.redirected` tell a script.
"""

import json
import re

from fanreel.network.fetch import Response

# Only what does refer so is worth a second request, and the end of any `integrity`.
_RELATIVE = re.compile(
    rb"""(?:url\(\s*["']?|@import\s*["'])(?!["'\s]|data:|[a-z]+://|//|\#)""", re.IGNORECASE
)
_IMPORTS = re.compile(rb"""\b(?:from|import)\s*\(?\s*["'`]\.{0,2}/""")
_MODULE = re.compile(rb"""(?:^|[;}\s])(?:export\s*(?:[{*]|default\b|\w)|import\s*(?:["'{*]|\w))""")
_DEFAULT = re.compile(rb"\bexport\s+default\b|\bas\s+default\b|\bexport\s*{\s*default\b")


def stand_in(response: Response) -> bytes | None:
    """Return the body to answer with at the URL that was redirected; None: that of *response*."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    final, body = json.dumps(response.url), response.body
    if kind == "text/css" and _RELATIVE.search(body):
        return f"@import url({final});\n".encode()
    # A classic script has no address of its own, and must not become a module.
    if kind.endswith("javascript") and _MODULE.search(body) and _IMPORTS.search(body):
        default = f"export {{ default }} from {final};\n" if _DEFAULT.search(body) else ""
        return f"export * from {final};\n{default}".encode()
    return None
