"""compare(): the distance of two videos' frames, one by one."""

from pathlib import Path

from fanreel.comparison.comparison import Comparison
from fanreel.engine.answers import Compared
from fanreel.engine.decoder import Decoder
from fanreel.engine.requests import Compare


def compare(
    left: Path,
    right: Path,
    *,
    worst: int = 3,
    sounds: tuple[Path | None, Path | None] | None = None,
) -> Comparison:
    """
    Compare two videos, sounds, pictures, or folders of PNG frames, frame by frame.

    They are decoded in a child process, which sees nothing of this one's environment.

    Args:
        left: One.
        right: The other, of the same size.
        worst: How many pairs to keep as pictures.
        sounds: Where the sounds of both are, if not in the files themselves.
    Raises:
        InvalidConfig: They differ in size. Terminal.
        AssetNotFound, NotMedia, MediaUnreadable: A file is missing or not usable. Terminal.
        BrowserCrashed: The child process was lost. Retryable.
    """
    heard = sounds or (_sound_of(left), _sound_of(right))
    asked = Compare(left=left, right=right, worst=worst, sounds=heard)
    with Decoder("compared", left, right, *filter(None, heard)) as decoder:
        return decoder.ask(asked, Compared).result


def _sound_of(side: Path) -> Path | None:
    return None if side.is_dir() else side
