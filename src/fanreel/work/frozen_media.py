"""Source media in a plan: copied once each, or in blocks where a file is large; who needs what."""

import shutil
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path

from fanreel.errors import MediaUnreadable, NotMedia
from fanreel.files import plan_dir as plans
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import Composition, MediaClip, role_chunk
from fanreel.media.blocks import BLOCK_BYTES, FRAMES, SIZES, block_name
from fanreel.media.serving import source_time
from fanreel.media.slicing import Slicer, has_index
from fanreel.timing.timeline import ChunkSlice, frame_time

SLICED_FROM_BYTES = 64 * 2**20
"""Smaller videos are fetched as they are."""
_AROUND_BYTES = 8 * BLOCK_BYTES

Roles = dict[str, tuple[str, ...]]
"""Who needs an artifact, by its path in the plan."""


def freeze_media(
    composition: Composition, chunks: Sequence[ChunkSlice], directory: Path, *, sliced: bool
) -> tuple[tuple[MediaClip, ...], Roles]:
    """
    Copy the sources that a chunk shows, once each; sound is in the mix already.

    Args:
        composition: Its clips name sources on this machine.
        chunks: Of the output's frames.
        directory: The plan.
        sliced: Of a large video, give each chunk only the blocks that it shows.
    Returns:
        The clips, naming sources in the plan, and who needs which of the plan's files.
    """
    shown_by = _shown_by(composition, chunks)
    frozen = {
        source: f"{plans.MEDIA_DIR}/{sha256_file(Path(source))}{Path(source).suffix.lower()}"
        for source, users in shown_by.items()
        if users  # else its clips lie outside the frames asked for
    }
    roles: Roles = {}
    for name in dict.fromkeys(frozen.values()):
        alike = [source for source in frozen if frozen[source] == name]  # of the same bytes
        path = Path(alike[0])
        showing = [clip for clip in composition.media if clip.path in alike and clip.shown]
        users = tuple(map(role_chunk, sorted(set().union(*(shown_by[one] for one in alike)))))
        blocks: Roles = {}
        if sliced and _worth_slicing(path, showing):
            blocks = _freeze_blocks(path, showing, composition, chunks, directory / name)
        if blocks:
            roles |= {f"{name}/{file}": users for file in (SIZES, FRAMES)}
            roles |= {f"{name}/{file}": some for file, some in blocks.items()}
        else:
            (directory / plans.MEDIA_DIR).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, directory / name)
            roles[name] = users
    clips = tuple(
        clip.model_copy(update={"path": frozen.get(clip.path, "")}) for clip in composition.media
    )
    return clips, roles


def expected_bytes(path: Path, clips: Sequence[MediaClip], *, sliced: bool) -> int:
    """Return about how much of a source the plan will hold, before it is read."""
    size_bytes = path.stat().st_size
    shown = [clip for clip in clips if clip.shown]
    if not (sliced and _worth_slicing(path, shown)):
        return size_bytes
    share = sum(
        (
            clip.passed_s(clip.start_s + clip.duration_s) / clip.source_s
            for clip in shown
            if clip.source_s
        ),
        Fraction(0),
    )
    return min(size_bytes, int(size_bytes * share) + len(shown) * _AROUND_BYTES)


def _shown_by(composition: Composition, chunks: Sequence[ChunkSlice]) -> dict[str, list[int]]:
    """Return, for each source, the chunks during which a clip of it is on the timeline."""
    wanted: dict[str, set[int]] = {}
    for clip in composition.media:
        if not (clip.shown and clip.path):
            continue
        first, last = _span(clip, composition)
        wanted.setdefault(clip.path, set()).update(
            chunk.index
            for chunk in chunks
            # A stepped page shows every frame before the chunk's own.
            if chunk.end_frame > first and (composition.stepped or chunk.start_frame <= last)
        )
    return {path: sorted(found) for path, found in wanted.items()}


def _span(clip: MediaClip, composition: Composition) -> tuple[int, int]:
    """Return the first and last output frame that may show *clip*."""
    first = (clip.start_s * composition.fps).__floor__() - composition.first_frame
    last = ((clip.start_s + clip.duration_s) * composition.fps).__ceil__()
    return first, last - composition.first_frame


def _worth_slicing(path: Path, clips: Sequence[MediaClip]) -> bool:
    large = path.stat().st_size >= SLICED_FROM_BYTES
    return large and all(clip.kind == "video" and clip.source_s is not None for clip in clips)


def _freeze_blocks(
    source: Path,
    clips: Sequence[MediaClip],
    composition: Composition,
    chunks: Sequence[ChunkSlice],
    directory: Path,
) -> Roles:
    """Write the blocks that are shown; give their users, no blocks where those cannot be told."""
    try:
        if not has_index(source):
            return {}
        slicer = Slicer(source, BLOCK_BYTES)
        # What is written, and so the plan's hash, does not depend on how the film is cut: blocks
        # between two stretches that lie near each other are there, and may be no chunk's. The
        # chunks' readers, which enter the file elsewhere, do not tell them; reading it for the film
        # besides takes a fifth of what they take, 0.03 s of a processor for 64 MiB.
        film = ChunkSlice(
            index=0, start_frame=chunks[0].start_frame, end_frame=chunks[-1].end_frame
        )
        needed: dict[int, list[str]] = {
            number: [] for number in _blocks_of(slicer, clips, composition, film)
        }
        for chunk, blocks in _by_chunk(slicer, clips, composition, chunks):
            for number in blocks:
                needed.setdefault(number, []).append(role_chunk(chunk.index))
    except (NotMedia, MediaUnreadable):
        return {}  # the worker that needs it says so; none may
    slicer.write(directory, needed)
    return {block_name(number): tuple(users) for number, users in needed.items()}


def _by_chunk(
    slicer: Slicer,
    clips: Sequence[MediaClip],
    composition: Composition,
    chunks: Sequence[ChunkSlice],
) -> Iterator[tuple[ChunkSlice, set[int]]]:
    before: set[int] = set()
    for chunk in chunks:
        blocks = _blocks_of(slicer, clips, composition, chunk)
        if composition.stepped:  # the page passes through all frames before
            blocks = before = before | blocks
        yield chunk, blocks


def _blocks_of(
    slicer: Slicer, clips: Sequence[MediaClip], composition: Composition, chunk: ChunkSlice
) -> set[int]:
    begin = 0 if composition.stepped and chunk.index == 0 else None
    return slicer.blocks_for(
        chain.from_iterable(
            _source_frames(slicer, clip, composition, chunk, begin) for clip in clips
        )
    )


def _source_frames(
    slicer: Slicer,
    clip: MediaClip,
    composition: Composition,
    chunk: ChunkSlice,
    begin: int | None,
) -> Iterator[int]:
    """Yield the numbers of the frames that *clip* shows in *chunk*; from frame *begin* on."""
    offset = composition.first_frame
    first, last = (frame + offset for frame in _span(clip, composition))
    start = chunk.start_frame + offset if begin is None else begin
    source_s = clip.source_s if clip.loop else None
    for frame in range(max(start, first), min(chunk.end_frame + offset, last + 1)):
        time_s = source_time(clip, frame_time(frame, composition.fps), source_s)
        yield slicer.presentation.index_at(time_s)
