"""What a preview shows of a project's media, decoded: in a child, for as long as one plan holds."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from fanreel.errors import AssetNotFound
from fanreel.files.plan_dir import MediaClip
from fanreel.files.plan_reading import read_composition
from fanreel.files.site_files import SiteFiles
from fanreel.media.replies import Reply
from fanreel.media.serving import FrameFeed, ProbeFeed
from fanreel.preview.media_pictures import clip_thumbnail, peaks


class ProjectMedia:
    """
    Gives frames, facts, thumbnails and loudness of sources, while open.

    Args:
        files: Of the project.
        plan_dir: Tells the clips; None: there is no plan yet, and only facts are known.
    """

    def __init__(self, files: SiteFiles, plan_dir: Path | None) -> None:
        self._files = files
        composition = read_composition(plan_dir) if plan_dir else None
        self._clips = {clip.key: clip for clip in composition.media} if composition else {}
        self._feed = FrameFeed(plan_dir, composition) if plan_dir and composition else None

    def __enter__(self) -> Self:
        if self._feed:
            self._feed.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._feed:
            self._feed.__exit__(kind, error, trace)

    def reply(self, path: str) -> Reply | None:
        """Answer what the page asks of the renderer about media; None: it is about others."""
        # A source may have changed since it was asked about.
        return (self._feed or ProbeFeed(self._files)).reply(path)

    def thumbnail(self, key: str, at_s: Fraction) -> bytes:
        """Return a small picture of clip *key* at *at_s*. Raises `RenderError`."""
        clip, source = self._source(key)
        return clip_thumbnail(source, clip, at_s)

    def peaks(self, key: str) -> list[float]:
        """Return how loud clip *key* is along itself. Raises `RenderError`."""
        clip, source = self._source(key)
        return peaks(source, clip)

    def _source(self, key: str) -> tuple[MediaClip, Path]:
        """Find the file that a clip plays, which a plan does not hold of mere sounds."""
        clip = self._clips.get(key)
        source = self._files.locate_url(clip.src) if clip else None
        if clip is None or source is None:
            raise AssetNotFound(f"no clip {key!r} has a file in the project; save the page again")
        return clip, source
