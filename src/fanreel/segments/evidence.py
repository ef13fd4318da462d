"""What there is to look at when a page fails: its last picture, kept beside the output."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fanreel.errors import RenderError
from fanreel.files.aside import written_aside


@contextlib.contextmanager
def keeping_screenshot(output: Path | None) -> Iterator[None]:
    """
    Save the screenshot that an error of the block carries, and name it in the error.

    The picture of `out.mp4` is `out.error.png`. The error keeps its class and facts; `screenshot`
    is the file's path from then on. Without an *output*, or where nothing can be written beside
    it, the error passes as it is.
    """
    try:
        yield
    except RenderError as error:
        path = _save(error.facts.get("screenshot"), output)
        if path is None:
            raise
        facts = error.facts | {"screenshot": str(path)}
        raise type(error)(f"{error}; {path} shows the page", **facts) from error


def _save(picture: object, output: Path | None) -> Path | None:
    if output is None or not isinstance(picture, bytes):
        return None
    path = output.with_name(f"{output.stem}.error.png")
    try:
        with written_aside(path) as aside:
            aside.write_bytes(picture)
    except (OSError, RenderError):
        return None
    return path
