"""What a page asks for while it is planned: files of the project and outside responses."""

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fanreel.config import RenderConfig
from fanreel.errors import FontFetchFailed
from fanreel.files.aside import naming_write_errors
from fanreel.files.site_files import SiteFiles, find_inside
from fanreel.inspection.described import project_name
from fanreel.markup.missing import missing_files
from fanreel.markup.references import References
from fanreel.network.outside import Recorder
from fanreel.network.site import SiteRequest
from fanreel.problems import Problem, as_facts
from fanreel.settings import switched

# A page may ask for a file that need not exist by fetch(); an element may not.
_OPTIONAL_DESTINATIONS = frozenset({"empty", ""})
_NEEDED = frozenset({"script", "stylesheet", "image", "media"})
_SEQUENCE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif", ".svg", ".json"})
_MOST_SIBLINGS = 20_000
_SIBLING_BYTES = 512 * 1024**2
_FONT_STYLESHEET = re.compile(r"https?://fonts\.googleapis\.com/", re.IGNORECASE)


class AskedFor:
    """
    Keeps what is asked for, and says what of it there is not.

    Attributes:
        recorder: Of the outside responses.
        warnings: Of what a page may do without.
    """

    def __init__(
        self, project_dir: Path, files: SiteFiles, config: RenderConfig, recorded_dir: Path
    ) -> None:
        self._project_dir, self._files, self._config = project_dir, files, config
        self.recorded_dir = recorded_dir
        self.recorder = Recorder(recorded_dir)
        self.warnings: list[Problem] = []
        self._requests: dict[str, SiteRequest] = {}
        self._lock = threading.Lock()

    @property
    def used_files(self) -> tuple[str, ...]:
        """Paths in the project that there are, and what lies beside them as parts of a sequence."""
        return with_siblings(
            self._project_dir, [path for path, r in self._requests.items() if r.found]
        )

    @property
    def refused(self) -> tuple[str, ...]:
        """Outside URLs without an answer."""
        return tuple(sorted({failed.url for failed in self.recorder.failed}))

    @property
    def absent(self) -> tuple[str, ...]:
        """Paths in the project that there are not."""
        return tuple(sorted(path for path, r in self._requests.items() if not r.found))

    def note(self, request: SiteRequest) -> None:
        """Keep a request of the page; from any thread."""
        with self._lock:
            self._requests.setdefault(request.path, request)

    def check_recorder(self) -> None:
        """Raise what kept an outside response from being recorded."""
        if self.recorder.broken is not None:
            with naming_write_errors(self.recorded_dir):
                raise self.recorder.broken

    def check(self, media: Sequence[Mapping[str, Any]] = ()) -> None:
        """
        Turn what was asked for in vain into one error, or a warning where a page may cope.

        Args:
            media: Elements as the page describes them; their sources are not asked for by it.
        """
        paths, urls, fonts = self._missing_paths(media), {}, {}
        for failed in self.recorder.failed:
            is_font = failed.destination == "font" or bool(_FONT_STYLESHEET.match(failed.url))
            if is_font and self._config.fail_closed_font_fetch:
                fonts[failed.url] = failed.reason
            elif failed.destination in _NEEDED and not is_font:
                urls[failed.url] = failed.reason
            else:
                self._warn(
                    "outside-file",
                    f"{failed.url} could not be fetched: {failed.reason}",
                    failed.url,
                )
        if paths or urls:
            raise missing_files(paths, urls, self.references(), self._project_dir)
        for url, reason in fonts.items():
            message = f"{url} could not be fetched: {reason}"
            fallback = switched("failClosedFontFetch", on=False)
            raise FontFetchFailed(
                f"{message}; ship the font with the project, or {fallback['said']} to render with "
                "a fallback",
                url=url,
                settings=[fallback],
                **as_facts([Problem(rule="outside-file", message=message, names=(url,))]),
            )

    def _warn(self, rule: str, message: str, *names: str) -> None:
        self.warnings.append(Problem(rule=rule, message=message, names=names))

    def _missing_paths(self, media: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Return the project paths of files that there are not, each with what asks for it."""
        missing = {}
        for request in list(self._requests.values()):
            if request.found:
                continue
            if request.destination in _OPTIONAL_DESTINATIONS:
                message = f"fetch of {request.path}: no such file in the project"
                self._warn("missing-file", message, request.path)
            else:
                missing[request.path] = request.destination
        for item in media:
            name = project_name(item["src"])
            if name is not None and self._files.locate(name) is None:
                missing[name] = item["kind"]
        if missing:  # what a script that failed did not come to ask for is missing all the same
            for path in self.references().media():
                if self._files.locate(path) is None:
                    missing.setdefault(path, "media")
        return missing

    def references(self) -> References:
        """Return where the files that were found name others."""
        return References(self._files, [path for path, r in self._requests.items() if r.found])

    def check_scripts(self) -> None:
        """Raise before the page is waited for, if a script it needs did not come."""
        failed = {failed.destination for failed in self.recorder.failed}
        lacking = {r.destination for r in self._requests.values() if not r.found}
        if "script" in failed | lacking:
            self.check()


def with_siblings(project_dir: Path, used: Sequence[str]) -> tuple[str, ...]:
    """
    Return *used* and the files beside them that are called alike, as in a sequence of pictures.

    The planner looks at some frames only, and a page may show one picture of a folder at each.
    Folders that hold too much are left as they are; a file then missing is an error of the worker.
    """
    found = set(used)
    siblings: set[str] = set()
    for folder, suffix in {(Path(n).parent, Path(n).suffix) for n in used if "." in Path(n).name}:
        if suffix.lower() not in _SEQUENCE_SUFFIXES:
            continue
        names = [(folder / f.name).as_posix() for f in (project_dir / folder).glob(f"*{suffix}")]
        files = {name: file for name in names if (file := find_inside(project_dir, name))}
        size_bytes = sum(file.stat().st_size for file in files.values())
        if len(files) <= _MOST_SIBLINGS and size_bytes <= _SIBLING_BYTES:
            siblings.update(files)
    return tuple(sorted(found | siblings))
