"""What the preview's page may ask for: other variables, a render, a saved frame, pictures."""

import json
import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.engine.engine import Engine
from fanreel.errors import InvalidConfig
from fanreel.network.answering import Reply
from fanreel.network.site import content_type
from fanreel.preview.preview_media import PreviewMedia
from fanreel.preview.previewed import PreviewedProject
from fanreel.preview.render_job import RenderJob, free_name

_JSON = "application/json"
_RENDER_FIELDS = frozenset({"format", "quality", "output_resolution", "codec"})
_DONE: Reply = (200, _JSON, b"{}")


class Actions:
    """
    Carries out what the page asks for.

    Args:
        project: Entered.
        output_dir: Takes videos and stills.
        tell: Called when the state of a render changes.
    """

    def __init__(
        self, project: PreviewedProject, output_dir: Path, tell: Callable[[], None]
    ) -> None:
        self._project, self._output_dir = project, output_dir
        self._job = RenderJob(output_dir, tell)
        self._kept: dict[tuple[str, str], bytes] = {}
        self._kept_of = ""  # the plan
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the render that is under way."""
        self._job.close()

    def state(self) -> dict[str, Any]:
        """Return what the page shows of them, as JSON."""
        return {"render": self._job.state(), "outputDir": str(self._output_dir.resolve())}

    def act(self, name: str, asked: Mapping[str, Any]) -> Reply:
        """
        Do what a POST asks for.

        Raises:
            RenderError: It is not possible; the message says why.
            KeyError, ValueError: It is no request of the page.
        """
        match name:
            case "variables":
                self._project.replace(variables=dict(asked["values"]))
            case "fps":
                self._project.replace(fps=asked["fps"])
            case "render":
                self._render(asked)
            case "cancel":
                self._job.cancel()
            case "still":
                return self._still(int(asked["frame"]))
            case _:
                raise KeyError(name)
        return _DONE

    def reply(self, path: str, query: Mapping[str, str]) -> Reply | None:
        """Answer a GET: `sound`, `video`, `thumbnail/<key>?at=S`, `peaks/<key>`."""
        kind, _, key = path.partition("/")
        match kind:
            case "sound":
                planned = self._project.planned
                sound = planned.sound_path if planned else None
                return (200, content_type(sound), sound) if sound else None
            case "video":
                video = self._job.output_path
                return (200, content_type(video), video) if video else None
            case "thumbnail":
                at_s = Fraction(query["at"])
                return self._lane(key, query["at"], lambda media: media.thumbnail(key, at_s))
            case "peaks":
                return self._lane(key, "", lambda media: media.peaks(key))
            case _:
                return None

    def _lane(self, key: str, at: str, draw: Callable[[PreviewMedia], bytes]) -> Reply | None:
        planned = self._project.planned
        if planned is None:
            return None
        with self._lock:  # a page asks for many at once
            if self._kept_of != planned.result.plan_hash:
                self._kept, self._kept_of = {}, planned.result.plan_hash
            if (key, at) not in self._kept:
                self._kept[key, at] = self._project.of_media(draw)
            return 200, "image/jpeg" if at else _JSON, self._kept[key, at]

    def _render(self, asked: Mapping[str, Any]) -> None:
        if self._job.is_running:
            raise InvalidConfig("a render is under way; end it first, or wait")
        chosen = {name: asked[name] for name in _RENDER_FIELDS if asked.get(name)}
        config = self._project.config.replace(**chosen)
        self._job.start(self._project.project_dir, config, self._project.root_dir)

    def _still(self, frame: int) -> Reply:
        project, planned = self._project, self._project.planned
        if planned is None:
            raise InvalidConfig("the composition is not planned yet; wait for that, or mend it")
        name = f"{project.project_dir.resolve().name}-{frame:05}"
        output = free_name(self._output_dir, name, ".png")
        at_s = frame / planned.composition.fps
        result = Engine().still(
            project.project_dir, output, at_s, project.config, root_dir=project.root_dir
        )
        told = {"name": output.name, "path": str(output), "frame": result.frame}
        return 200, _JSON, json.dumps(told).encode()

    def made(self, file: Path) -> bool:
        """Tell if *file* is one that a render or a still writes, not one of the project's."""
        stem = self._project.project_dir.resolve().name
        return file.parent == self._output_dir.resolve() and file.name.startswith(stem)
