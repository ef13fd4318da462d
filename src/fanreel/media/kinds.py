"""Whether a file is what its element shows: sound in a `<video>`, a video in an `<img>`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fanreel.errors import MediaUnreadable, NotMedia
from fanreel.media.probe import MediaInfo, probe

_DRAWN = frozenset({".svg", ".svgz"})


def probe_for(path: Path, kind: str, place: str) -> MediaInfo:
    """
    Look into the source of a media element.

    Args:
        path: Of the source.
        kind: `video`, `audio` or `image`.
        place: Names the element, its file and its line.
    Raises:
        NotMedia: It is something else. Terminal.
        MediaUnreadable: It is damaged. Terminal.
    """
    try:
        info = probe(path)
    except (NotMedia, MediaUnreadable) as exc:
        raise type(exc)(f"{place}: {exc.message}", **exc.facts) from exc
    if kind == "video" and not info.has_video:
        raise NotMedia(f"{place}: it holds sound only; play it in an <audio>", path=str(path))
    if kind == "video" and info.is_image and not info.is_animated:
        raise NotMedia(f"{place}: it is a picture; show it in an <img>", path=str(path))
    return info


def is_silent(item: Mapping[str, Any], info: MediaInfo) -> bool:
    """Tell of an `<audio>` whose file has no sound."""
    return item["kind"] == "audio" and not info.has_audio


def refuse_no_picture(path: Path, place: str) -> None:
    """
    Tell what a file is that an `<img>` could not show; nothing of a damaged picture.

    Raises:
        NotMedia: It is a video or a sound. Terminal.
    """
    if path.suffix.lower() in _DRAWN:
        return
    try:
        info = probe(path)
    except (MediaUnreadable, NotMedia):
        return  # the warning of the picture that could not be loaded says enough
    if not info.is_image:
        what = "a video; play it in a <video>" if info.has_video else "a sound; use an <audio>"
        raise NotMedia(f"{place}: it is {what}", path=str(path))
