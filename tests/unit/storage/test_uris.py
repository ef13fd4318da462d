"""URIs of objects and the allow-list."""

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import S3UriNotAllowed
from fanreel.storage.uris import ObjectUri, require_allowed, require_scheme


def test_a_uri_is_a_bucket_and_a_key() -> None:
    """Parsing and printing are inverse; the key is not decoded."""
    uri = ObjectUri.parse("s3://my-bucket/renders/a%20b/plan.json")
    assert uri == s3_uri("my-bucket", "renders/a%20b/plan.json")
    assert str(uri) == "s3://my-bucket/renders/a%20b/plan.json"
    assert (uri.name, str(uri.parent)) == ("plan.json", "s3://my-bucket/renders/a%20b/")
    assert uri.parent.name == "a%20b"


def test_a_folder_joins_with_one_slash() -> None:
    """A prefix may come with or without its slash."""
    for prefix in ("s3://bucket/renders/r1", "s3://bucket/renders/r1/"):
        assert (
            str(ObjectUri.parse(prefix).joined("plan.json")) == "s3://bucket/renders/r1/plan.json"
        )
    assert str(ObjectUri.parse("s3://bucket").joined("x")) == "s3://bucket/x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bucket/key",
        "https://bucket.s3.amazonaws.com/key",
        "s3://",
        "s3:///key",
        "s3://UPPER/key",
        "s3://a/key",
        "s3://a_bucket/key",
        "s3://bucket/a/../b",
        "s3://bucket/./b",
        "s3://bucket/a\nb",
        "s3://bucket/" + "k" * 1025,
        "s3://arn:aws:s3:eu-west-1:1:accesspoint/x/key",
    ],
)
def test_what_could_be_misread_is_refused(text: str) -> None:
    """Other schemes, bad names, parents and control characters never reach S3."""
    with pytest.raises(S3UriNotAllowed):
        ObjectUri.parse(text)


def test_a_uri_stays_in_its_cloud() -> None:
    """What is derived from it keeps its scheme; another cloud's is refused, whatever the bucket."""
    uri = ObjectUri.parse("gs://my_bucket/renders/r1/plan.json")
    for derived in (uri, uri.parent, uri.folder(), uri.joined("x"), uri.at("y")):
        assert str(derived).startswith("gs://my_bucket/")
    require_scheme([uri], "gs")
    with pytest.raises(S3UriNotAllowed, match="expected s3://<bucket>/<key>"):
        require_scheme([s3_uri("renders", "a"), uri], "s3")


def test_only_the_render_bucket_is_allowed() -> None:
    """The name matches whole, never as a prefix."""
    require_allowed([s3_uri("renders", "a"), s3_uri("renders", "b")], "renders")
    for other in ("renders-evil", "render"):
        with pytest.raises(S3UriNotAllowed, match="only s3://renders/"):
            require_allowed([s3_uri("renders", "a"), s3_uri(other, "b")], "renders")


@pytest.mark.parametrize("unset", [None, ""])
def test_no_bucket_refuses_all(unset: str | None) -> None:
    """A function deployed without its setting touches nothing."""
    with pytest.raises(S3UriNotAllowed, match="FANREEL_RENDER_BUCKET is not set"):
        require_allowed([s3_uri("renders", "a")], unset)


def test_a_star_opts_out() -> None:
    """Then the role decides."""
    require_allowed([s3_uri("any-bucket", "a")], "*")
