"""
A stand-in for the service of the web's font families, which knows one: Fraunces.

    python3 web_fonts.py PORT FRAUNCES.woff2     on loopback, until it is ended

It needs nothing but Python, as it runs where fanreel has not been installed by a checkout.
"""

import http.server
import sys
import urllib.parse
from pathlib import Path
from typing import Any


class Service(http.server.BaseHTTPRequestHandler):
    """Answers as Google Fonts' CSS API does: a style sheet with a face by subset."""

    def do_GET(self) -> None:
        """Give the sheet, the file, or 400 as the API does for a family that it does not know."""
        asked = urllib.parse.urlsplit(self.path)
        family = urllib.parse.parse_qs(asked.query).get("family", [""])[0].partition(":")[0]
        body = b""
        if asked.path == "/latin.woff2":
            body = Path(sys.argv[2]).read_bytes()
        elif family.casefold() == "fraunces":
            body = (
                "@font-face { font-family: 'Fraunces'; font-weight: 100 900; "
                f"src: url(http://{self.headers['Host']}/latin.woff2) format('woff2'); "
                "unicode-range: U+0000-00FF }"
            ).encode()
        self.send_response(200 if body else 400)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
