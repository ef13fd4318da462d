"""
The child: one request after the other, until it is told to finish or its parent is gone.

It has an environment of its own (`environment.py`) and no rights over its parent (`isolation.py`).

What only one of a render's children does (planning, assembling) is imported by that one, once its
browser is starting: a sixth of the time that imports take, in each of the others.
"""

import contextlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Self

from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import session_spec
from fanreel.engine.answers import (
    Answer,
    Assembled,
    Done,
    Failed,
    Finished,
    Linted,
    Planned,
    Progress,
    Rendered,
    Saved,
)
from fanreel.engine.messages import send_answer
from fanreel.engine.requests import (
    Assemble,
    AssembleParts,
    Finish,
    Join,
    Lint,
    Mix,
    Open,
    Plan,
    Prepare,
    Render,
    Request,
    Still,
)
from fanreel.engine.serving import requests, serve_parent
from fanreel.errors import RenderError, UnexpectedError
from fanreel.media.cache import CacheStats, FrameCache
from fanreel.network import gateway
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import VerifiedPlan, verify_plan


def main(connection_fd: int) -> None:
    """Be a child whose parent has the other end of *connection_fd*."""
    serve_parent(connection_fd, serve)


def serve(connection: Connection) -> None:
    """Answer what comes through *connection*; the first failure ends it. Raises `EOFError`."""
    with contextlib.suppress(_Over), _Session(lambda a: send_answer(connection, a)) as session:
        for request in requests(connection):
            try:
                answer = session.answer(request)
            except _Over:
                raise
            except RenderError as error:
                answer = Failed.of(error)
            except Exception as exc:  # noqa: BLE001 (the parent reports it as ours)
                answer = Failed.of(UnexpectedError(f"{type(exc).__name__}: {exc}"))
            if answer is not None:
                send_answer(connection, answer)
            if isinstance(answer, Failed):
                raise _Over


class _Over(Exception):
    """The child has nothing more to do."""


class _Session:
    """What a child holds between two requests: a browser, a plan, a renderer."""

    def __init__(self, send: Callable[[Answer], None]) -> None:
        self._send = send
        self._browser, self._renderer_stack = contextlib.ExitStack(), contextlib.ExitStack()
        self._session: PageSession | None = None
        self._renderer: SegmentRenderer | None = None
        self._plan: VerifiedPlan | None = None
        self._cache: FrameCache | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._close()

    def answer(self, request: Request) -> Answer | None:  # noqa: C901, PLR0911 (one a request)
        """Do what is asked. Raises whatever the step raises."""
        match request:
            case Prepare():
                spec = session_spec(request.width, request.height, request.locked)
                self._session = self._browser.enter_context(PageSession(spec, request.temp_dir))
                return None
            case Plan():
                return self._plan_project(request)
            case Mix():
                from fanreel.work.sound import add_sound  # noqa: PLC0415 (see above)

                add_sound(request.plan_dir, request.sound_path)
                return Done()
            case Open():
                return self._open(request)
            case Render():
                return self._render(request)
            case Join():
                return self._join(request)
            case Assemble():
                return self._assemble(request)
            case AssembleParts():
                return self._assemble_parts(request)
            case Still():
                return self._still(request)
            case Lint():
                return self._lint(request)
            case Finish():
                self._close()
                self._send(Finished(cache=self._cache.stats if self._cache else CacheStats()))
                raise _Over
            case _:
                raise TypeError(f"{request.kind} is not for this child")

    def _still(self, request: Still) -> Answer:
        from fanreel.work.stills import make_still  # noqa: PLC0415 (see above)

        at = request.project_dir, request.output_path, request.at_s, request.config
        return Saved(result=make_still(*at, request.temp_dir))

    def _lint(self, request: Lint) -> Answer:
        from fanreel.lint.checks import check_project  # noqa: PLC0415 (see above)

        at = request.project_dir, request.config, request.root_dir
        return Linted(result=check_project(*at, request.temp_dir))

    def _plan_project(self, request: Plan) -> Answer:
        from fanreel.work.planning import (  # noqa: PLC0415 (see above)
            make_distributed_plan,
            make_plan,
        )

        asked = request.project_dir, request.config, request.plan_dir
        if request.distributed:
            return Planned(result=make_distributed_plan(*asked, request.temp_dir))
        # Below the parent's, which removes it should this process be killed.
        result = make_plan(*asked, self._session, request.temp_dir, sound_later=request.sound_later)
        gateway.stop()  # what this child may render next replays what was fetched
        return Planned(result=result)

    def _open(self, request: Open) -> Answer:
        self._plan = verify_plan(request.plan_dir, request.chunk_index)
        self._cache = request.cache.open() if request.cache else None
        composition, locked = self._plan.composition, self._plan.locked
        wanted = session_spec(composition.width, composition.height, locked)
        if self._session is not None and self._session.spec != wanted:
            # Started before it was known that the page asks for WebGPU.
            self._browser.close()
            self._session = None
        self._renderer = self._renderer_stack.enter_context(
            SegmentRenderer(
                self._plan, request.temp_dir, self._session, self._cache, looks=request.looks
            )
        )
        # The renderer's own from now on: it closes a browser when it takes a new one.
        self._renderer.adopt(self._browser.pop_all())
        return Done()

    def _render(self, request: Render) -> Answer:
        if self._renderer is None:
            raise RuntimeError("open() comes before render()")
        times = self._renderer.render(
            request.start_frame,
            request.end_frame,
            request.path,
            lambda frames: self._send(Progress(frames=frames)),
        )
        return Rendered(times=times)

    def _join(self, request: Join) -> Answer:
        if self._plan is None:
            raise RuntimeError("open() comes before join()")
        from fanreel.encode.chunk import join_chunk  # noqa: PLC0415 (see above)
        from fanreel.encode.mark import SegmentMark  # noqa: PLC0415 (see above)

        manifest = self._plan.manifest
        join_chunk(
            request.segment_paths,
            request.output_path,
            output_format=manifest.format,
            fps=manifest.fps,
            mark=SegmentMark(plan_hash=manifest.plan_hash, start_frame=request.start_frame),
        )
        return Done()

    def _assemble(self, request: Assemble) -> Answer:
        from fanreel.work.assembly import make_video  # noqa: PLC0415 (see above)

        self._close()  # a browser has nothing to do any more, and its memory is of use
        return Assembled(
            result=make_video(
                request.plan_dir, request.chunk_paths, request.audio_path, request.output_path
            )
        )

    def _assemble_parts(self, request: AssembleParts) -> Answer:
        from fanreel.work.assembly import make_video_parts  # noqa: PLC0415 (see above)

        self._close()
        return Assembled(
            result=make_video_parts(
                request.plan_dir,
                request.chunk_paths,
                request.audio_path,
                request.parts_dir,
                request.part_bytes,
            )
        )

    def _close(self) -> None:
        self._renderer_stack.close()
        self._browser.close()
