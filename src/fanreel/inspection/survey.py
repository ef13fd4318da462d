"""The planner's look at a composition: opened once, with the network, at every clip's bounds."""

import base64
import contextlib
import json
import mimetypes
import os
import re
import threading
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.capture.page_session import Opened, PageLoad, PageSession, WebGpuWanted
from fanreel.config import RenderConfig
from fanreel.errors import (
    AssetNotFound,
    FontFetchFailed,
    InvalidComposition,
    InvalidVariables,
    MediaUnreadable,
    RenderError,
)
from fanreel.files.aside import naming_write_errors
from fanreel.files.plan_dir import Clip, MediaClip, Ramp, RecordedResponse, UsedFont
from fanreel.files.project import MAX_TOTAL_FRAMES, Root, output_fps
from fanreel.files.site_files import SiteFiles, find_inside
from fanreel.fonts.store import font_store
from fanreel.fonts.supply import FontSupply, FrozenFonts
from fanreel.fonts.web import web_fonts
from fanreel.inspection.blankness import find_blankness
from fanreel.inspection.font_report import check_fonts, used_fonts
from fanreel.inspection.rate_choice import suits_constant_quantiser
from fanreel.inspection.statefulness import (
    find_statefulness,
    follow,
    frames_to_look_at,
    stepping_cost,
)
from fanreel.markup.missing import missing_files
from fanreel.markup.references import References
from fanreel.media.kinds import is_silent, probe_for, refuse_no_picture
from fanreel.media.probe import MediaInfo
from fanreel.media.serving import ProbeFeed
from fanreel.media.sound.declared import read_desk
from fanreel.media.sound.desk import Desk
from fanreel.media.sound.lanes import Lane
from fanreel.network.fetch import Refused, fetch
from fanreel.network.outside import Recorder
from fanreel.network.site import ORIGIN, SiteRequest
from fanreel.page.config import planning_config
from fanreel.problems import Problem, each_once, refusal
from fanreel.timing.timeline import frame_count

