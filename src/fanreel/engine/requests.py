"""What a parent asks of its children."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from fanreel.config import RenderConfig
from fanreel.engine.reach import Reach
from fanreel.files.plan_dir import LockedRenderConfig
from fanreel.media.cache import CacheSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Confine:
    """Reach these files only from now on; comes first, and is not answered."""

    reach: Reach
    kind: Literal["confine"] = "confine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Start the browser for what is asked next; answered only by `Failed`."""

    width: int
    height: int
    locked: LockedRenderConfig
    temp_dir: Path
    kind: Literal["prepare"] = "prepare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Plan a project; answered by `Planned`."""

    project_dir: Path
    config: RenderConfig
    plan_dir: Path
    temp_dir: Path
    distributed: bool
    """Whether chunks are to be rendered by others: not every format can be."""
    sound_later: Path | None = None
    """Takes what is to be mixed by `Mix`; None: planning mixes it."""
    kind: Literal["plan"] = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Mix the sound that planning has left for later; answered by `Done`."""

    plan_dir: Path
    sound_path: Path
    kind: Literal["mix"] = "mix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Verify a plan and render from it from now on; answered by `Done`."""

    plan_dir: Path
    chunk_index: int | None
    """None: the whole plan is here."""
    temp_dir: Path
    cache: CacheSettings | None
    looks: bool = False
    """Whether small pictures are left beside segments while they are rendered."""
    kind: Literal["open"] = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """Render one segment of the open plan; answered by `Progress` and then `Rendered`."""

    start_frame: int
    end_frame: int
    path: Path
    kind: Literal["render"] = "render"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Join segments of the open plan to one chunk; answered by `Done`."""

    start_frame: int
    segment_paths: tuple[Path, ...]
    output_path: Path
    kind: Literal["join"] = "join"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assemble:
    """Assemble the video; answered by `Assembled`."""

    plan_dir: Path
    chunk_paths: tuple[Path, ...]
    audio_path: Path | None
    output_path: Path
    cfr: bool
    kind: Literal["assemble"] = "assemble"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembleParts:
    """Assemble the video while its chunks come and its parts go; answered by `Assembled`."""

    plan_dir: Path
    chunk_paths: tuple[Path, ...]
    audio_path: Path | None
    parts_dir: Path
    part_bytes: int
    kind: Literal["assemble parts"] = "assemble parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """Save one frame; answered by `Saved`."""

    project_dir: Path
    output_path: Path
    at_s: Fraction
    config: RenderConfig
    temp_dir: Path
    kind: Literal["still"] = "still"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """Look for what is to be mended in a project; answered by `Linted`."""

    project_dir: Path
    root_dir: Path | None
    config: RenderConfig
    temp_dir: Path
    kind: Literal["lint"] = "lint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Close the browser and end; answered by `Finished`."""

    kind: Literal["finish"] = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Compare two videos; answered by `Compared`."""

    left: Path
    right: Path
    worst: int
    sounds: tuple[Path | None, Path | None]
    kind: Literal["compare"] = "compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """Say what a media file is; answered by `Described`."""

    path: Path
    kind: Literal["describe"] = "describe"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmPictures:
    """Make pictures of a film's frames; answered by `Pictured`."""

    film: Path
    fps: Fraction
    wanted: tuple[tuple[int, int], ...]
    """Number of the frame, and pixels that it may be wide."""
    kind: Literal["film pictures"] = "film pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeMedia:
    """Answer of this project's media from now on; answered by `Done`."""

    root_dir: Path
    """Of the folder that is served; see `SiteFiles`."""
    entry_path: str
    project_path: str
    plan_dir: Path | None
    """None: there is no plan yet."""
    kind: Literal["serve media"] = "serve media"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMedia:
    """Answer what the page asks of its media; answered by `Replied` and the bytes."""

    path: str
    kind: Literal["ask media"] = "ask media"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """Make a small picture of a clip at a time; answered by `Replied` and a JPEG."""

    key: str
    at_s: Fraction
    kind: Literal["thumbnail"] = "thumbnail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """Say how loud a clip is along itself; answered by `Replied` and JSON."""

    key: str
    kind: Literal["peaks"] = "peaks"


Request = (
    Confine
    | Prepare
    | Plan
    | Mix
    | Open
    | Render
    | Join
    | Assemble
    | AssembleParts
    | Still
    | Lint
    | Finish
    | Compare
    | Describe
    | FilmPictures
    | ServeMedia
    | AskMedia
    | Thumbnail
    | Peaks
)
