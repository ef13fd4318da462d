"""The planner's look at a composition: opened once, with the network, at every clip's bounds."""

import json
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.readiness import Opened, WebGpuWanted
from fanreel.config import RenderConfig
from fanreel.errors import (
    InvalidComposition,
    InvalidVariables,
    RenderError,
)
from fanreel.files.plan_dir import Clip, MediaClip, RecordedResponse, UsedFont
from fanreel.files.project import MAX_TOTAL_FRAMES, Root, output_fps
from fanreel.files.site_files import SiteFiles
from fanreel.fonts.store import font_store
from fanreel.fonts.supply import FontSupply, FrozenFonts
from fanreel.fonts.web import web_fonts
from fanreel.inspection.asked_for import AskedFor
from fanreel.inspection.blankness import find_blankness
from fanreel.inspection.described import (
    clip_of,
    exact,
    info_json,
    local_name,
    media_clip_of,
    scripted_volume,
)
from fanreel.inspection.font_report import check_fonts, used_fonts
from fanreel.inspection.media_sources import MediaSources
from fanreel.inspection.rate_choice import suits_constant_quantiser
from fanreel.inspection.statefulness import (
    find_statefulness,
    follow,
    frames_to_look_at,
    stepping_cost,
)
from fanreel.media.probe import MediaInfo
from fanreel.media.serving import ProbeFeed
from fanreel.media.sound.declared import read_desk
from fanreel.media.sound.desk import Desk
from fanreel.media.sound.lanes import Lane
from fanreel.network import gateway
from fanreel.network.site import ORIGIN
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
_FRAME = re.compile(rf"{re.escape(ORIGIN)}/(?P<file>[^\s()]+?):(?P<line>\d+):\d+")


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
        self._asked = AskedFor(project_dir, self._files, config, work_dir / "recorded")
        self._sources = MediaSources(project_dir, self._files, work_dir, self._asked.references)
        self._warnings: list[Problem] = []
        self._opened = Opened(warnings=(), failed=())
        self._supply = FontSupply(
            project_dir,
            [json.dumps(config.variables, ensure_ascii=False)],
            font_store(os.environ, gateway.read),
            web_fonts(),
            work_dir / "fonts",
        )

    def survey(self, session: PageSession) -> Survey:
        """See `survey()`."""
        try:
            return self._survey(session)
        except RenderError:
            # What the page made of a file it did not get says less than why it did not.
            self._asked.check_recorder()
            raise

    def _survey(self, session: PageSession) -> Survey:
        described = self._open(session)
        self._asked.check(described["media"])
        self._sources.check_pictures(self._opened.failed)
        self._check_variables(session)
        media = self._sources.probe(described["media"])
        if media:
            session.page.set_media_info({key: info_json(info) for key, (_, info) in media.items()})
            described = session.page.describe()
        self._check(described, session)
        duration_s = self._duration(described)
        total_frames = frame_count(duration_s, self._fps)
        clips = tuple(clip_of(item) for item in described["clips"])
        looks = frames_to_look_at(total_frames)
        path = sorted({*_visits(clips, total_frames, self._fps), *looks})
        pictures, described = self._follow(session, path, looks)
        if self._supply.learn(described["fontNames"]).names:
            # Families that are named in the course of the timeline only.
            self._open(session)
            pictures, described = self._follow(session, path, looks)
            self._supply.learn(described["fontNames"])
        self._asked.check(described["media"])
        media |= self._sources.probe([m for m in described["media"] if m["key"] not in media])
        fonts = used_fonts(session, described["fonts"], self._supply.way_of)
        desk, inert = read_desk(
            described, self._follow_volumes(session, media, described["media"], total_frames)
        )
        cost = stepping_cost(total_frames, self._config)
        with ThreadPoolExecutor(1) as aside:  # of it the page knows nothing
            drawn = aside.submit(self._is_drawn, session, described, pictures.values())
            stepped, warning = find_statefulness(session, pictures, cost)
        blank = None
        if not any(item["shown"] for item in described["media"]):  # their frames come later
            blank = find_blankness(session, pictures.values(), _thinned(path, _MOST_BLANK))
        self._warnings += [problem for problem in (warning, blank) if problem]
        self._asked.check_recorder()
        self._asked.check()
        self._warnings += self._check(described, session, inert)
        if described["usesWebgl"]:
            session.page.verify_software_gl()
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
                media_clip_of(item, *media[item["key"]], duration_s, desk)
                for item in described["media"]
            ),
            used_files=self._asked.used_files,
            refused=self._asked.refused,
            absent=self._asked.absent,
            recorded=tuple(self._asked.recorder.responses),
            recorded_dir=self._asked.recorded_dir,
            fonts=fonts,
            frozen_fonts=self._supply.frozen(),
            uses_webgl=bool(described["usesWebgl"]),
            uses_webgpu=session.spec.webgpu,
            drawn=drawn.result(),
            stepped=stepped,
            warnings=each_once([*self._asked.warnings, *self._sources.warnings, *self._warnings]),
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
            described = session.page.describe()
            learned = self._supply.learn(described["fontNames"])
            if not (learned.names or learned.files):
                break
        return described

    def _follow(
        self, session: PageSession, path: Sequence[int], looks: Sequence[int]
    ) -> tuple[Mapping[int, Any], dict[str, Any]]:
        """Go along the timeline; give pictures, and what the page says of itself at the end."""
        session.page.watch_fonts(_thinned(path, _MOST_FONT_STOPS), looks)
        pictures = follow(session, path, looks)
        # What scripts add in the course of the timeline is known by its key only now.
        return pictures, session.page.describe()

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
            item["key"]: scripted_volume(dict(item["volumes"]), self._fps, item["volume"])
            for item in session.page.describe()["media"]
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
            network=self._asked.recorder,
            own=lambda path: self._supply.reply(path) or probes.reply(path),
            on_request=self._asked.note,
            on_loaded=self._asked.check_scripts,
        )

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
            for item in session.page.check_variables()
        ]
        if problems and self._config.strict_variables:
            raise refusal(InvalidVariables, problems)
        self._warnings += problems

    def _duration(self, described: Mapping[str, Any]) -> Fraction:
        duration_s = self._root.duration_s
        if duration_s is None and described.get("inferredDurationS") is not None:
            duration_s = exact(described["inferredDurationS"])
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


def _not_loaded(what: str) -> Problem:
    url = what.rpartition(" ")[2]
    names = (local_name(url),) if "://" in url else ()
    return Problem(
        rule="broken-file", message=f"{local_name(what)} could not be loaded", names=names
    )


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
    names = {local_name(i["src"]) for i in described if i["shown"] and known[i["key"]][1].is_hdr}
    return [
        Problem(
            rule="hdr-source",
            names=(name,),
            message=f"{name} is HDR and is brought to SDR, as Chromium shows it; HDR mode "
            "'force-hdr' keeps its highlights, 'force-sdr' says that SDR is meant",
        )
        for name in sorted(names)
    ]
