"""
Projects in the bucket, addressed by content.

A site is a manifest of paths and digests; its files are shared with every other site. Deploying
an unchanged project therefore uploads nothing, one changed file one object, and a site id names
the same bytes for ever.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fanreel.config import RenderConfig
from fanreel.errors import (
    ArtifactDigestMismatch,
    AssetNotFound,
    InvalidComposition,
    InvalidConfig,
)
from fanreel.files.digest import canonical_json, sha256_file
from fanreel.files.project import within_root
from fanreel.storage import layout
from fanreel.storage.site_files import site_files
from fanreel.storage.store import ObjectStore, in_parallel
from fanreel.storage.transfer import put_file_once
from fanreel.storage.uris import ObjectUri

SITE_VERSION = 1
MANIFEST_LIMIT_BYTES = 64 * 1024**2
_SWEEP_AFTER = timedelta(days=1)
_ID_DIGITS = 32
_ID = re.compile(rf"[0-9a-f]{{{_ID_DIGITS}}}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A deployed project; `uri` is what a render takes as `ProjectS3Uri`."""

    site_id: str
    uri: str
    uploaded: int = 0
    """Files that the bucket did not have."""
    skipped: int = 0
    """Files that it had already."""
    ignored: tuple[str, ...] = ()
    """Project paths left out on purpose, folders with a trailing slash."""
    size_bytes: int = 0
    name: str | None = None
    """Under which the newest of its kind is found; `uri` is then the name's."""
    modified: datetime | None = None
    """When it was deployed first; only from `list_sites()`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    """A project as a site, before anything of it is sent."""

    site: Site
    manifest: bytes
    files: dict[str, Path]
    """Digest to file, each content once."""
    file_count: int


def _pack(project_dir: Path, bucket: ObjectUri, root_dir: Path | None) -> _Packed:
    if not project_dir.is_dir():
        raise AssetNotFound(f"{project_dir} is not a folder", path=str(project_dir))
    ignored: list[str] = []
    root, config = within_root(project_dir, RenderConfig(), root_dir)
    files = site_files(project_dir, root, config.project_path, ignored)
    digests = in_parallel(lambda file: sha256_file(file.source), files)
    sizes = [file.source.stat().st_size for file in files]
    entries = [
        {"path": file.path, "sha256": sha256, "size_bytes": size_bytes}
        for file, sha256, size_bytes in zip(files, digests, sizes, strict=True)
    ]
    project = {"project": config.project_path} if config.project_path else {}
    manifest = canonical_json({"version": SITE_VERSION, "files": entries} | project)
    site_id = hashlib.sha256(manifest).hexdigest()[:_ID_DIGITS]
    return _Packed(
        site=Site(
            site_id=site_id,
            uri=str(layout.site_manifest(bucket, site_id)),
            ignored=tuple(ignored),
            size_bytes=sum(sizes),
        ),
        manifest=manifest,
        files=dict(zip(digests, (file.source for file in files), strict=True)),
        file_count=len(files),
    )


def site_of(project_dir: Path, bucket: ObjectUri, root_dir: Path | None = None) -> Site:
    """Return the site that `upload_site()` would make, sending nothing. Raises as it does."""
    return _pack(project_dir, bucket, root_dir).site


def upload_site(
    project_dir: Path,
    bucket: ObjectUri,
    store: ObjectStore,
    root_dir: Path | None = None,
    name: str | None = None,
) -> Site:
    """
    Upload what the bucket does not have yet of *project_dir*; the manifest comes last.

    Args:
        project_dir: The project; all of it is uploaded.
        bucket: Where to.
        store: What holds it.
        root_dir: A folder around it, of which goes along what the project uses.
        name: Leads to this project from now on, whatever it led to before.
    Raises:
        AssetNotFound: There is no such folder. Terminal.
        InvalidComposition: A symlink leaves the project, or *root_dir*, or leads nowhere, or
            something is neither file nor folder. Terminal.
        InvalidConfig: *root_dir* does not hold the project. Terminal.
        As `store`.
    """
    if name is not None and (not _NAME.fullmatch(name) or _ID.fullmatch(name) or name == "files"):
        raise InvalidConfig(
            f"site name {name!r}: allowed: 1 to 63 of a-z 0-9 -, starting with a letter or digit, "
            "not 'files' and not like an id"
        )
    packed = _pack(project_dir, bucket, root_dir)
    uri = layout.site_manifest(bucket, packed.site.site_id)
    uploaded = 0
    # The manifest came last when it was written, so where it is, all files are.
    if store.look_up(uri) is None:
        uploaded = sum(
            in_parallel(
                lambda item: put_file_once(
                    store, layout.site_file(bucket, item[0]), item[1], item[0]
                ),
                packed.files.items(),
            )
        )
        store.write_bytes(uri, packed.manifest)
    site = replace(packed.site, uploaded=uploaded, skipped=packed.file_count - uploaded)
    if name is None:
        return site
    # A site of its own with the same files, so all that knows sites knows names.
    named = layout.site_manifest(bucket, name)
    store.write_bytes(named, packed.manifest)
    return replace(site, name=name, uri=str(named))


def list_sites(bucket: ObjectUri, store: ObjectStore) -> list[Site]:
    """Return every site of *bucket*, newest first. Raises as `store`."""
    found = in_parallel(store.look_up, _manifests(store, bucket))
    present = sorted(filter(None, found), key=lambda item: item.modified, reverse=True)
    return [
        Site(site_id=item.uri.parent.name, uri=str(item.uri), modified=item.modified)
        for item in present
    ]


def delete_site(site_id: str, bucket: ObjectUri, store: ObjectStore) -> int:
    """
    Delete a site, and all project files that no site names any more.

    Files younger than a day stay until the next time: a deployment that runs meanwhile may have
    just found them there (it refreshes what is older, see `store.REFRESH_AFTER_S`).

    Returns:
        How many objects were deleted.
    Raises:
        AssetNotFound: There is no such site. Terminal. Otherwise as `store`.
    """
    uri = layout.site_manifest(bucket, site_id)
    if store.look_up(uri) is None:
        raise AssetNotFound(f"there is no site {site_id!r} in {bucket.bucket}", site_id=site_id)
    store.delete_objects([uri])
    contents = in_parallel(
        lambda other: read_manifest(store, other),
        [other for other in _manifests(store, bucket) if other != uri],
    )
    wanted = {entry["sha256"] for entries, _ in contents for entry in entries}
    limit = datetime.now(UTC) - _SWEEP_AFTER
    unused = [
        found.uri
        for found in store.list_objects(bucket.at(layout.SITE_FILES))
        if found.uri.name not in wanted and found.modified < limit
    ]
    return 1 + store.delete_objects(unused)


def _manifests(store: ObjectStore, bucket: ObjectUri) -> Iterator[ObjectUri]:
    for folder in store.list_folders(bucket.at(layout.SITES)):
        if folder.key != layout.SITE_FILES:
            yield folder.joined(layout.SITE_MANIFEST)


def _check_id(content: bytes, uri: ObjectUri) -> None:
    """Check a manifest by the id that its folder has; one that a person wrote may have none."""
    name = uri.parent.name
    is_id = len(name) == _ID_DIGITS and set(name) <= set("0123456789abcdef")
    if is_id and not hashlib.sha256(content).hexdigest().startswith(name):
        raise ArtifactDigestMismatch(
            f"{uri} did not come as it was deployed; try again, or deploy the site anew",
            uri=str(uri),
        )


def read_manifest(store: ObjectStore, uri: ObjectUri) -> tuple[list[dict[str, Any]], str]:
    """
    Return a site's files, and the project's path among them, empty where they are one.

    Raises:
        InvalidComposition: It is no manifest. Terminal.
        ArtifactDigestMismatch: It is not that of its id. Retryable.
        As `store`.
    """
    try:
        content = store.read_bytes(uri, limit_bytes=MANIFEST_LIMIT_BYTES)
        _check_id(content, uri)
        data = json.loads(content)
        if data["version"] != SITE_VERSION:
            raise InvalidComposition(f"{uri} has version {data['version']!r}; deploy the site anew")
        files = [
            {
                "path": str(entry["path"]),
                "sha256": str(entry["sha256"]),
                "size_bytes": int(entry["size_bytes"]),
            }
            for entry in data["files"]
        ]
        return files, str(data.get("project", ""))
    except (ValueError, TypeError, KeyError) as exc:
        raise InvalidComposition(
            f"{uri} is not a site; a project is a site as `fanreel lambda sites create` deploys "
            "it, or a .tar.gz, .tgz or .zip",
            uri=str(uri),
        ) from exc
