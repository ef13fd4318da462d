"""What a page says of itself, as the planner's own types."""

import urllib.parse
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.errors import InvalidComposition
from fanreel.files.plan_dir import Clip, MediaClip, Ramp
from fanreel.media.probe import MediaInfo
from fanreel.media.sound.desk import Desk
from fanreel.media.sound.lanes import Lane
from fanreel.network.site import ORIGIN


def local_name(url: str) -> str:
    """Name what is the project's own as the project does."""
    return url.replace(f"{ORIGIN}/", "")


def source_name(url: str) -> str:
    """Name a source as the page asks for it; one that is its own URL only by its kind."""
    return url.partition(",")[0] if url.startswith("data:") else url.removeprefix(f"{ORIGIN}/")


def project_name(url: str) -> str | None:
    """Return the path of a URL of the project's own; None of any other."""
    if not url.startswith(f"{ORIGIN}/"):
        return None
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path).removeprefix("/")


def exact(value: Any) -> Fraction:
    """Return a page's number, decimal text or double, as the decimal it is written as."""
    return Fraction(str(value))


def clip_of(item: Mapping[str, Any]) -> Clip:
    """Return a clip. Raises `InvalidComposition` where its times are no numbers."""
    start, duration = item["startS"], item.get("durationS")
    try:
        start_s = exact(start)
        duration_s = None if duration is None else exact(duration)
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


def media_clip_of(
    item: Mapping[str, Any], path: Path, info: MediaInfo, total_s: Fraction, desk: Desk
) -> MediaClip:
    """Return a media clip, whose path is its source's on this machine."""
    duration = item.get("durationS")
    # A lane takes the place of data-volume.
    volume = float(item["volume"]) if desk.clips[item["key"]].volume is None else 1.0
    start_s = exact(item["startS"])
    return MediaClip(
        key=item["key"],
        kind=item["kind"],
        path=str(path),
        src=source_name(item["src"]),
        start_s=start_s,
        duration_s=exact(duration) if duration is not None else max(total_s - start_s, Fraction(0)),
        offset_s=exact(item["offsetS"]),
        rate=exact(item["rate"]),
        ramp=_ramp(item) if item["ramp"] else None,
        volume=volume,
        loop=bool(item["loop"]),
        audible=bool(item["audible"]) and info.has_audio and volume > 0,
        shown=bool(item["shown"]),
        width=info.width,
        height=info.height,
        source_s=info.duration_s,
    )


def _ramp(item: Mapping[str, Any]) -> Ramp:
    points = tuple((exact(time_s), exact(speed)) for time_s, speed in item["ramp"])
    return Ramp(start_s=exact(item["laneStartS"]), rate=exact(item["laneRate"]), points=points)


def info_json(info: MediaInfo) -> dict[str, Any]:
    """Return what the page is told of a source."""
    return {
        "durationS": None if info.duration_s is None else float(info.duration_s),
        "width": info.width,
        "height": info.height,
    }


def scripted_volume(volumes: Mapping[int, float], fps: Fraction, written: float) -> Lane:
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
