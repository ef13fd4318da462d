"""A project's media as its preview asks for them: decoded in children, never in the server."""

from fractions import Fraction
from pathlib import Path
from typing import Self

from fanreel.config import RenderConfig
from fanreel.engine.decoder import Decoder
from fanreel.engine.requests import AskMedia, Peaks, ServeMedia, Thumbnail
from fanreel.network.answering import Reply

_NOT_MEDIA = 404


class PreviewMedia:
    """
    Two children, while open: playing does not wait for the pictures that lanes show.

    Args:
        folder: That is served; only read.
        config: By its paths.
        plan_dir: Tells the clips; None: there is no plan yet.
    """

    def __init__(self, folder: Path, config: RenderConfig, plan_dir: Path | None) -> None:
        root_dir = folder.resolve()
        media = ServeMedia(
            root_dir=root_dir,
            entry_path=config.entry_path,
            project_path=config.project_path,
            plan_dir=plan_dir,
        )
        reads = (root_dir, plan_dir) if plan_dir else (root_dir,)
        self._played, self._pictured = (
            Decoder(f"decoded media for {what}", *reads, media=media)
            for what in ("the player", "the timeline")
        )

    def __enter__(self) -> Self:
        self._played.__enter__()
        self._pictured.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._played.close()
        self._pictured.close()

    def start(self) -> None:
        """Start what plays now: the next frame waits for it."""
        self._played.start()

    def reply(self, path: str) -> Reply | None:
        """Answer what the page asks of the renderer about media; None: it is about others."""
        told, body = self._played.fetch(AskMedia(path=path))
        return None if told.status == _NOT_MEDIA else (told.status, told.content_type, body)

    def thumbnail(self, key: str, at_s: Fraction) -> bytes:
        """Return a small JPEG of clip *key* at *at_s*. Raises `RenderError`."""
        return self._pictured.fetch(Thumbnail(key=key, at_s=at_s))[1]

    def peaks(self, key: str) -> bytes:
        """Return how loud clip *key* is along itself, as JSON. Raises `RenderError`."""
        return self._pictured.fetch(Peaks(key=key))[1]
