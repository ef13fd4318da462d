"""Bring a project to this machine: a site file by file, or an archive unpacked."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from fanreel.errors import InvalidConfig, UnsafeArchive
from fanreel.storage import layout
from fanreel.storage.archives import (
    ARCHIVE_SUFFIXES,
    DEFAULT_LIMITS,
    is_archive,
    member_path,
    project_root,
    unpack,
)
from fanreel.storage.projects import ArchiveUrl, Project, ProjectSources
from fanreel.storage.sites import read_manifest
from fanreel.storage.store import Content, ObjectStore, in_parallel
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri


def require_project(uri: Project) -> None:
    """
    Refuse what is neither a site nor an archive by its name.

    Raises:
        InvalidConfig: It is neither. Terminal.
    """
    if isinstance(uri, ArchiveUrl):
        return
    is_site = uri.key.startswith(layout.SITES) and uri.key != layout.SITES
    if not is_site and not is_archive(uri.key):
        raise InvalidConfig(
            f"ProjectS3Uri {uri}: a site below {uri.at(layout.SITES)}, or an archive "
            f"({', '.join(ARCHIVE_SUFFIXES)})"
        )


def fetch_project(
    store: ObjectStore, uri: Project, into: Path, entry_file: str, sources: ProjectSources
) -> Path:
    """
    Bring a project to the new folder *into*.

    Args:
        store: Of the bucket.
        uri: A site (its folder or its `site.json`), or a `.tar.gz`, `.tgz` or `.zip`.
        into: Made; the archive lies beside it while it is unpacked.
        entry_file: Tells whether an archive holds the project or one folder around it.
        sources: Where it may come from.
    Returns:
        The project: *into*, the one folder in it, or of a site the folder that it names.
    Raises:
        AssetNotFound: There is no such object. Terminal.
        UnsafeArchive: See `archives.unpack()`. Terminal.
        As `store` and `fetch_file()`.
    """
    if isinstance(uri, ObjectUri) and not is_archive(uri.key):
        return into / _fetch_site(store, uri, into)
    archive = into.with_name(f"{into.name}-{uri.name}")
    try:
        if isinstance(uri, ArchiveUrl):
            sources.download(uri, archive)
        else:
            _fetch_archive(store, uri, archive)
        unpack(archive, into)
    finally:
        archive.unlink(missing_ok=True)
    return project_root(into, entry_file)


def _fetch_archive(store: ObjectStore, uri: ObjectUri, archive: Path) -> None:
    found = store.look_up(uri)
    if found is not None and found.size_bytes > DEFAULT_LIMITS.total_bytes:
        raise UnsafeArchive(f"{uri} is larger than a project may be", member="", reason="size")
    fetch_file(store, uri, archive)


@contextlib.contextmanager
def borrowed_project(
    store: ObjectStore, uri: Project, entry_file: str, sources: ProjectSources
) -> Iterator[tuple[Path, Path | None]]:
    """
    Yield a project, and what it may use around it, as folders that are gone afterwards.

    Raises as `fetch_project()`.
    """
    with tempfile.TemporaryDirectory(prefix="fanreel-project-") as folder:
        into = Path(folder, "project")
        yield fetch_project(store, uri, into, entry_file, sources), root_of_site(uri, into)


def root_of_site(uri: Project, into: Path) -> Path | None:
    """Return what a project fetched *into* may use: all of a site, none of an archive."""
    return None if isinstance(uri, ArchiveUrl) or is_archive(uri.key) else into


def _fetch_site(store: ObjectStore, uri: ObjectUri, into: Path) -> PurePosixPath:
    """Fetch all files of a site; give the project's path in it."""
    manifest = uri if uri.name == layout.SITE_MANIFEST else uri.joined(layout.SITE_MANIFEST)
    entries, project = read_manifest(store, manifest)
    project_path = member_path(project) if project else PurePosixPath()
    targets = [into / member_path(entry["path"]) for entry in entries]
    into.mkdir(parents=True)

    def fetch(item: tuple[dict[str, Any], Path]) -> None:
        entry, path = item
        expected = Content(sha256=entry["sha256"], size_bytes=entry["size_bytes"])
        fetch_file(store, layout.site_file(uri, entry["sha256"]), path, expected=expected)

    in_parallel(fetch, zip(entries, targets, strict=True))
    return project_path
