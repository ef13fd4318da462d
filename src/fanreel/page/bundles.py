"""
The bundles of the page's modules: where they lie, and whether they are those of the sources.

`scripts/bundle` makes them. A wheel carries them and no sources; in a checkout both are there, and
sources that were changed since would go unseen. The standard library only: the hook that builds a
wheel loads this file by its path.
"""

import functools
import hashlib
from pathlib import Path

PAGE_DIR = Path(__file__).parent
_BUNDLES = "bundle"
_DIGEST = "sources.sha256"
HOW = "run scripts/bundle (after scripts/setup, which installs what it needs)"


def problem(page_dir: Path = PAGE_DIR) -> str | None:
    """Say what is wrong with the bundles of *page_dir*, and what to do; None when nothing is."""
    digest = page_dir / _BUNDLES / _DIGEST
    if not digest.is_file():
        return f"the scripts that run inside the page are not bundled: {HOW}"
    sources = sorted(page_dir.glob("*.js"))
    if sources and digest.read_text(encoding="ascii").strip() != digest_of(sources):
        return f"the scripts that run inside the page were changed and not bundled since: {HOW}"
    return None


@functools.cache
def bundle(name: str, page_dir: Path | None = None) -> str:
    """
    Return one bundle of *page_dir*: `page`, `parsers`, `worker`, `shell`, `frames`, ....

    Raises:
        FileNotFoundError: It is not there, or older than its sources.
    """
    if found := problem() if page_dir is None else problem(page_dir):
        raise FileNotFoundError(found)
    return ((page_dir or PAGE_DIR) / _BUNDLES / f"{name}.js").read_text(encoding="utf-8")


def digest_of(sources: list[Path]) -> str:
    """Return what `scripts/bundle.mjs` has noted of the same files."""
    digest = hashlib.sha256()
    for file in sources:
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
