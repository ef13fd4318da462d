"""Where finished segments are kept: named by plan and frames, whole or not there at all."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fanreel.errors import ArtifactDigestMismatch, MissingPlanArtifact
from fanreel.files.aside import naming_write_errors, remove
from fanreel.files.digest import measure


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentKey:
    """What names a finished segment for ever: its plan and its frames."""

    plan_hash: str
    start_frame: int
    end_frame: int

    @property
    def name(self) -> str:
        """Sortable file name without suffix."""
        return f"{self.start_frame:08d}-{self.end_frame:08d}"

    @property
    def frames(self) -> int:
        """How many it holds."""
        return self.end_frame - self.start_frame


class SegmentStore(Protocol):
    """Where finished segments outlive the worker that made them."""

    def find(self, key: SegmentKey) -> bool:
        """Tell whether the segment is kept already."""

    def keep(self, key: SegmentKey, path: Path) -> None:
        """Keep the segment at *path*: a file, or for png-sequence a directory."""


class DirectoryStore:
    """
    Segments of one plan in a directory of this machine.

    The digest of each is in its name: one that was cut short by a power failure, or changed since,
    is not found but rendered again.

    Args:
        directory: Exists; on the disk where segments are rendered to, or they are copied.
        suffix: Of segment files; empty for directories of frames.
    """

    _NAME = re.compile(r"\d{8,}-\d{8,}\.[0-9a-f]{64}(\.\w+)?")

    def __init__(self, directory: Path, suffix: str) -> None:
        self._directory, self._suffix = directory, suffix
        self._kept: dict[str, Path] = {}

    def clear_unfinished(self) -> None:
        """Remove what somebody who was killed had not finished; only for the one who uses it."""
        for path in self._directory.iterdir():
            if not (self._NAME.fullmatch(path.name) or path.name.startswith(".")):
                remove(path)

    def find(self, key: SegmentKey) -> bool:
        """Tell whether the segment is kept, with the bytes it was kept with."""
        if key.name in self._kept:
            return True
        for path in self._directory.glob(f"{key.name}.*{self._suffix}"):
            if self._NAME.fullmatch(path.name) and _is_whole(path):
                self._kept[key.name] = path
                return True
            with contextlib.suppress(OSError):
                remove(path)
        return False

    def keep(self, key: SegmentKey, path: Path) -> None:
        """Keep the segment; *path* is gone afterwards. Raises `DiskFull`."""
        kept = self._directory / f"{key.name}.{measure(path)[1]}{self._suffix}"
        with naming_write_errors(kept):
            path.replace(kept)
        self._kept[key.name] = kept

    def path(self, key: SegmentKey) -> Path:
        """
        Return where the segment lies.

        Raises:
            MissingPlanArtifact: It is not kept. Retryable.
            ArtifactDigestMismatch: It changed since it was kept. Retryable.
        """
        path = self._kept.get(key.name)
        if path is None or not path.exists():
            raise MissingPlanArtifact(f"segment {key.name} is not in {self._directory}")
        if not _is_whole(path):
            raise ArtifactDigestMismatch(
                f"{path} changed since it was rendered; render again", path=str(path)
            )
        return path


def _is_whole(path: Path) -> bool:
    try:
        return measure(path)[1] == path.name.split(".")[1]
    except OSError:
        return False
