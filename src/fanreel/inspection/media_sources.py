"""The files behind a composition's media elements: found, fetched, looked into."""

import base64
import contextlib
import itertools
import mimetypes
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanreel.errors import AssetNotFound, MediaUnreadable, RenderError
from fanreel.files.aside import naming_write_errors
from fanreel.files.site_files import SiteFiles
from fanreel.inspection.described import project_name, source_name
from fanreel.markup.missing import missing_files
from fanreel.markup.references import References
from fanreel.media.kinds import is_silent, probe_for, refuse_no_picture
from fanreel.media.probe import MediaInfo
from fanreel.network.fetch import Refused, fetch
from fanreel.network.site import ORIGIN
from fanreel.problems import Problem

_PROBED_AT_ONCE = 4
_IMAGE_ELEMENT = re.compile(r"(img|image|picture|source)\b")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a composition shows a medium."""

    element: str
    words: str
    file: str | None = None
    line: int | None = None

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Add to the facts of an error what it is about."""
        try:
            yield
        except RenderError as error:
            known = {"element": self.element, "file": self.file, "line": self.line}
            raise type(error)(error.message, **(known | error.facts)) from error

    def problem(self, message: str) -> Problem:
        """Return what is wrong with the medium."""
        return Problem(
            rule="bad-media",
            subject=self.element,
            message=f"{self.words}: {message}",
            file=self.file,
            line=self.line,
        )


class MediaSources:
    """
    Finds what media elements show.

    Args:
        project_dir: The folder served.
        files: Of it.
        work_dir: Takes downloads.
        references: Tells where files are named, by what has been asked for so far.

    Attributes:
        warnings: Of sources that give less than their elements promise.
    """

    def __init__(
        self,
        project_dir: Path,
        files: SiteFiles,
        work_dir: Path,
        references: Callable[[], References],
    ) -> None:
        self._project_dir, self._files, self._work_dir = project_dir, files, work_dir
        self._references = references
        self.warnings: list[Problem] = []
        self._numbers = itertools.count()

    def _place_of(self, item: Mapping[str, Any]) -> Place:
        """Tell where a media element names its source, as far as that is known."""
        element = str(item.get("element", item["key"]))
        name = project_name(item["src"])
        reference = None if name is None else self._references().to(name)
        if reference is None:
            return Place(element, f"{element} shows {source_name(item['src'])}")
        words = f"{reference.file}:{reference.line}: {element} names {reference.written}"
        return Place(element, words, reference.file, reference.line)

    def check_pictures(self, failed: Iterable[str]) -> None:
        """Tell pictures that could not be shown because they are something else."""
        for what in failed:
            name = project_name(what.removeprefix("image "))
            located = None if name is None else self._files.locate(name)
            reference = None if located is None else self._references().to(located[0])
            if located and reference and _IMAGE_ELEMENT.match(reference.element):
                place = Place(reference.element, str(reference), reference.file, reference.line)
                with place.told():
                    refuse_no_picture(located[1], place.words)

    def probe(self, media: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Path, MediaInfo]]:
        """Return the sources of media elements and what they hold, by key. Raises as `survey()`."""
        known: dict[str, tuple[Path, MediaInfo]] = {}
        places = [self._place_of(item) for item in media]
        found: dict[tuple[str, str], Future[tuple[Path, MediaInfo]]] = {}
        with ThreadPoolExecutor(_PROBED_AT_ONCE) as pool:
            for item, place in zip(media, places, strict=True):
                if (asked := (item["src"], item["kind"])) not in found:
                    found[asked] = pool.submit(self._probe, item, place)
        for item, place in zip(media, places, strict=True):
            _, info = known[item["key"]] = found[item["src"], item["kind"]].result()
            if is_silent(item, info):
                self.warnings.append(place.problem("it has no sound, so nothing of it is heard"))
        return known

    def _probe(self, item: Mapping[str, Any], place: Place) -> tuple[Path, MediaInfo]:
        with place.told():
            path = self._source(item["src"], place.words)
            return path, probe_for(path, item["kind"], place.words)

    def _source(self, url: str, element: str) -> Path:
        """Return the file behind a media URL."""
        parts = urllib.parse.urlsplit(url)
        if url.startswith(f"{ORIGIN}/"):
            name = urllib.parse.unquote(parts.path).removeprefix("/")
            if located := self._files.locate(name):
                return located[1]
            raise missing_files({name: "media"}, {}, self._references(), self._project_dir)
        if parts.scheme in {"http", "https"}:
            return self._download(url, element)
        if parts.scheme == "data":
            return self._unpack(url, element)
        raise MediaUnreadable(
            f"{element}: a media source is a project file, an http(s) or a data: URL, not "
            f"{parts.scheme}: which no other process can read; put the file into the project"
        )

    def _unpack(self, url: str, element: str) -> Path:
        head, _, data = url.partition(",")
        try:
            body = urllib.parse.unquote_to_bytes(data)
            if head.endswith(";base64"):
                body = base64.b64decode(body)
        except ValueError as exc:
            raise MediaUnreadable(f"{element}: its data: URL is broken: {exc}") from exc
        return self._keep_source(body, mimetypes.guess_extension(head[5:].partition(";")[0]) or "")

    def _download(self, url: str, element: str) -> Path:
        try:
            response = fetch(url, {})
        except (Refused, OSError) as exc:
            raise AssetNotFound(
                f"{element}: {url} could not be fetched: {exc}", url=url, rule="outside-file"
            ) from exc
        if response.status >= 400:  # noqa: PLR2004 (HTTP errors)
            raise AssetNotFound(
                f"{element}: {url} answered HTTP {response.status}", url=url, rule="outside-file"
            )
        suffix = Path(urllib.parse.urlsplit(url).path).suffix
        return self._keep_source(response.body, suffix)

    def _keep_source(self, body: bytes, suffix: str) -> Path:
        directory = self._work_dir / "downloads"
        with naming_write_errors(directory):
            directory.mkdir(exist_ok=True)
            path = directory / f"{next(self._numbers):05d}{suffix}"
            path.write_bytes(body)
        return path
