"""The API reference leaves out nothing that is public."""

import re
from pathlib import Path

import fanreel
import fanreel.aws
from fanreel.errors import CATALOGUE

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_every_public_name_has_its_entry() -> None:
    """Failures are in docs/errors.md, by code; constants have no docstrings."""
    pages = "\n".join(page.read_text() for page in sorted(REFERENCE.glob("*.md")))
    entries = re.findall(r"^::: (\S+)$", pages, re.MULTILINE)
    failures = {error.__name__ for error in CATALOGUE.values()}
    public = {f"fanreel.{name}" for name in fanreel.__all__ if not name.isupper()}
    public -= {f"fanreel.{name}" for name in failures}
    public |= {f"fanreel.aws.{name}" for name in fanreel.aws.__all__}
    assert public <= set(entries)
    assert len(entries) == len(set(entries))
