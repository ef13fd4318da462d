"""Objects ⇄ files, against S3's protocol on loopback."""

import base64
import hashlib
import http.server
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fanreel.aws.storage import s3_client, s3_parts, s3_store
from fanreel.aws.storage.s3_client import connect, delete_bucket, s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.errors import (
    AssetNotFound,
    MissingPlanArtifact,
    S3UriNotAllowed,
    StorageUnavailable,
    UnexpectedError,
)
from fanreel.storage.store import Content, ObjectStore
from fanreel.storage.transfer import fetch_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _content(data: bytes) -> Content:
    return Content(sha256=_sha256(data), size_bytes=len(data))


PART = 5 * 1024**2


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a 12 MiB file be a large one (S3 wants parts of 5 MiB)."""
    monkeypatch.setattr(s3_store, "MULTIPART_BYTES", 6 * 1024**2)
    monkeypatch.setattr(s3_parts, "PART_BYTES", PART)


LARGE = bytes(range(256)) * (12 * 4096)


def test_a_file_arrives_as_it_left(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """What is put is fetched, with its digest, into folders made on the way."""
    source = tmp_path / "a.mp4"
    source.write_bytes(b"frames")
    uri = s3_uri(bucket, "outputs/a.mp4")
    assert store.put_file(uri, source, sha256=_sha256(b"frames"))
    fetched = fetch_file(store, uri, tmp_path / "new/b.mp4", expected=_content(b"frames"))
    assert (tmp_path / "new/b.mp4").read_bytes() == b"frames"
    assert fetched == _content(b"frames")
    assert s3.head_object(Bucket=bucket, Key=uri.key)["ContentType"] == "video/mp4"


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["whole", "parts"])
def test_the_second_conditional_put_changes_nothing(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path, small_parts: None, data: bytes
) -> None:
    """`If-None-Match: *` holds for single puts and for parts; no upload stays behind."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(data)
    second.write_bytes(data[::-1])
    uri = s3_uri(bucket, "segments/x/00000000-00000120.mp4")
    assert store.put_file(uri, first, if_absent=True) is True
    assert store.put_file(uri, second, if_absent=True) is False
    assert fetch_file(store, uri, tmp_path / "back") == _content(data)
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_parts_carry_their_checksums(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path, small_parts: None
) -> None:
    """Announced with the upload, sent with each part, and said again when they are joined."""
    source = tmp_path / "large"
    source.write_bytes(LARGE)
    sent: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def note(params: dict[str, Any], event_name: str, **_: object) -> None:
        sent[event_name.rpartition(".")[2]].append(dict(params))

    s3.meta.events.register("before-parameter-build.s3", note)
    assert store.put_file(s3_uri(bucket, "large.mp4"), source, if_absent=True)
    assert [call["ChecksumAlgorithm"] for call in sent["CreateMultipartUpload"]] == ["CRC32"]
    expected = {
        number: base64.b64encode(zlib.crc32(LARGE[start : start + PART]).to_bytes(4)).decode()
        for number, start in enumerate(range(0, len(LARGE), PART), 1)
    }
    assert {call["PartNumber"]: call["ChecksumCRC32"] for call in sent["UploadPart"]} == expected
    [completed] = sent["CompleteMultipartUpload"]
    parts = completed["MultipartUpload"]["Parts"]
    assert {part["PartNumber"]: part["ChecksumCRC32"] for part in parts} == expected


def test_a_bucket_goes_with_old_versions_and_all(
    s3: "S3Client", bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several pages of objects, one hidden by a newer version, another by its removal."""
    monkeypatch.setattr(s3_client, "DELETE_AT_ONCE", 5)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for name in ("kept", "kept", "removed", *map(str, range(20))):
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="removed")
    assert delete_bucket(s3, bucket) == 24
    assert bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}
    assert delete_bucket(s3, bucket) == 0


def test_what_is_missing_is_named_by_the_caller(
    store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """A missing object is the caller's error; a missing bucket is a wrong URI."""
    gone = s3_uri(bucket, "gone")
    assert store.look_up(gone) is None
    with pytest.raises(AssetNotFound, match=f"s3://{bucket}/gone does not exist"):
        fetch_file(store, gone, tmp_path / "x")
    with pytest.raises(MissingPlanArtifact):
        fetch_file(store, gone, tmp_path / "x", expected=_content(b""), missing=MissingPlanArtifact)
    with pytest.raises(S3UriNotAllowed, match="NoSuchBucket"):
        store.read_bytes(s3_uri("no-such-bucket-here", "x"), limit_bytes=1)


def test_nobody_listening_is_storage_unavailable(aws_environment: None) -> None:
    """A refused connection is ours, and retryable."""
    store = S3ObjectStore(connect(endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(StorageUnavailable) as caught:
        store.look_up(s3_uri("bucket", "key"))
    assert caught.value.retryable


class FailingS3(http.server.BaseHTTPRequestHandler):
    """Answers as a failing S3 would: an XML error, or a body that breaks off."""

    status: ClassVar[int]
    code: ClassVar[str]
    break_off_times: ClassVar[int]

    def do_GET(self) -> None:
        """Fail as told."""
        if self.break_off_times > 0:
            type(self).break_off_times -= 1
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"only this")
            return
        body = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
        if self.status == 200:
            body = b"whole"
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def failing(aws_environment: None) -> Iterator[tuple[S3ObjectStore, type[FailingS3]]]:
    """Serve failures on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FailingS3)
    FailingS3.status, FailingS3.code, FailingS3.break_off_times = 200, "", 0
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    client = connect(endpoint_url=f"http://127.0.0.1:{server.server_port}")
    yield S3ObjectStore(client), FailingS3
    client.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AccessDenied", S3UriNotAllowed),
        (403, "KMS.DisabledException", S3UriNotAllowed),
        (301, "PermanentRedirect", S3UriNotAllowed),
        (400, "ExpiredToken", S3UriNotAllowed),
        (403, "SignatureDoesNotMatch", S3UriNotAllowed),
        (409, "ConditionalRequestConflict", StorageUnavailable),
        (400, "InvalidArgument", UnexpectedError),
        (404, "NotThere", AssetNotFound),
    ],
)
def test_each_refusal_becomes_one_of_ours(
    failing: tuple[S3ObjectStore, type[FailingS3]],
    status: int,
    code: str,
    expected: type[Exception],
) -> None:
    """S3's codes map to retryable or terminal errors that carry them as `reason`."""
    store, answer = failing
    answer.status, answer.code = status, code
    with pytest.raises(expected) as caught:
        store.read_bytes(s3_uri("bucket", "key"), limit_bytes=10)
    assert caught.value.facts["reason"] == code  # type: ignore[attr-defined]


def test_a_body_that_breaks_off_is_fetched_again(
    failing: tuple[S3ObjectStore, type[FailingS3]], tmp_path: Path
) -> None:
    """Twice is forgiven; a third time is a retryable error, and no file."""
    store, answer = failing
    answer.break_off_times = 2
    fetch_file(store, s3_uri("bucket", "k"), tmp_path / "x", expected=_content(b"whole"))
    assert (tmp_path / "x").read_bytes() == b"whole"
    answer.break_off_times = 3
    with pytest.raises(StorageUnavailable):
        fetch_file(store, s3_uri("bucket", "k"), tmp_path / "y", expected=_content(b"whole"))
    assert not (tmp_path / "y").exists()
