"""The mark a segment carries, so that `assemble()` can tell its own segments from others'."""

import re
from dataclasses import dataclass
from typing import Self

_WRITTEN = re.compile(r"fanreel plan=([0-9a-z]*) start=([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentMark:
    """Which plan a segment belongs to, and where on its timeline it starts."""

    plan_hash: str
    start_frame: int

    def to_text(self) -> str:
        """Return the text kept as the container's `comment`; the same plan gives the same bytes."""
        return f"fanreel plan={self.plan_hash} start={self.start_frame}"

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Read what `to_text()` wrote; None for any other text."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            return None
        return cls(plan_hash=found[1], start_frame=int(found[2]))
