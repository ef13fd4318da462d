"""Several children of one local render: one plans, then all render, and one assembles."""

import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fanreel.browser.orphans import kill_orphans
from fanreel.engine.answers import Assembled, Planned
from fanreel.engine.process import Child, ChildLost
from fanreel.engine.reach import Reach
from fanreel.engine.renderers import ChildRenderer, Losses
from fanreel.engine.requests import Assemble, Mix, Open, Plan, Prepare
from fanreel.engine.sound_mixing import Mixing
from fanreel.engine.warm import is_warm, new_child, start_server
from fanreel.errors import BrowserCrashed
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.results import AssembleResult, PlanResult

if TYPE_CHECKING:
    from fanreel.engine.forking import ForkServer


class Pool:
    """
    A fixed number of children, started before there is a plan.

    Args:
        prepare: The browser that each starts while the plan is still being made; its `temp_dir` is
            for all that is temporary, and the caller removes it.
        size: How many.
        cache: Where they keep frames of videos for the next render; None: nowhere.
        reach: The files that they get.
        looks: Whether small pictures are left beside segments while they are rendered.
    Attributes:
        cache_stats: What the cache did; complete once all have finished.
    """

    def __init__(
        self,
        prepare: Prepare,
        size: int,
        cache: CacheSettings | None,
        reach: Reach,
        *,
        looks: bool = False,
    ) -> None:
        self._looks = looks
        self._prepare, self._size, self._cache, self._reach = prepare, size, cache, reach
        self._server: ForkServer | None = None
        self._children: list[Child] = []
        self._renderers: list[ChildRenderer] = []
        self._losses = Losses()
        self.cache_stats = CacheStats()

    def __enter__(self) -> Self:
        try:
            if self._size > 1 and not is_warm():
                self._server = start_server()
            for number in range(self._size):
                self._children.append(self._start(plans=number == 0))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def plan(self, request: Plan) -> PlanResult:
        """Have the first child plan, on its browser. Raises what `make_plan()` raises."""
        try:
            return self._children[0].ask(request, Planned).result
        except ChildLost as lost:
            raise BrowserCrashed(
                f"the planning process ended with {lost}; is the machine out of memory?"
            ) from lost

    def mixing(self, request: Mix) -> Mixing:
        """Return what mixes while others render; comes before `renderers()`."""

        def stop_renderers() -> None:
            for renderer in self._renderers:
                renderer.cancel()

        return Mixing(self._child(), request, stop_renderers)

    def renderers(self, plan_dir: Path) -> list[ChildRenderer]:
        """Return what renders from *plan_dir*, one a child."""
        if self._server is not None:
            self._server.settle()
        plan = Open(
            plan_dir=plan_dir.absolute(),
            chunk_index=None,
            temp_dir=self._prepare.temp_dir,
            cache=self._cache,
            looks=self._looks,
        )
        self._renderers = [
            ChildRenderer(child, plan, self._losses, self._start) for child in self._children
        ]
        return self._renderers

    def assemble(self, request: Assemble) -> AssembleResult:
        """Have one child assemble while the others end. Raises what `assemble()` raises."""
        first, *others = [renderer.child for renderer in self._renderers]
        for child in others:
            child.tell_finish()
        try:
            result = first.ask(request, Assembled).result
        except ChildLost as lost:
            self._losses.count(lost)
            with new_child() as another:
                another.confine(self._reach)
                result = another.ask(request, Assembled).result
        for child in (first, *others):
            self.cache_stats.add(child.finish())
        return result

    def _start(self, *, plans: bool = False) -> Child:
        child = self._child(plans=plans)
        child.tell(self._prepare)
        return child

    def _child(self, *, plans: bool = False) -> Child:
        try:
            child = Child(server=self._server) if self._server else new_child()
        except OSError:  # the server has settled: this child takes another's place
            child = new_child()
        child.confine(replace(self._reach, fetches=plans))
        return child

    def _end(self) -> None:
        for child in {*self._children, *(renderer.child for renderer in self._renderers)}:
            child.kill()
        self._children.clear()
        self._renderers.clear()
        if self._server is not None:
            self._server.close()
        # Of a child that was killed; they end by themselves, but in seconds only, and write to
        # what is removed until then.
        kill_orphans(self._prepare.temp_dir)


def default_size(segments: int) -> int:
    """Return the number of children for this machine: one a core, none idle."""
    # Each keeps a core busy with its browser and encoder; more only add memory.
    return max(1, min(len(os.sched_getaffinity(0)), segments))
