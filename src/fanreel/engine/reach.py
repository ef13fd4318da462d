"""The files that a step is about; its child reaches no others (`confinement.py`)."""

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a step reads and writes; of folders all that is below them."""

    temp_dir: Path | None
    """Takes what libraries put down meanwhile; None: they put nothing down."""
    reads: tuple[Path, ...]
    writes: tuple[Path, ...] = ()
    """What is not there yet is made, so it takes the nearest folder above it that is."""
    keeps: tuple[Path, ...] = ()
    """Folders of our own between two runs, made here if they are not there."""
    fetches: bool = False
    """Its page may ask for what is on the net; another process fetches it."""

    def writing(self, *outputs: Path | None) -> "Reach":
        """Return this and the folders that *outputs* are written aside in."""
        folders = (path.absolute().parent for path in filter(None, outputs))
        return replace(self, writes=(*self.writes, *folders))
