"""
Where projects may come from: the stack's bucket, listed buckets, and listed hosts by https.

Only archives come from elsewhere: a site's files are shared, and named by the bucket it is in.
"""

import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fanreel.errors import AssetNotFound, S3UriNotAllowed, StorageUnavailable
from fanreel.storage.archives import ARCHIVE_SUFFIXES, is_archive
from fanreel.storage.uris import ObjectUri, is_below, require_allowed

HTTPS = "https://"
_HTTPS_PORT = 443
_OK, _SERVER_FAILED = 200, 500


@dataclass(frozen=True, slots=True)
class ArchiveUrl:
    """`https://host/path/project.zip`, without a port and without a user."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a URL.

        Raises:
            S3UriNotAllowed: It is none, or does not end as an archive. Terminal.
        """
        try:
            parts = urllib.parse.urlsplit(text)
            plain = bool(parts.hostname) and parts.netloc.lower() == parts.hostname
            fits = plain and text.startswith(HTTPS) and is_archive(parts.path)
        except ValueError:
            fits = False
        if not fits:
            raise S3UriNotAllowed(
                f"{text!r}: expected https://HOST/PATH that ends in {', '.join(ARCHIVE_SUFFIXES)}",
                uri=text,
                reason="no archive by https",
            )
        return cls(text)

    @property
    def host(self) -> str:
        """Its host, in lower case."""
        return urllib.parse.urlsplit(self.text).hostname or ""

    @property
    def name(self) -> str:
        """The last component of its path."""
        return urllib.parse.urlsplit(self.text).path.rpartition("/")[2]

    def __str__(self) -> str:
        return self.text


Project = ObjectUri | ArchiveUrl


def parse_project(text: str) -> Project:
    """Read where a project lies. Raises `S3UriNotAllowed`."""
    return ArchiveUrl.parse(text) if text.startswith(HTTPS) else ObjectUri.parse(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSources:
    """A deployment's settings `project_buckets` and `project_hosts`, and its own bucket."""

    bucket: str | None
    buckets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, bucket: str | None, buckets: Iterable[str], hosts: Iterable[str]) -> Self:
        """Read the settings; hosts are compared in lower case."""
        return cls(
            bucket=bucket,
            buckets=tuple(filter(None, buckets)),
            hosts=tuple(host.lower() for host in hosts if host),
        )

    def require(self, project: Project) -> None:
        """
        Refuse a project from anywhere else.

        Raises:
            S3UriNotAllowed: With `uri`. Terminal.
        """
        if isinstance(project, ArchiveUrl):
            if project.host not in self.hosts:
                raise S3UriNotAllowed(
                    f"{str(project)!r}: archives may come from "
                    f"{', '.join(self.hosts) or 'no host'}; the deployment's setting "
                    "project_hosts lists more",
                    uri=str(project),
                    reason="host not listed",
                )
        elif not (is_archive(project.key) and is_below(project, self.buckets)):
            require_allowed([project], self.bucket)

    def download(self, url: ArchiveUrl, path: Path) -> None:
        """
        Fetch an archive to *path*, from a public address of a listed host, redirects included.

        Raises:
            S3UriNotAllowed: It, or where it leads, is not listed or not public. Terminal.
            AssetNotFound: The host has no such archive. Terminal.
            StorageUnavailable: The host did not answer. Retryable.
        """
        from fanreel.network import fetch  # noqa: PLC0415 (few projects come so)

        def listed(host: str, port: int) -> list[str]:
            if host.lower() not in self.hosts or port != _HTTPS_PORT:
                raise fetch.Refused(f"it leads to {host}:{port}, which project_hosts does not list")
            return fetch.resolve(host, port)

        try:
            answer = fetch.fetch(url.text, {}, resolver=listed)
        except fetch.Refused as exc:
            raise S3UriNotAllowed(f"{url.text!r}: {exc}", uri=url.text, reason=str(exc)) from exc
        except OSError as exc:
            raise StorageUnavailable(f"{url} cannot be fetched: {exc}", uri=url.text) from exc
        if answer.status >= _SERVER_FAILED:
            raise StorageUnavailable(f"{url} answers {answer.status}", uri=url.text)
        if answer.status != _OK:
            raise AssetNotFound(f"{url} answers {answer.status}", uri=url.text)
        path.write_bytes(answer.body)