# Besides the bounds of clips, so that what a page loads in between is recorded too.
_VISITS_PER_TIMELINE = 24
_MAX_VISITS = 240
_MOST_FONT_STOPS = 64
_MOST_BLANK = 48
# What a face brings may make a page ask for another one.
_MOST_OPENINGS = 3
# A page may ask for a file that need not exist by fetch(); an element may not.
_OPTIONAL_DESTINATIONS = frozenset({"empty", ""})
_NEEDED = frozenset({"script", "stylesheet", "image", "media"})
_IMAGE_ELEMENT = re.compile(r"(img|image|picture|source)\b")
_SEQUENCE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif", ".svg", ".json"})
_MOST_SIBLINGS = 20_000
_SIBLING_BYTES = 512 * 1024**2
_FRAME = re.compile(rf"{re.escape(ORIGIN)}/(?P<file>[^\s()]+?):(?P<line>\d+):\d+")
_FONT_STYLESHEET = re.compile(r"https?://fonts\.googleapis\.com/", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a composition is and what it needs."""

    root: Root
    fps: Fraction
    duration_s: Fraction
    total_frames: int
    clips: tuple[Clip, ...]
    media: tuple[MediaClip, ...]
    """`path` is still that of the source on this machine."""
    used_files: tuple[str, ...]
    """Project paths that the page asked for."""
    refused: tuple[str, ...]
    """Outside URLs without an answer."""
    absent: tuple[str, ...]
    """Project paths asked for in vain."""
    recorded: tuple[RecordedResponse, ...]
    recorded_dir: Path
    fonts: tuple[UsedFont, ...]
    frozen_fonts: FrozenFonts
    """Faces by name that workers' pages are given."""
    uses_webgl: bool
    uses_webgpu: bool
    """It was surveyed on a session that offers WebGPU, since it asks for that."""
    drawn: bool
    """See `lock_encoder()`."""
    stepped: bool
    warnings: tuple[Problem, ...]
    desk: Desk
    """Volumes over time, effects and groups of the sounds."""


def survey(
    project_dir: Path, root: Root, config: RenderConfig, session: PageSession, work_dir: Path
) -> Survey:
    """
    Open the composition and find out what it is.

    Args:
        project_dir: Only read.
        root: As read from the entry file.
        config: What the caller asked for.
        session: Entered, and made for this composition's size.
        work_dir: Takes recorded responses and downloads.
    Raises:
        InvalidComposition: A rule of the format is broken, by element. Terminal.
        InvalidVariables: With `strict_variables`: undeclared or mistyped values. Terminal.
        AssetNotFound: A file that an element names does not exist. Terminal.
        FontFetchFailed: A web font did not answer. Terminal.
        NotMedia, MediaUnreadable: A source is not what it should be. Terminal.
        BrowserGpuNotSoftware: The page draws with WebGL, and that on hardware. Terminal.
        CaptureTimeout: The page never becomes ready. Retryable.
    """
    try:
        return _Surveyor(project_dir, root, config, work_dir).survey(session)
    except WebGpuWanted:
        # Such a browser draws everything more slowly, so only pages that ask for it get it.
        with PageSession(replace(session.spec, webgpu=True), work_dir) as with_gpu:
            return _Surveyor(project_dir, root, config, work_dir).survey(with_gpu)


@dataclass(frozen=True, slots=True)
class _Place:
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


class _Surveyor:
    def __init__(self, project_dir: Path, root: Root, config: RenderConfig, work_dir: Path) -> None:
        self._project_dir, self._root, self._config = project_dir, root, config
        self._work_dir = work_dir
        self._files = SiteFiles(
            root_dir=project_dir.resolve(),
            entry_path=config.entry_path,
            project_path=config.project_path,
        )
        self._fps = output_fps(root, config)
        self._recorder = Recorder(work_dir / "recorded")
        self._requests: dict[str, SiteRequest] = {}
        self._lock = threading.Lock()
        self._warnings: list[Problem] = []
        self._opened = Opened(warnings=(), failed=())
        self._supply = FontSupply(
            project_dir,
            [json.dumps(config.variables, ensure_ascii=False)],
            font_store(os.environ),
            web_fonts(),
            work_dir / "fonts",
        )

    def survey(self, session: PageSession) -> Survey:
        """See `survey()`."""
        try:
            return self._survey(session)
        except RenderError:
            # What the page made of a file it did not get says less than why it did not.
            self._check_recorder()
            raise

    def _survey(self, session: PageSession) -> Survey:
        described = self._open(session)
        self._check_assets(described["media"])
        self._check_pictures()
        self._check_variables(session)
        media = self._probe(described["media"])
        if media:
            session.set_media_info({key: _info_json(info) for key, (_, info) in media.items()})
            described = session.describe()
        self._check(described, session)
        duration_s = self._duration(described)
        total_frames = frame_count(duration_s, self._fps)
        clips = tuple(_clip(item) for item in described["clips"])
        looks = frames_to_look_at(total_frames)
        path = sorted({*_visits(clips, total_frames, self._fps), *looks})
        pictures, described = self._follow(session, path, looks)
        if self._supply.learn(described["fontNames"]).names:
            # Families that are named in the course of the timeline only.
            self._open(session)
            pictures, described = self._follow(session, path, looks)
            self._supply.learn(described["fontNames"])
        self._check_assets(described["media"])
        media |= self._probe([m for m in described["media"] if m["key"] not in media])
        fonts = used_fonts(session, described["fonts"], self._supply.way_of)
        desk, inert = read_desk(
            described, self._follow_volumes(session, media, described["media"], total_frames)
        )
        cost = stepping_cost(total_frames, self._config)
        stepped, warning = find_statefulness(session, pictures, cost)
        blank = None
        if not any(item["shown"] for item in described["media"]):  # their frames come later
            blank = find_blankness(session, pictures.values(), _thinned(path, _MOST_BLANK))
        self._warnings += [problem for problem in (warning, blank) if problem]
        self._check_recorder()
        self._check_assets()
        self._warnings += self._check(described, session, inert)
        if described["usesWebgl"]:
            session.verify_software_gl()
        if self._config.hdr_mode == "auto":
            self._warnings += _hdr_warnings(described["media"], media)
        self._warnings += self._supply.problems(
            {name for font in fonts for name in font.system_fonts}
        )
        self._warnings += check_fonts(
            fonts,
            frozenset(name for item in described["fonts"] for name in item["generic"]),
            reject_system=self._config.reject_on_system_fonts,
        )
        return Survey(
            root=self._root,
            fps=self._fps,
            duration_s=duration_s,
            total_frames=total_frames,
            clips=clips,
            media=tuple(
                _media_clip(item, *media[item["key"]], duration_s, desk)
                for item in described["media"]
            ),
            used_files=with_siblings(
                self._project_dir, [path for path, r in self._requests.items() if r.found]
            ),
            refused=tuple(sorted({failed.url for failed in self._recorder.failed})),
            absent=tuple(sorted(path for path, r in self._requests.items() if not r.found)),
            recorded=tuple(self._recorder.responses),
            recorded_dir=self._work_dir / "recorded",
            fonts=fonts,
            frozen_fonts=self._supply.frozen(),
            uses_webgl=bool(described["usesWebgl"]),
            uses_webgpu=session.spec.webgpu,
            drawn=self._is_drawn(session, described, pictures.values()),
            stepped=stepped,
            warnings=each_once(self._warnings),
            desk=desk,
        )

    def _is_drawn(
        self, session: PageSession, described: Mapping[str, Any], pictures: Iterable[Any]
    ) -> bool:
        filmed = described["usesWebgl"] or session.spec.webgpu
        if filmed or any(item["shown"] for item in described["media"]):
            return False
        return suits_constant_quantiser(self._config, pictures, session.pixels)

    def _open(self, session: PageSession) -> dict[str, Any]:
        """Open the page, again until it has the faces that it asks for before its first script."""
        described: dict[str, Any] = {}
        for _ in range(_MOST_OPENINGS):
            session.load(self._page_load())
            self._opened = session.open()
            described = session.describe()
            learned = self._supply.learn(described["fontNames"])
            if not (learned.names or learned.files):
                break
        return described

    def _follow(
        self, session: PageSession, path: Sequence[int], looks: Sequence[int]
    ) -> tuple[Mapping[int, Any], dict[str, Any]]:
        """Go along the timeline; give pictures, and what the page says of itself at the end."""
        session.watch_fonts(_thinned(path, _MOST_FONT_STOPS), looks)
        pictures = follow(session, path, looks)
        # What scripts add in the course of the timeline is known by its key only now.
        return pictures, session.describe()

    def _follow_volumes(
        self,
        session: PageSession,
        media: Mapping[str, tuple[Path, MediaInfo]],
        described: Sequence[Mapping[str, Any]],
        total_frames: int,
    ) -> dict[str, Lane]:
        """Read, at every frame, the volumes that scripts move; nothing where none does."""
        if not any(info.has_audio for _, info in media.values()):
            return {}
        if all(item["volumes"] is None for item in described):
            return {}
        session.open()  # what a timer has turned down at a later frame would stay so
        session.pass_through(range(total_frames))
        return {
            item["key"]: _scripted(dict(item["volumes"]), self._fps, item["volume"])
            for item in session.describe()["media"]
            if item["volumes"]
        }

    def _page_load(self) -> PageLoad:
        probes = ProbeFeed(self._files)
        return PageLoad(
            root_dir=self._project_dir,
            entry_file=self._config.entry_path,
            project_path=self._config.project_path,
            page_config=planning_config(
                self._root.width,
                self._root.height,
                self._fps,
                self._config.variables,
                self._config.project_path,
            )
            | self._supply.page_config(),
            network=self._recorder,
            own=lambda path: self._supply.reply(path) or probes.reply(path),
            on_request=self._note,
            on_loaded=self._check_scripts,
        )

    def _note(self, request: SiteRequest) -> None:
        with self._lock:
            self._requests.setdefault(request.path, request)

    def _check(
        self,
        described: Mapping[str, Any],
        session: PageSession,
        inert: Sequence[Problem] = (),
    ) -> list[Problem]:
        """Refuse what is broken, and with `strict` what is doubtful; give the doubts."""
        doubts = [
            *map(Problem.model_validate, described["warnings"]),
            *inert,
            *self._opened.warnings,
            *map(_not_loaded, self._opened.failed),
            *(_thrown(text, stack) for text, stack in session.events.uncaught.items()),
        ]
        problems = [Problem.model_validate(item) for item in described["errors"]]
        if self._config.strict:
            problems += doubts
        if problems:
            raise refusal(InvalidComposition, problems, f"{self._config.entry_path}: ")
        return doubts

    def _check_variables(self, session: PageSession) -> None:
        problems = [
            Problem(rule="variables", message=item["message"], composition=item["composition"])
            for item in session.check_variables()
        ]
        if problems and self._config.strict_variables:
            raise refusal(InvalidVariables, problems)
        self._warnings += problems

    def _check_recorder(self) -> None:
        """Raise what kept an outside response from being recorded."""
        if self._recorder.broken is not None:
            with naming_write_errors(self._work_dir / "recorded"):
                raise self._recorder.broken

    def _check_assets(self, media: Sequence[Mapping[str, Any]] = ()) -> None:
        """
        Turn what was asked for in vain into one error, or a warning where a page may cope.

        Args:
            media: Elements as the page describes them; their sources are not asked for by it.
        """
        paths, urls, fonts = self._missing_paths(media), {}, {}
        for failed in self._recorder.failed:
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
            raise missing_files(paths, urls, self._references(), self._project_dir)
        for url, reason in fonts.items():
            raise FontFetchFailed(
                f"{url} could not be fetched: {reason}; ship the font with the project, or set "
                "failClosedFontFetch to false to render with a fallback",
                url=url,
            )

    def _warn(self, rule: str, message: str, *names: str) -> None:
        self._warnings.append(Problem(rule=rule, message=message, names=names))

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
            name = _project_name(item["src"])
            if name is not None and self._files.locate(name) is None:
                missing[name] = item["kind"]
        if missing:  # what a script that failed did not come to ask for is missing all the same
            for path in self._references().media():
                if self._files.locate(path) is None:
                    missing.setdefault(path, "media")
        return missing

    def _references(self) -> References:
        return References(self._files, [path for path, r in self._requests.items() if r.found])

    def _check_scripts(self) -> None:
        """Raise before the page is waited for, if a script it needs did not come."""
        failed = {failed.destination for failed in self._recorder.failed}
        lacking = {r.destination for r in self._requests.values() if not r.found}
        if "script" in failed | lacking:
            self._check_assets()

    def _place_of(self, item: Mapping[str, Any]) -> _Place:
        """Tell where a media element names its source, as far as that is known."""
        element = str(item.get("element", item["key"]))
        name = _project_name(item["src"])
        reference = None if name is None else self._references().to(name)
        if reference is None:
            return _Place(element, f"{element} shows {_source_name(item['src'])}")
        words = f"{reference.file}:{reference.line}: {element} names {reference.written}"
        return _Place(element, words, reference.file, reference.line)

    def _check_pictures(self) -> None:
        """Tell pictures that could not be shown because they are something else."""
        for what in self._opened.failed:
            name = _project_name(what.removeprefix("image "))
            located = None if name is None else self._files.locate(name)
            reference = None if located is None else self._references().to(located[0])
            if located and reference and _IMAGE_ELEMENT.match(reference.element):
                place = _Place(reference.element, str(reference), reference.file, reference.line)
                with place.told():
                    refuse_no_picture(located[1], place.words)

    def _probe(self, media: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Path, MediaInfo]]:
        known: dict[str, tuple[Path, MediaInfo]] = {}
        for item in media:
            place = self._place_of(item)
            with place.told():
                path = self._source(item["src"], place.words)
                info = probe_for(path, item["kind"], place.words)
            known[item["key"]] = path, info
            if is_silent(item, info):
                self._warnings.append(place.problem("it has no sound, so nothing of it is heard"))
        return known

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
            path = directory / f"{len(list(directory.iterdir())):05d}{suffix}"
            path.write_bytes(body)
        return path

    def _duration(self, described: Mapping[str, Any]) -> Fraction:
        duration_s = self._root.duration_s
        if duration_s is None and described.get("inferredDurationS") is not None:
            duration_s = _exact(described["inferredDurationS"])
        if duration_s is None or duration_s <= 0:
            raise InvalidComposition(
                f"{self._config.entry_path}: the root has no data-duration, and nothing finite "
                "(a timeline, an animation, a timed clip or media) tells how long the composition "
                'is; add data-duration="SECONDS" to the root',
                rule="no-length",
            )
        if duration_s * self._fps > MAX_TOTAL_FRAMES:
            raise InvalidComposition(
                f"{self._config.entry_path}: {float(duration_s):g} s at "
                f"{float(self._fps):g} frames/s is more than {MAX_TOTAL_FRAMES} frames; shorten "
                "data-duration",
                rule="too-long",
            )
        return duration_s


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


