"""A project while somebody watches it: planned again in the background after each change."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from fanreel.config import RenderConfig
from fanreel.engine.engine import Engine
from fanreel.errors import RenderCancelled, RenderError, UnexpectedError
from fanreel.files.budget import without_lambda_cap
from fanreel.files.plan_dir import Composition
from fanreel.files.plan_reading import read_composition
from fanreel.files.project import open_project, output_fps, within_root
from fanreel.fonts.frozen import PlannedFonts
from fanreel.lint.findings import Finding
from fanreel.lint.planning_problems import problems_told
from fanreel.lint.text_lint import TextLint
from fanreel.network.answering import Reply
from fanreel.page.config import planning_config, rendering_config
from fanreel.preview.preview_media import PreviewMedia
from fanreel.results import PlanResult

# Editors write a file in several steps, and several files at once.
_QUIET_S = 0.25
_PLANNING_NICENESS = 10

Tell = Callable[[], None]
Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A finished plan, and what the page gets of it."""

    result: PlanResult
    composition: Composition
    fonts: PlannedFonts
    media: PreviewMedia

    @property
    def sound_path(self) -> Path | None:
        """The mix that a render would have."""
        return next(self.result.plan_dir.glob("audio.*"), None)


@dataclass(slots=True)
class _Standing:
    """What is known now; changed under the lock only."""

    revision: int = 0
    """Of what the page shows: files, variables, rate."""
    planned_revision: int = -1
    planned: Planned | None = None
    findings: list[Finding] = field(default_factory=list)
    error: RenderError | None = None


