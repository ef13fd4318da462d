"""Finished renders: their videos fetched or linked to, their objects deleted."""

import hashlib
from pathlib import Path

from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.formats import PACKED
from fanreel.remote.cloud import Cloud
from fanreel.remote.executions import describe, folder_of, output_uri_in
from fanreel.remote.results import Download
from fanreel.storage import layout
from fanreel.storage.segments import unpack_frames
from fanreel.storage.store import ObjectStore, in_parallel
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri

MAX_PRESIGNED_S = 7 * 24 * 3600
"""Longest life of a signed URL (Signature Version 4, of both clouds)."""


def video_uri(cloud: Cloud, render_id: str) -> ObjectUri:
    """
    Return where a finished video is.

    Raises:
        InvalidConfig: The render is unknown, or has not succeeded. Terminal.
    """
    execution = describe(cloud, render_id)
    if execution.status != "SUCCEEDED":
        raise InvalidConfig(
            f"render {render_id} has no video: it is {execution.status}",
            render_id=render_id,
            status=execution.status,
        )
    return ObjectUri.parse(output_uri_in(cloud.deployment.root, execution))


def download(cloud: Cloud, render_id: str, path: Path) -> Download:
    """
    Fetch a finished video to the file *path*, or into the existing folder *path*.

    Frames packed as a tar are unpacked into the new folder *path*, unless it is named `.tar`.
    """
    uri = video_uri(cloud, render_id)
    if uri.is_folder:
        return _download_frames(cloud, uri, path)
    if uri.key.endswith(PACKED) and path.suffix != PACKED and not path.is_dir():
        return _unpack_frames(cloud, uri, path)
    target = path / uri.name if path.is_dir() else path
    content = fetch_file(cloud.outputs.of(uri), uri, target)
    return Download(path=str(target), size_bytes=content.size_bytes, sha256=content.sha256)


def _unpack_frames(cloud: Cloud, uri: ObjectUri, path: Path) -> Download:
    archive = path.with_name(f".{path.name}{PACKED}")
    try:
        content = fetch_file(cloud.outputs.of(uri), uri, archive)
        unpack_frames(archive, path)
    finally:
        archive.unlink(missing_ok=True)
    return Download(path=str(path), size_bytes=content.size_bytes, sha256=content.sha256)


def _download_frames(cloud: Cloud, folder: ObjectUri, path: Path) -> Download:
    # The console marks a folder by an empty object of its name.
    store = cloud.outputs.of(folder)
    found = (one.uri for one in store.list_objects(folder))
    frames = [uri for uri in found if not uri.is_folder]
    contents = in_parallel(
        lambda uri: fetch_file(store, uri, path / uri.key.removeprefix(folder.key)), frames
    )
    digests = "".join(content.sha256 for content in contents)
    return Download(
        path=str(path),
        size_bytes=sum(content.size_bytes for content in contents),
        sha256=hashlib.sha256(digests.encode()).hexdigest(),
    )


def keep_report(cloud: Cloud, render_id: str, page: Path) -> ObjectUri:
    """Keep a report beside what else a render keeps, for as long."""
    uri = layout.report(folder_of(cloud, describe(cloud, render_id)))
    cloud.store.put_file(uri, page)
    return uri


def presign_progress(cloud: Cloud, render_id: str, expires_s: int) -> str:
    """Return a link to a render's `progress.json`, whether or not it is there yet."""
    _check_life(expires_s)
    folder = layout.render(cloud.deployment.root, render_id)
    return cloud.store.link(layout.progress_document(folder), expires_s)


def _check_life(expires_s: int) -> None:
    if not 1 <= expires_s <= MAX_PRESIGNED_S:
        raise InvalidConfig(f"expires_s = {expires_s}: allowed: 1 to {MAX_PRESIGNED_S}")


def presign(cloud: Cloud, render_id: str, expires_s: int, download_name: str | None) -> str:
    """Return a link to a finished video that works for *expires_s* seconds."""
    _check_life(expires_s)
    uri = video_uri(cloud, render_id)
    if uri.is_folder:
        raise InvalidConfig(f"{uri} is a folder of frames: download it, or link to single frames")
    store = cloud.outputs.of(uri)
    if store.look_up(uri) is None:
        raise AssetNotFound(f"{uri} does not exist any more", uri=str(uri))
    return store.link(uri, expires_s, download_name)


def delete(cloud: Cloud, render_id: str, *, keep_video: bool) -> int:
    """Delete a render's own objects, and its video unless *keep_video*; gives how many."""
    own = layout.render(cloud.deployment.root, render_id)
    doomed = [found.uri for found in cloud.store.list_objects(own)]
    try:
        execution = describe(cloud, render_id)
    except InvalidConfig:
        if not doomed:
            raise
        # The cloud has forgotten it after 90 days; what it kept can still go.
        return cloud.store.delete_objects(doomed)
    if execution.is_running:
        raise InvalidConfig(f"render {render_id} is running; cancel it first", render_id=render_id)
    folder = folder_of(cloud, execution)
    if folder != own:
        doomed += _objects_elsewhere(cloud, folder)
    if not keep_video:
        uri = ObjectUri.parse(output_uri_in(cloud.deployment.root, execution))
        store = cloud.outputs.of(uri)
        video = _video_objects(store, uri)
        # Perhaps in another bucket; the folder last, so that what fails can be tried again.
        return store.delete_objects(video) + cloud.store.delete_objects(doomed)
    return cloud.store.delete_objects(doomed)


def _objects_elsewhere(cloud: Cloud, folder: ObjectUri) -> list[ObjectUri]:
    # Whoever chose the folder may have other things in it, so only what a render writes goes.
    progress = [found.uri for found in cloud.store.list_objects(layout.progress(folder))]
    named = (
        layout.plan_manifest(folder),
        layout.cancelled(folder),
        layout.progress_document(folder),
        layout.report(folder),
    )
    return progress + [uri for uri in named if cloud.store.look_up(uri) is not None]


def _video_objects(store: ObjectStore, uri: ObjectUri) -> list[ObjectUri]:
    if uri.is_folder:
        return [found.uri for found in store.list_objects(uri)]
    return [uri] if store.look_up(uri) is not None else []
