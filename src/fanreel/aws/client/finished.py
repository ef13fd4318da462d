"""Finished renders: their videos fetched or linked to, their objects deleted."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from fanreel.aws.client.deployment import Connection
from fanreel.aws.client.executions import describe, folder_of, is_running, output_uri_of
from fanreel.aws.client.results import Download
from fanreel.aws.storage import layout
from fanreel.aws.storage.failures import s3_failures
from fanreel.aws.storage.objects import delete_objects, in_parallel, list_objects, look_up
from fanreel.aws.storage.outputs import attachment
from fanreel.aws.storage.segments import unpack_frames
from fanreel.aws.storage.transfer import fetch_file, put_file
from fanreel.aws.storage.uris import S3Uri
from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.formats import PACKED

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_PRESIGNED_S = 7 * 24 * 3600
"""Longest life of a presigned URL (Signature Version 4)."""


def video_uri(connection: Connection, render_id: str) -> S3Uri:
    """
    Return where a finished video is.

    Raises:
        InvalidConfig: The render is unknown, or has not succeeded. Terminal.
    """
    execution = describe(connection, render_id)
    if execution["status"] != "SUCCEEDED":
        raise InvalidConfig(
            f"render {render_id} has no video: it is {execution['status']}",
            render_id=render_id,
            status=execution["status"],
        )
    return S3Uri.parse(output_uri_of(connection, execution))


def download(connection: Connection, render_id: str, path: Path) -> Download:
    """
    Fetch a finished video to the file *path*, or into the existing folder *path*.

    Frames packed as a tar are unpacked into the new folder *path*, unless it is named `.tar`.
    """
    uri = video_uri(connection, render_id)
    if uri.is_folder:
        return _download_frames(connection, uri, path)
    if uri.key.endswith(PACKED) and path.suffix != PACKED and not path.is_dir():
        return _unpack_frames(connection, uri, path)
    target = path / uri.name if path.is_dir() else path
    content = fetch_file(connection.outputs.of(uri), uri, target)
    return Download(path=str(target), size_bytes=content.size_bytes, sha256=content.sha256)


def _unpack_frames(connection: Connection, uri: S3Uri, path: Path) -> Download:
    archive = path.with_name(f".{path.name}{PACKED}")
    try:
        content = fetch_file(connection.outputs.of(uri), uri, archive)
        unpack_frames(archive, path)
    finally:
        archive.unlink(missing_ok=True)
    return Download(path=str(path), size_bytes=content.size_bytes, sha256=content.sha256)


def _download_frames(connection: Connection, folder: S3Uri, path: Path) -> Download:
    # The console marks a folder by an empty object of its name.
    client = connection.outputs.of(folder)
    found = (one.uri for one in list_objects(client, folder))
    frames = [uri for uri in found if not uri.is_folder]
    contents = in_parallel(
        lambda uri: fetch_file(client, uri, path / uri.key.removeprefix(folder.key)), frames
    )
    digests = "".join(content.sha256 for content in contents)
    return Download(
        path=str(path),
        size_bytes=sum(content.size_bytes for content in contents),
        sha256=hashlib.sha256(digests.encode()).hexdigest(),
    )


def keep_report(connection: Connection, render_id: str, page: Path) -> S3Uri:
    """Keep a report beside what else a render keeps, for as long."""
    uri = layout.report(folder_of(connection, describe(connection, render_id)))
    put_file(connection.s3, uri, page)
    return uri


def presign_progress(connection: Connection, render_id: str, expires_s: int) -> str:
    """Return a link to a render's `progress.json`, whether or not it is there yet."""
    _check_life(expires_s)
    folder = layout.render(connection.deployment.bucket, render_id)
    return _sign(connection, layout.progress_document(folder), {}, expires_s)


def _check_life(expires_s: int) -> None:
    if not 1 <= expires_s <= MAX_PRESIGNED_S:
        raise InvalidConfig(f"expires_s = {expires_s}: allowed: 1 to {MAX_PRESIGNED_S}")


def _sign(connection: Connection, uri: S3Uri, more: dict[str, str], expires_s: int) -> str:
    asked = {"Bucket": uri.bucket, "Key": uri.key, **more}
    with s3_failures(uri):
        client = connection.outputs.of(uri)
        return client.generate_presigned_url("get_object", Params=asked, ExpiresIn=expires_s)


def presign(
    connection: Connection, render_id: str, expires_s: int, download_name: str | None
) -> str:
    """Return a link to a finished video that works for *expires_s* seconds."""
    _check_life(expires_s)
    uri = video_uri(connection, render_id)
    if uri.is_folder:
        raise InvalidConfig(f"{uri} is a folder of frames: download it, or link to single frames")
    if look_up(connection.outputs.of(uri), uri) is None:
        raise AssetNotFound(f"{uri} does not exist any more", uri=str(uri))
    more = {}
    if download_name is not None:
        more["ResponseContentDisposition"] = attachment(download_name)
    return _sign(connection, uri, more, expires_s)


def delete(connection: Connection, render_id: str, *, keep_video: bool) -> int:
    """Delete a render's own objects, and its video unless *keep_video*; gives how many."""
    own = layout.render(connection.deployment.bucket, render_id)
    doomed = [found.uri for found in list_objects(connection.s3, own)]
    try:
        execution = describe(connection, render_id)
    except InvalidConfig:
        if not doomed:
            raise
        # Step Functions has forgotten it after 90 days; what it kept can still go.
        return delete_objects(connection.s3, doomed)
    if is_running(execution):
        raise InvalidConfig(f"render {render_id} is running; cancel it first", render_id=render_id)
    folder = folder_of(connection, execution)
    if folder != own:
        doomed += _objects_elsewhere(connection, folder)
    if not keep_video:
        uri = S3Uri.parse(output_uri_of(connection, execution))
        client = connection.outputs.of(uri)
        video = _video_objects(client, uri)
        # Perhaps in another bucket; the folder last, so that what fails can be tried again.
        return delete_objects(client, video) + delete_objects(connection.s3, doomed)
    return delete_objects(connection.s3, doomed)


def _objects_elsewhere(connection: Connection, folder: S3Uri) -> list[S3Uri]:
    # Whoever chose the folder may have other things in it, so only what a render writes goes.
    progress = [found.uri for found in list_objects(connection.s3, layout.progress(folder))]
    named = (
        layout.plan_manifest(folder),
        layout.cancelled(folder),
        layout.progress_document(folder),
        layout.report(folder),
    )
    return progress + [uri for uri in named if look_up(connection.s3, uri) is not None]


def _video_objects(client: "S3Client", uri: S3Uri) -> list[S3Uri]:
    if uri.is_folder:
        return [found.uri for found in list_objects(client, uri)]
    return [uri] if look_up(client, uri) is not None else []