class PreviewedProject:
    """
    Knows a project, while open.

    Args:
        project_dir: Only read.
        config: What to preview; `replace()` changes it.
        root_dir: As `render()` takes it.
        work_dir: Takes plans.
        tell: Called whenever something changed, from any thread.
    """

    def __init__(
        self,
        project_dir: Path,
        config: RenderConfig,
        root_dir: Path | None,
        work_dir: Path,
        tell: Tell,
    ) -> None:
        self.project_dir, self.root_dir = project_dir, root_dir
        # The sound of a preview is that of a video, whatever is rendered in the end.
        self.config = without_lambda_cap(config).replace(format="mp4", frame_range=None)
        self._work_dir, self._tell = work_dir, tell
        self._now = _Standing()
        self._changed = threading.Condition()
        self._closed = False
        # What is watched moves and loads first.
        self._engine = Engine(niceness=_PLANNING_NICENESS)
        self._thread = threading.Thread(target=self._plan_on, name="fanreel-planning", daemon=True)

    def __enter__(self) -> Self:
        self._unplanned = PreviewMedia(*self.folder, None).__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._engine.cancel()
        self._thread.join()
        self._media.__exit__()

    # ---- what changes it
    def touch(self) -> None:
        """Note that files of the project have changed."""
        with self._changed:
            self._now.revision += 1
            self._changed.notify_all()
        self._tell()  # before that: ending processes takes as long as the page takes to load
        self._engine.cancel()  # of an earlier one; what is left to do is seen by its number

    def replace(self, **changes: Any) -> None:
        """
        Preview with other variables or another rate from now on.

        Raises:
            InvalidConfig, InvalidVariables: They are not allowed; nothing changes. Terminal.
        """
        self.config = self.config.replace(**changes)
        self.touch()

    # ---- what is asked of it
    @property
    def folder(self) -> tuple[Path, RenderConfig]:
        """The folder that is served, and the configuration by its paths."""
        return within_root(self.project_dir, self.config, self.root_dir)

    @property
    def planned(self) -> Planned | None:
        """The newest plan, which may be of an earlier revision."""
        return self._now.planned

    def page_config(self) -> dict[str, Any]:
        """Return what the page script is told: as in a render, once there is a plan."""
        folder, config = self.folder
        root = open_project(folder, config)
        told = planning_config(
            root.width, root.height, output_fps(root, config), config.variables, config.project_path
        )
        if planned := self._now.planned:
            told["media"] = rendering_config(planned.composition)["media"]
            told |= planned.fonts.page_config()
        return told | {"preview": True}

    def own_reply(self, path: str) -> Reply | None:
        """Answer what the page asks of the renderer: faces, source frames, facts of sources."""
        if (planned := self._now.planned) and (reply := planned.fonts.reply(path)):
            return reply
        return self.of_media(lambda media: media.reply(path))

    def of_media(self, ask: Callable[[PreviewMedia], Asked]) -> Asked:
        """Return what *ask* gets of the newest plan's media. Raises `RenderError`."""
        while True:
            media = self._media
            try:
                return ask(media)
            except RenderCancelled:
                if media is self._media:
                    raise

    @property
    def _media(self) -> PreviewMedia:
        planned = self._now.planned
        return planned.media if planned else self._unplanned

    def state(self) -> dict[str, Any]:
        """Return what the preview's page shows, as JSON."""
        with self._changed:
            now, config = self._now, self.config
            planned = now.planned
            facts: dict[str, Any] = {
                "name": self.project_dir.resolve().name,
                "revision": now.revision,
                "isPlanning": now.planned_revision < now.revision,
                "error": _error_json(now.error),
                "findings": [asdict(finding) for finding in now.findings],
                "variables": dict(config.variables),
                "entry": config.entry_path,
            }
        return facts | self._size() | (_plan_json(planned) if planned else {"plan": None})

    def _size(self) -> dict[str, Any]:
        try:
            root = open_project(*self.folder)
        except RenderError:
            return {"width": None, "height": None, "fps": None, "durationS": None}
        return {
            "width": root.width,
            "height": root.height,
            "fps": str(output_fps(root, self.config)),
            "ownFps": None if root.fps is None else str(root.fps),
            "durationS": None if root.duration_s is None else float(root.duration_s),
        }

    # ---- planning
    def _plan_on(self) -> None:
        while (revision := self._next_revision()) is not None:
            self._engine.resume()
            self._plan(revision)

    def _next_revision(self) -> int | None:
        """Wait for a revision that is not planned, and for its writer to be done."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._now.planned_revision < self._now.revision
            )
            seen = -1
            while not self._closed and seen != self._now.revision:
                seen = self._now.revision
                self._changed.wait(_QUIET_S)
            return None if self._closed else seen

    def _plan(self, revision: int) -> None:
        folder, config = self.folder
        text = TextLint(self.project_dir, self.config.entry_file)
        self._keep(revision, findings=text.findings, is_last=False)
        plan_dir = self._work_dir / f"plan-{revision}-{time.monotonic_ns()}"
        try:
            result = self._engine.plan(folder, config, plan_dir)
            planned = _open(result, folder, config)
            findings = text.with_problems(result.problems, "warning", folder, config)
            self._keep(revision, findings=findings, planned=planned)
        except RenderCancelled:
            return
        except RenderError as error:
            findings = text.with_problems(problems_told(error), "error", folder, config)
            self._keep(revision, findings=findings, error=error)
        except Exception as exc:  # noqa: BLE001 (the person who watches is told)
            unexpected = UnexpectedError(f"{type(exc).__name__}: {exc}")
            self._keep(revision, findings=text.findings, error=unexpected)

    def _keep(
        self,
        revision: int,
        *,
        findings: list[Finding],
        planned: Planned | None = None,
        error: RenderError | None = None,
        is_last: bool = True,
    ) -> None:
        with self._changed:
            now, old, old_media = self._now, self._now.planned, self._media
            now.findings = findings
            if is_last:
                now.planned_revision, now.error = revision, error
            if planned:
                now.planned = planned
            self._changed.notify_all()
        if planned:
            old_media.__exit__()
        if planned and old:
            shutil.rmtree(old.result.plan_dir, ignore_errors=True)  # its media are copies
        self._tell()


def _open(result: PlanResult, folder: Path, config: RenderConfig) -> Planned:
    composition = read_composition(result.plan_dir)
    media = PreviewMedia(folder, config, result.plan_dir).__enter__()
    try:
        media.start()
    except BaseException:
        media.__exit__()
        raise
    return Planned(
        result=result,
        composition=composition,
        fonts=PlannedFonts(result.plan_dir, lambda _name: None),
        media=media,
    )


def _plan_json(planned: Planned) -> dict[str, Any]:
    composition, result = planned.composition, planned.result
    return {
        "plan": {
            "hash": result.plan_hash,
            "totalFrames": result.total_frames,
            "fps": str(result.fps),
            "durationS": float(composition.duration_s),
            "outputWidth": result.width,
            "outputHeight": result.height,
            "hasSound": planned.sound_path is not None,
            "stepped": composition.stepped,
            "media": [
                {
                    "key": clip.key,
                    "kind": clip.kind,
                    "src": clip.src,
                    "startS": float(clip.start_s),
                    "durationS": float(clip.duration_s),
                    "audible": clip.audible,
                    "shown": clip.shown,
                }
                for clip in composition.media
            ],
        }
    }


def _error_json(error: RenderError | None) -> Mapping[str, str] | None:
    return None if error is None else {"code": error.code, "message": error.message}
