"""
Finished segments in the bucket: found before they are rendered, kept once, then assembled.

The key is the plan and the frames, and the bytes follow from both, so whoever comes second,
in this execution or a later one, has nothing to do. The digest is kept beside each, and checked
by whoever assembles: an object that says nothing of its bytes, or is another than it says, is
rendered again and replaced.
"""

import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fanreel.errors import MediaUnreadable, MissingPlanArtifact
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import PlanManifest
from fanreel.formats import FORMATS, PACKED
from fanreel.storage import layout
from fanreel.storage.disk import disk_failure
from fanreel.storage.store import Content, ObjectStore, StoredObject, in_parallel
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri
from fanreel.timing.timeline import segments_of

if TYPE_CHECKING:
    from fanreel.segments.stores import SegmentKey


def segment_folder(prefix: ObjectUri | None, bucket: ObjectUri, plan_hash: str) -> ObjectUri:
    """
    Return where a plan's segments lie.

    Args:
        prefix: As an event names it, with or without the plan's hash; None for the usual place.
        bucket: Of the usual place.
        plan_hash: Always the last component, so that plans cannot mix.
    """
    if prefix is None:
        return layout.segments(bucket, plan_hash)
    return prefix.folder() if prefix.name == plan_hash else prefix.joined(plan_hash).folder()


class StoredSegments:
    """A `fanreel.SegmentStore` in the bucket."""

    def __init__(self, store: ObjectStore, folder: ObjectUri, output_format: str) -> None:
        self._store, self._folder = store, folder
        self._suffix = FORMATS[output_format].stored_segment_extension
        self._found: set[str] = set()

    def find(self, key: "SegmentKey") -> bool:
        """
        Tell whether the segment is kept; one that may soon expire is made young.

        Until it is found it is asked for anew each time (a HEAD costs a twelfth of a LIST): another
        worker on the same chunk may have finished it a moment ago.
        """
        if key.name in self._found:
            return True
        kept = self._store.look_up(self._folder.joined(key.name + self._suffix))
        if kept is None or kept.sha256 is None:
            return False
        if kept.is_stale:
            self._store.refresh(kept)
        self._found.add(key.name)
        return True

    def keep(self, key: "SegmentKey", path: Path) -> None:
        """
        Put the segment, unless somebody was first with the same bytes. Raises as `store`.

        Another's other bytes are replaced: the same frames of a plan have one right content, and
        this process has just made it.
        """
        uri = self._folder.joined(key.name + self._suffix)
        if not path.is_dir():
            self._put(uri, path)
            return
        packed = path.with_name(path.name + PACKED)
        try:
            pack(path, packed)
            self._put(uri, packed)
        finally:
            packed.unlink(missing_ok=True)

    def _put(self, uri: ObjectUri, path: Path) -> None:
        digest = sha256_file(path)
        if self._store.put_file(uri, path, sha256=digest, if_absent=True, tell_digest=True):
            return
        found = self._store.look_up(uri)
        if found is None or (found.sha256, found.size_bytes) != (digest, path.stat().st_size):
            self._store.put_file(uri, path, sha256=digest, tell_digest=True)


def find_segments(
    store: ObjectStore, folder: ObjectUri, manifest: PlanManifest
) -> list[StoredObject]:
    """
    Look all segments of a plan up, in order.

    Raises:
        MissingPlanArtifact: One is not there, or says nothing of its bytes. Retryable. Otherwise
            as `store`.
    """
    suffix = FORMATS[manifest.format].stored_segment_extension

    def find(bounds: tuple[int, int]) -> StoredObject:
        uri = folder.joined(f"{bounds[0]:08d}-{bounds[1]:08d}{suffix}")
        kept = store.look_up(uri)
        if kept is None or kept.sha256 is None:
            raise MissingPlanArtifact(
                f"{uri} is not there, or not as a worker keeps it", uri=str(uri)
            )
        return kept

    return in_parallel(find, segments_of(0, manifest.segmented_frames, manifest.segment_frames))


def fetch_segment(store: ObjectStore, kept: StoredObject, path: Path) -> None:
    """
    Bring one segment that was found, as it was kept, to *path*.

    Raises:
        MissingPlanArtifact: It is gone. Retryable.
        ArtifactDigestMismatch: It is not what was kept. Retryable. Otherwise as `store`.
    """
    expected = Content(sha256=kept.sha256 or "", size_bytes=kept.size_bytes)
    fetch_file(store, kept.uri, path, expected=expected, missing=MissingPlanArtifact)


def fetch_segments(store: ObjectStore, found: Sequence[StoredObject], into: Path) -> list[Path]:
    """
    Bring segments that were found to the folder *into*, in parallel.

    Returns:
        Their files (directories of frames for png-sequence), in order.
    Raises:
        MissingPlanArtifact: One is gone. Retryable.
        ArtifactDigestMismatch: One is not what was kept. Retryable.
        MediaUnreadable: A packed segment is damaged. Terminal. Otherwise as `store`.
    """

    def fetch(kept: StoredObject) -> Path:
        path = into / kept.uri.name
        fetch_segment(store, kept, path)
        if path.suffix != PACKED:
            return path
        frames_dir = path.with_suffix("")
        unpack_frames(path, frames_dir)
        path.unlink()
        return frames_dir

    return in_parallel(fetch, found)


def pack(folder: Path, archive: Path) -> None:
    """
    Put the files of *folder* into one tar: the same bytes whenever and wherever it is done.

    Raises:
        DiskFull: No room for it. Retryable.
    """
    try:
        with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as packed:
            for path in sorted(folder.iterdir()):
                member = tarfile.TarInfo(path.name)
                member.size, member.mode = path.stat().st_size, 0o644
                with path.open("rb") as file:
                    packed.addfile(member, file)
    except OSError as exc:
        raise disk_failure(exc) from exc


def unpack_frames(archive: Path, into: Path) -> None:
    """
    Undo `pack()`.

    Raises:
        MediaUnreadable: It is not what `pack()` wrote. Terminal.
        DiskFull: No room for it. Retryable.
    """
    into.mkdir()
    try:
        with tarfile.open(archive, "r:") as packed:
            for member in packed:
                content = packed.extractfile(member) if member.isreg() else None
                if content is None or Path(member.name).name != member.name:
                    raise MediaUnreadable(f"{archive.name}: {member.name!r} is not a frame")
                with (into / member.name).open("xb") as file:
                    shutil.copyfileobj(content, file)
    except tarfile.TarError as exc:
        raise MediaUnreadable(f"{archive.name} is not a whole tar: {exc}") from exc
    except OSError as exc:
        raise disk_failure(exc) from exc
