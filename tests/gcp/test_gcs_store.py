"""What is Cloud Storage's own: its refusals, its pages, what it is told of an output."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import AnonymousCredentials
from google.oauth2.service_account import Credentials

from fanreel.errors import AssetNotFound, S3UriNotAllowed, StorageUnavailable, UnexpectedError
from fanreel.gcp.storage import failures
from fanreel.gcp.storage.gcs_client import connect, gs_uri
from fanreel.gcp.storage.gcs_store import GcsObjectStore
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.store import RequestCounts
from tests.gcp.storage_service import StorageService

# Bodies of refused downloads, which the library leaves to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, UnexpectedError),
        (403, S3UriNotAllowed),
        (404, AssetNotFound),
    ],
)
def test_each_refusal_becomes_one_of_ours(
    gcs: GcsObjectStore,
    gcs_bucket: str,
    storage_service: StorageService,
    status: int,
    expected: type[Exception],
) -> None:
    """At once: waiting does not help against these."""
    for pattern in (r"GET /download/.*/key", r"POST /upload/"):
        storage_service.fail(pattern, status)
    with pytest.raises(expected) as caught:
        gcs.read_bytes(gs_uri(gcs_bucket, "key"), limit_bytes=10)
    assert caught.value.facts["reason"] == status  # type: ignore[attr-defined]
    with pytest.raises(expected):
        gcs.write_bytes(gs_uri(gcs_bucket, "key"), b"x")
    assert storage_service.faults == []


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_passes_is_waited_for(
    gcs: GcsObjectStore, gcs_bucket: str, storage_service: StorageService, status: int
) -> None:
    """Each attempt is counted: a refused request is billed as well."""
    counts = RequestCounts()
    gcs.count(counts)
    uri = gs_uri(gcs_bucket, "key")
    storage_service.fail(r"POST /upload/", status)
    gcs.write_bytes(uri, b"x")
    storage_service.fail(r"GET /download/", status)
    assert gcs.read_bytes(uri, limit_bytes=1) == b"x"
    assert (counts.writes, counts.reads) == (2, 2)


def test_what_does_not_pass_is_storage_unavailable(
    gcs: GcsObjectStore,
    gcs_bucket: str,
    storage_service: StorageService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a bounded time; so is a service where nobody listens."""
    monkeypatch.setattr(failures, "ATTEMPTS_S", 1.0)
    storage_service.fail(r"GET /storage/.*/key", 503, times=9)
    with pytest.raises(StorageUnavailable, match="503") as caught:
        gcs.look_up(gs_uri(gcs_bucket, "key"))
    assert caught.value.retryable
    storage_service.faults.clear()
    nobody = connect(AnonymousCredentials(), "project", "http://127.0.0.1:9")
    with pytest.raises(StorageUnavailable, match="did not answer"):
        GcsObjectStore(nobody).look_up(gs_uri(gcs_bucket, "key"))
    nobody.close()


def test_nothing_is_asked_but_what_is_needed(
    gcs: GcsObjectStore, gcs_bucket: str, storage_service: StorageService
) -> None:
    """One request each; the bucket itself is nobody's business."""
    storage_service.seen.clear()
    uri = gs_uri(gcs_bucket, "key")
    gcs.write_bytes(uri, b"x")
    gcs.look_up(uri)
    gcs.read_bytes(uri, limit_bytes=1)
    with pytest.raises(AssetNotFound):
        gcs.read_bytes(gs_uri(gcs_bucket, "none"), limit_bytes=1)
    assert [line.partition(" ")[0] for line in storage_service.seen] == ["POST", *3 * ["GET"]]


def test_a_list_has_pages(
    gcs: GcsObjectStore, gcs_bucket: str, storage_service: StorageService
) -> None:
    """Of 1000 each; every one is a request, and counted as what it costs."""
    counts = RequestCounts()
    for number in range(1100):
        storage_service.buckets.put(gcs_bucket, {"name": f"p/{number:05d}"}, b"", {})
    gcs.count(counts)
    assert len(list(gcs.list_objects(gs_uri(gcs_bucket)))) == 1100
    assert (counts.writes, counts.reads) == (2, 0)


@pytest.mark.parametrize("by_parts", [False, True], ids=["whole", "by parts"])
def test_an_output_lies_as_its_options_say(
    gcs: GcsObjectStore,
    gcs_bucket: str,
    storage_service: StorageService,
    tmp_path: Path,
    by_parts: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    """Class, name, tags as metadata, and the time by which the bucket's rule deletes it."""
    (tmp_path / "film").write_bytes(b"film")
    uri = gs_uri(gcs_bucket, "outputs/film.mp4")
    options = OutputOptions(
        storage_class="STANDARD_IA", download_name="Spring.mp4", tags={"a": "1"}, expires_in_days=7
    )
    if by_parts:
        upload = gcs.begin_parts(uri, options)
        upload.send(1, tmp_path / "film")
        upload.complete()
    else:
        gcs.put_file(uri, tmp_path / "film", options=options)
    about = storage_service.buckets.bucket(gcs_bucket)["outputs/film.mp4"].about
    assert about["contentType"] == "video/mp4"
    assert about["storageClass"] == "NEARLINE"
    assert about["metadata"] == {"a": "1"}
    assert about["contentDisposition"] == "attachment; filename*=UTF-8''Spring.mp4"
    left = datetime.fromisoformat(about["customTime"]) - datetime.now(UTC)
    assert timedelta(days=5, hours=23) < left <= timedelta(days=6)  # the rule adds one


def test_a_part_that_is_left_dies(
    gcs: GcsObjectStore, gcs_bucket: str, storage_service: StorageService, tmp_path: Path
) -> None:
    """By the same rule of the bucket: nobody comes back for the parts of a killed function."""
    (tmp_path / "part").write_bytes(b"part")
    gcs.begin_parts(gs_uri(gcs_bucket, "outputs/f.mp4"), OutputOptions()).send(2, tmp_path / "part")
    [left] = storage_service.buckets.bucket(gcs_bucket).values()
    age = datetime.now(UTC) - datetime.fromisoformat(left.about["customTime"])
    assert timedelta(0) <= age < timedelta(hours=1)  # the rule gives it a day


def test_a_link_is_signed_by_the_key_of_a_service_account(storage_service: StorageService) -> None:
    """Version 4, for so long, with the name that a browser saves it under."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    info = {
        "private_key": key.decode(),
        "client_email": "render@project.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    credentials = Credentials.from_service_account_info(info)
    client = connect(credentials, "project", storage_service.url)
    link = GcsObjectStore(client).link(gs_uri("films", "outputs/a b.mp4"), 600, "Spring.mp4")
    client.close()
    assert "/films/outputs/a%20b.mp4?" in link
    assert "X-Goog-Algorithm=GOOG4-RSA-SHA256" in link
    assert "X-Goog-Expires=600" in link
    assert "Spring.mp4" in link
