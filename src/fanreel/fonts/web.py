"""Families looked up among the web's free ones: Google Fonts' CSS API, asked while planning."""

import os
import urllib.error
import urllib.parse
from collections.abc import Mapping
from typing import Self

from fanreel.files.kept_dirs import is_off
from fanreel.fonts.faces import Face, parse_faces
from fanreel.network import gateway
from fanreel.network.fetch import Refused, require_success

URL_VARIABLE = "FANREEL_WEB_FONTS_URL"
DEFAULT_URL = "https://fonts.googleapis.com"
# The API answers with WOFF 2 by subset only to a browser that is known to read it.
_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
_WEIGHTS = range(100, 1000, 100)


class WebFonts:
    """
    The web's free families, by name.

    Attributes:
        is_off: Nobody is asked, as the user wants it.
        offline: Why the service cannot be reached, once that is known; it is not asked again.
    """

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url
        self.is_off = base_url is None
        self.offline: str | None = "it is switched off" if self.is_off else None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Return what *environ* names, by default Google Fonts."""
        named = environ.get(URL_VARIABLE, "").strip()
        return cls(None if is_off(named) else (named or DEFAULT_URL).rstrip("/"))

    @property
    def named(self) -> str | None:
        """URL of the service that the user has named in the place of the usual one."""
        return None if self._base_url == DEFAULT_URL else self._base_url

    def find(self, name: str) -> list[Face]:
        """Return the faces of the family *name*; none where nobody knows it or nobody answers."""
        if self.offline is not None:
            return []
        # The first version of the API gives those weights that there are, the second refuses a
        # list with one that there is not.
        styles = ",".join(f"{weight}{style}" for style in ("", "italic") for weight in _WEIGHTS)
        query = urllib.parse.urlencode({"family": f"{name}:{styles}", "display": "block"})
        try:
            sheet = self.get(f"{self._base_url}/css?{query}")
        except urllib.error.HTTPError:
            return []  # no such family
        except (OSError, Refused, ValueError) as exc:
            self.offline = str(exc)
            return []
        return list(parse_faces(sheet.decode("utf-8", "replace")))

    def get(self, url: str) -> bytes:
        """
        Fetch *url*: of the service itself, or from a public address.

        Raises:
            OSError, Refused, ValueError: No answer, or not a usable one.
        """
        # Whoever runs fanreel named this address; it may be one of the machine's own.
        if self.named is not None and url.startswith(f"{self.named}/"):
            return gateway.read(url, {"User-Agent": _AGENT})
        return require_success(gateway.fetch(url, {"User-Agent": _AGENT})).body


def web_fonts() -> WebFonts:
    """Return the web's families as this process's environment names them."""
    return WebFonts.of(os.environ)
