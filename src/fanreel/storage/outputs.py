"""
Where a finished video may go, and how it lies there.

The stack's own bucket takes outputs below `outputs/`; others, and their prefixes, are listed in the
deployment's settings.
"""

import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from fanreel.errors import InvalidConfig, S3UriNotAllowed
from fanreel.storage.layout import OUTPUTS
from fanreel.storage.uris import ANY_BUCKET, ObjectUri, is_below, require_allowed

EXPIRY_TAG = "fanreel-expires"
"""Of an object: days until the bucket's rule for this value deletes it."""
ExpiryDays = Literal[1, 3, 7, 14, 30, 90, 365]
EXPIRY_DAYS: tuple[ExpiryDays, ...] = (1, 3, 7, 14, 30, 90, 365)
"""S3 has a rule for each, as it counts in whole days and takes none from an object."""
# What is archived cannot be read back, which a video that went in parts has to be.
StorageClass = Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]

_MOST_TAGS = 9  # of S3's ten, one is for the expiry
_TAG_SIGNS = "_.:/=+-@"
_MOST_TAG_KEY, _MOST_TAG_VALUE = 128, 256
_FIRST_PRINTED = 32  # below are control characters, which no header holds


def attachment(name: str) -> str:
    """
    Return the header that has a browser save a file as *name*, in any script (RFC 6266).

    Raises:
        InvalidConfig: It is no file name. Terminal.
    """
    if not name or "/" in name or any(ord(sign) < _FIRST_PRINTED for sign in name):
        raise InvalidConfig(f"download name {name!r}: allowed: a file name, such as 'film.mp4'")
    return f"attachment; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"


def _check_name(name: str | None) -> str | None:
    if name is not None:
        try:
            attachment(name)
        except InvalidConfig as exc:
            raise ValueError(str(exc)) from exc
    return name


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        reserved = key.lower().startswith("aws:") or key == EXPIRY_TAG
        fits = 0 < len(key) <= _MOST_TAG_KEY and len(value) <= _MOST_TAG_VALUE
        if reserved or not fits or not all(map(_may_be_tagged, key + value)):
            raise ValueError(
                f"tag {key!r}: allowed: letters, digits, spaces and {_TAG_SIGNS}, "
                f"{_MOST_TAG_KEY} of them, in the value {_MOST_TAG_VALUE}; not aws:… and not "
                f"{EXPIRY_TAG}, which ExpiresInDays sets"
            )
    return tags


def _may_be_tagged(sign: str) -> bool:
    return sign.isalnum() or sign == " " or sign in _TAG_SIGNS


class OutputOptions(BaseModel):
    """How a finished video lies in its bucket; `Output` of an execution's input."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_pascal,
        validate_by_name=True,
        validate_by_alias=True,
    )

    storage_class: StorageClass = "STANDARD"
    download_name: Annotated[str | None, AfterValidator(_check_name)] = None
    """Browsers save the video under this name (`Content-Disposition`); None lets them play it."""
    tags: Annotated[dict[str, str], AfterValidator(_check_tags)] = Field(
        default_factory=dict, max_length=_MOST_TAGS
    )
    expires_in_days: ExpiryDays | None = None
    """Deleted so many days after it was written; None keeps it. In the stack's bucket only."""
    overwrite: bool = False
    """Replace what is there; otherwise the render is refused before it is planned."""

    @classmethod
    def of(cls, given: "OutputOptions | Mapping[str, Any] | None") -> Self:
        """
        Read options as they are or as JSON.

        Raises:
            InvalidConfig: One is unknown or not allowed. Terminal.
        """
        if isinstance(given, cls):
            return given
        try:
            return cls.model_validate(dict(given or {}))
        except ValidationError as exc:
            told = [
                f"{'.'.join(map(str, error['loc'])) or 'Output'}: {error['msg']}"
                for error in exc.errors(include_url=False)
            ]
            known = ", ".join(str(field.alias) for field in cls.model_fields.values())
            raise InvalidConfig(
                f"invalid output options: {'; '.join(told)}. Known: {known}", problems=told
            ) from exc

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that `of()` reads, without the defaults."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlaces:
    """Where outputs may go besides the stack's bucket: `bucket` or `bucket/prefix` each."""

    bucket: str | None
    """The stack's; see `require_allowed()`."""
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, bucket: str | None, others: Iterable[str]) -> Self:
        """Read the setting `output_buckets`."""
        return cls(bucket=bucket, others=tuple(filter(None, others)))

    def require(self, uri: ObjectUri, options: OutputOptions) -> None:
        """
        Refuse an output outside of all places.

        Raises:
            S3UriNotAllowed: Its bucket or prefix is not listed. Terminal.
            InvalidConfig: In the stack's bucket, not below `outputs/`; or elsewhere, and to
                expire. Terminal.
        """
        if self.bucket in (uri.bucket, ANY_BUCKET) or not self.others:
            require_allowed([uri], self.bucket)
            if not uri.key.startswith(OUTPUTS) or uri.key == OUTPUTS:
                raise InvalidConfig(f"OutputS3Uri {uri}: it lies below {uri.at(OUTPUTS)}")
            return
        if not is_below(uri, self.others):
            places = (f"{self.bucket}/{OUTPUTS}", *self.others)
            allowed = [f"{uri.scheme}://{place}" for place in places]
            raise S3UriNotAllowed(
                f"{str(uri)!r}: outputs may go to {', '.join(allowed)}; the deployment's setting "
                "output_buckets lists more",
                uri=str(uri),
            )
        if options.expires_in_days is not None:
            raise InvalidConfig(
                f"ExpiresInDays = {options.expires_in_days}: only the stack's bucket has the rules "
                f"that delete; give {uri.bucket} its own, by tag or prefix"
            )