def _visits(clips: Sequence[Clip], total_frames: int, fps: Fraction) -> Sequence[int]:
    """Return the frames to look at, in order: the bounds of every clip and a regular grid."""
    step = max(1, total_frames // _VISITS_PER_TIMELINE)
    frames = set(range(0, total_frames, step))
    for clip in clips:
        end_s = clip.start_s + (clip.duration_s or 0)
        first, last = frame_count(clip.start_s, fps), frame_count(end_s, fps) - 1
        frames |= {first, last}
    return _thinned(sorted(frame for frame in frames if 0 <= frame < total_frames), _MAX_VISITS)


def _thinned(frames: Sequence[int], most: int) -> Sequence[int]:
    """Return at most *most* of *frames*, evenly."""
    return frames[:: max(1, -(-len(frames) // most))]


def _scripted(volumes: Mapping[int, float], fps: Fraction, written: float) -> Lane:
    """
    Return the volume over seconds, without the points amid those where it stays.

    What scripts move starts at data-volume, up to 1; how much more was *written*, it keeps.
    """
    boost = max(written, 1.0)
    points = [(frame / fps, volume * boost) for frame, volume in sorted(volumes.items())]
    inner = [
        point
        for (_, before), point, (_, after) in zip(points, points[1:], points[2:], strict=False)
        if not before == point[1] == after
    ]
    return Lane.through([points[0], *inner, points[-1]])


def _not_loaded(what: str) -> Problem:
    url = what.rpartition(" ")[2]
    names = (_local(url),) if "://" in url else ()
    return Problem(rule="broken-file", message=f"{_local(what)} could not be loaded", names=names)


def _thrown(text: str, stack: str) -> Problem:
    """Tell of what a script threw, with the first place of the project in its stack."""
    place = _FRAME.search(stack)
    return Problem(
        rule="script-threw",
        message=f"the page's scripts threw: {text}",
        file=urllib.parse.unquote(place["file"]).partition("?")[0] if place else None,
        line=int(place["line"]) if place else None,
    )


def _hdr_warnings(
    described: Sequence[Mapping[str, Any]], known: Mapping[str, tuple[Path, MediaInfo]]
) -> list[Problem]:
    names = {_local(i["src"]) for i in described if i["shown"] and known[i["key"]][1].is_hdr}
    return [
        Problem(
            rule="hdr-source",
            names=(name,),
            message=f"{name} is HDR and is brought to SDR, as Chromium shows it; hdrMode "
            "'force-hdr' keeps its highlights, 'force-sdr' says that SDR is meant",
        )
        for name in sorted(names)
    ]


def _local(url: str) -> str:
    """Name what is the project's own as the project does."""
    return url.replace(f"{ORIGIN}/", "")


def _source_name(url: str) -> str:
    """Name a source as the page asks for it; one that is its own URL only by its kind."""
    return url.partition(",")[0] if url.startswith("data:") else url.removeprefix(f"{ORIGIN}/")


def _project_name(url: str) -> str | None:
    """Return the path of a URL of the project's own; None of any other."""
    if not url.startswith(f"{ORIGIN}/"):
        return None
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path).removeprefix("/")


def _exact(value: Any) -> Fraction:
    """Return a page's number, decimal text or double, as the decimal it is written as."""
    return Fraction(str(value))


def _clip(item: Mapping[str, Any]) -> Clip:
    start, duration = item["startS"], item.get("durationS")
    try:
        start_s = _exact(start)
        duration_s = None if duration is None else _exact(duration)
    except ValueError as exc:
        raise InvalidComposition(
            f"{item['element']} starts at {start} s and lasts {duration} s; give finite seconds",
            rule="bad-time",
            element=item["element"],
        ) from exc
    return Clip(
        key=item["key"],
        element=item["element"],
        composition=item["composition"],
        start_s=start_s,
        duration_s=duration_s,
        track=item.get("track"),
    )


def _media_clip(
    item: Mapping[str, Any], path: Path, info: MediaInfo, total_s: Fraction, desk: Desk
) -> MediaClip:
    duration = item.get("durationS")
    # A lane takes the place of data-volume.
    volume = float(item["volume"]) if desk.clips[item["key"]].volume is None else 1.0
    start_s = _exact(item["startS"])
    return MediaClip(
        key=item["key"],
        kind=item["kind"],
        path=str(path),
        src=_source_name(item["src"]),
        start_s=start_s,
        duration_s=_exact(duration)
        if duration is not None
        else max(total_s - start_s, Fraction(0)),
        offset_s=_exact(item["offsetS"]),
        rate=_exact(item["rate"]),
        ramp=_ramp(item) if item["ramp"] else None,
        volume=volume,
        loop=bool(item["loop"]),
        muted=bool(item["muted"]),
        audible=bool(item["audible"]) and info.has_audio and volume > 0,
        shown=bool(item["shown"]),
        width=info.width,
        height=info.height,
        source_s=info.duration_s,
    )


def _ramp(item: Mapping[str, Any]) -> Ramp:
    points = tuple((_exact(time_s), _exact(speed)) for time_s, speed in item["ramp"])
    return Ramp(start_s=_exact(item["laneStartS"]), rate=_exact(item["laneRate"]), points=points)


def _info_json(info: MediaInfo) -> dict[str, Any]:
    return {
        "durationS": None if info.duration_s is None else float(info.duration_s),
        "width": info.width,
        "height": info.height,
    }
