"""URIs of objects as a type, and the allow-list every URI of an event has to pass."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from fanreel.errors import S3UriNotAllowed

ANY_BUCKET = "*"
"""Value of `FANREEL_RENDER_BUCKET` that switches the allow-list off."""
MAX_KEY_BYTES = 1024

# S3's naming rules for general purpose buckets, no ARNs, no access points; Google's, which allow
# more.
_BUCKET = {
    "s3": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "gs": re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
}
_FORMS = " or ".join(f"{scheme}://<bucket>/<key>" for scheme in _BUCKET)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ObjectUri:
    """`s3://bucket/key` or `gs://bucket/key`; the key is taken as it stands, never decoded."""

    scheme: str
    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read `s3://bucket/key` or `gs://bucket/key`; the key may be empty.

        Raises:
            S3UriNotAllowed: Not of that form, or with a key that could be misread: control
                characters, `.` and `..` components, more than 1024 bytes. Terminal.
        """
        scheme, _, rest = text.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in _BUCKET or not _BUCKET[scheme].fullmatch(bucket):
            raise _refused(text, f"expected {_FORMS}")
        if _CONTROL.search(key) or {".", ".."}.intersection(key.split("/")):
            raise _refused(text, "control characters and '.' or '..' components are not allowed")
        if len(key.encode()) > MAX_KEY_BYTES:
            raise _refused(text[:80] + "…", f"a key has at most {MAX_KEY_BYTES} bytes")
        return cls(scheme, bucket, key)

    @property
    def name(self) -> str:
        """The last component of the key, a trailing slash aside."""
        return self.key.rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> "ObjectUri":
        """The folder this object lies in; its key ends in `/` or is empty."""
        folder, slash, _ = self.key.rstrip("/").rpartition("/")
        return self.at(folder + slash)

    @property
    def is_folder(self) -> bool:
        """Whether it names a folder, as the place of frames that are single objects."""
        return self.key.endswith("/")

    def folder(self) -> "ObjectUri":
        """Return the same prefix with exactly one trailing slash."""
        key = self.key.rstrip("/")
        return self.at(key + "/" if key else "")

    def joined(self, name: str) -> "ObjectUri":
        """Return the object *name* inside this folder."""
        return self.at(self.folder().key + name)

    def at(self, key: str) -> "ObjectUri":
        """Return another object of the same bucket."""
        return replace(self, key=key)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"


def require_scheme(uris: Iterable[ObjectUri], scheme: str) -> None:
    """
    Refuse what lies in another cloud.

    Raises:
        S3UriNotAllowed: With `uri`. Terminal.
    """
    for uri in uris:
        if uri.scheme != scheme:
            raise _refused(str(uri), f"expected {scheme}://<bucket>/<key>")


def is_below(uri: ObjectUri, places: Iterable[str]) -> bool:
    """Tell whether *uri* lies in one of *places*, each `bucket` or `bucket/prefix`."""
    place = f"{uri.bucket}/{uri.key}"
    return any(place.startswith(f"{other.rstrip('/')}/") for other in places)


def require_allowed(uris: Iterable[ObjectUri], allowed_bucket: str | None) -> None:
    """
    Refuse any URI outside the one bucket this function serves.

    Args:
        uris: Every URI of an event, before any of them is touched.
        allowed_bucket: `FANREEL_RENDER_BUCKET`; `*` allows all, None or empty refuses all.
    Raises:
        S3UriNotAllowed: With `uri`. Terminal.
    """
    if allowed_bucket == ANY_BUCKET:
        return
    for uri in uris:
        if not allowed_bucket:
            raise _refused(
                str(uri),
                "FANREEL_RENDER_BUCKET is not set; set it to the render bucket, "
                f"or to {ANY_BUCKET!r} to allow every bucket the role can reach",
            )
        if uri.bucket != allowed_bucket:
            raise _refused(str(uri), f"only {uri.scheme}://{allowed_bucket}/ may be used")


def _refused(uri: str, reason: str) -> S3UriNotAllowed:
    return S3UriNotAllowed(f"{uri!r}: {reason}", uri=uri, reason=reason)
