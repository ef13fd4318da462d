"""compare(): the distance of two videos' frames, one by one."""

from pathlib import Path

from fanreel.comparison.comparison import Comparison
from fanreel.engine.answers import Compared
from fanreel.engine.decoder import Decoder
from fanreel.engine.requests import Compare


def compare(left: Path, right: Path, *, worst: int = 3) -> Comparison:
    """
    Compare two videos, pictures, or folders of PNG frames, frame by frame.

    They are decoded in a child process, which sees nothing of this one's environment.

    Args:
        left: One.
        right: The other, of the same size.
        worst: How many pairs to keep as pictures.
    Raises:
        InvalidConfig: They differ in size. Terminal.
        AssetNotFound, NotMedia, MediaUnreadable: A file is missing or not usable. Terminal.
        BrowserCrashed: The child process was lost. Retryable.
    """
    with Decoder("compared", left, right) as decoder:
        return decoder.ask(Compare(left=left, right=right, worst=worst), Compared).result
