"""The browser that tests of whole compositions share, as a worker of the process pool keeps it."""

import contextlib
from pathlib import Path
from typing import Any

from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec, session_spec
from fanreel.config import RenderConfig
from fanreel.files.project import open_project
from fanreel.inspection.locking import lock_config
from fanreel.results import PlanResult
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.work.planning import make_plan
from tests.media.sources import Picture


class Studio:
    """The browser at hand, and one of another kind when that is asked for."""

    def __init__(self, temp_dir: Path) -> None:
        self._temp_dir = temp_dir
        self._stack = contextlib.ExitStack()
        self._session: PageSession | None = None

    def session(self, spec: SessionSpec) -> PageSession:
        """Return a session of the kind *spec*, entered."""
        if self._session is None or self._session.spec != spec:
            self.close()
            self._session = self._stack.enter_context(PageSession(spec, self._temp_dir))
        return self._session

    def plan(
        self,
        project_dir: Path,
        config: RenderConfig,
        plan_dir: Path,
        sound_later: Path | None = None,
    ) -> PlanResult:
        """Plan a project as `plan()` does; see `make_plan()` for *sound_later*."""
        root = open_project(project_dir, config)
        locked = lock_config(root, config, webgl=False)
        session = self.session(session_spec(root.width, root.height, locked))
        return make_plan(project_dir, config, plan_dir, session, sound_later=sound_later)

    def renderer(self, plan_dir: Path) -> SegmentRenderer:
        """Return what renders the segments of a plan."""
        plan = verify_plan(plan_dir)
        spec = session_spec(plan.composition.width, plan.composition.height, plan.locked)
        return SegmentRenderer(plan, self._temp_dir, self.session(spec))

    def close(self) -> None:
        """End the browser."""
        self._stack.close()
        self._session = None


def as_rgba(picture: Picture, pixels: str) -> Any:
    """Return a captured picture as RGBA."""
    if pixels == "rgba":
        return picture.copy()
    shown = picture[..., [2, 1, 0, 3]]
    if pixels == "bgr0":
        shown[..., 3] = 255
    return shown
