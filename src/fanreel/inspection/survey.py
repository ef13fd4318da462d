"""The planner's look at a composition: opened once, with the network, at every clip's bounds."""

import json
import os
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
    RenderError,
)
from fanreel.files.plan_dir import Clip, MediaClip, RecordedResponse, UsedFont
from fanreel.files.project import Root, output_fps
from fanreel.files.site_files import SiteFiles
from fanreel.fonts.store import font_store
from fanreel.fonts.supply import FontSupply, FrozenFonts
from fanreel.fonts.web import web_fonts
from fanreel.inspection.asked_for import AskedFor
from fanreel.inspection.blankness import find_blankness
from fanreel.inspection.checks import check_page, check_variables, duration_of, hdr_warnings
from fanreel.inspection.described import (
    clip_of,
    info_json,
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
from fanreel.inspection.visits import thinned, visits
from fanreel.media.probe import MediaInfo
from fanreel.media.serving import ProbeFeed
from fanreel.media.sound.declared import read_desk
from fanreel.media.sound.desk import Desk
from fanreel.media.sound.lanes import Lane
from fanreel.network import gateway
from fanreel.page.config import planning_config
from fanreel.problems import Problem, each_once
from fanreel.timing.timeline import frame_count

_MOST_FONT_STOPS = 64
_MOST_BLANK = 48
# What a face brings may make a page ask for another one.
_MOST_OPENINGS = 3


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
        described, media = self._begin(session)
        duration_s = duration_of(self._root, described, self._config, self._fps)
        total_frames = frame_count(duration_s, self._fps)
        clips = tuple(clip_of(item) for item in described["clips"])
        looks = frames_to_look_at(total_frames)
        path = sorted({*visits(clips, total_frames, self._fps), *looks})
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
        drawn, stepped = self._judge(session, described, pictures, path, total_frames)
        self._check_at_the_end(session, described, inert)
        if self._config.hdr_mode == "auto":
            self._warnings += hdr_warnings(described["media"], media)
        self._check_fonts(described, fonts)
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
            drawn=drawn,
            stepped=stepped,
            warnings=each_once([*self._asked.warnings, *self._sources.warnings, *self._warnings]),
            desk=desk,
        )

    def _begin(
        self, session: PageSession
    ) -> tuple[dict[str, Any], dict[str, tuple[Path, MediaInfo]]]:
        """Open the page; return what it says of itself, and its media by key."""
        described = self._open(session)
        self._asked.check(described["media"])
        self._sources.check_pictures(self._opened.failed)
        self._warnings += check_variables(session.page, self._config)
        media = self._sources.probe(described["media"])
        if media:
            session.page.set_media_info({key: info_json(info) for key, (_, info) in media.items()})
            described = session.page.describe()
        self._check(described, session)
        return described, media

    def _judge(
        self,
        session: PageSession,
        described: Mapping[str, Any],
        pictures: Mapping[int, Any],
        path: Sequence[int],
        total_frames: int,
    ) -> tuple[bool, bool]:
        """Return whether a composition is drawn, and whether its frames need those before them."""
        cost = stepping_cost(total_frames, self._config)
        with ThreadPoolExecutor(1) as aside:  # of it the page knows nothing
            drawn = aside.submit(self._is_drawn, session, described, pictures.values())
            stepped, warning = find_statefulness(session, pictures, cost)
        blank = None
        if not any(item["shown"] for item in described["media"]):  # their frames come later
            blank = find_blankness(session, pictures.values(), thinned(path, _MOST_BLANK))
        self._warnings += [problem for problem in (warning, blank) if problem]
        return drawn.result(), stepped

    def _check_at_the_end(
        self, session: PageSession, described: Mapping[str, Any], inert: Sequence[Problem]
    ) -> None:
        self._asked.check_recorder()
        self._asked.check()
        self._warnings += self._check(described, session, inert)
        if described["usesWebgl"]:
            session.page.verify_software_gl()

    def _check_fonts(self, described: Mapping[str, Any], fonts: Sequence[UsedFont]) -> None:
        self._warnings += self._supply.problems(
            {name for font in fonts for name in font.system_fonts}
        )
        self._warnings += check_fonts(
            fonts,
            frozenset(name for item in described["fonts"] for name in item["generic"]),
            reject_system=self._config.reject_on_system_fonts,
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
        session.page.watch_fonts(thinned(path, _MOST_FONT_STOPS), looks)
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
        thrown = session.events.uncaught
        return check_page(self._config, described, self._opened, thrown, inert)
