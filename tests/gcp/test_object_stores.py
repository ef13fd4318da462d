"""What every cloud's store does alike: S3 is moto's, Cloud Storage the one of these tests."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from fanreel.aws.storage.s3_client import connect as connect_s3
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.errors import (
    ArtifactDigestMismatch,
    AssetNotFound,
    DiskFull,
    MissingPlanArtifact,
    RenderCancelled,
    S3UriNotAllowed,
    UnexpectedError,
)
from fanreel.storage.fetching import fetch_project
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.projects import ProjectSources
from fanreel.storage.sites import delete_site, list_sites, upload_site
from fanreel.storage.store import Content, ObjectStore, RequestCounts
from fanreel.storage.transfer import fetch_file, put_file_once, read_back
from fanreel.storage.uris import ObjectUri

# Bodies of refused downloads, which the library leaves to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CLOUDS = ["s3", "gs"]
LARGE = bytes(range(256)) * (40 * 4096)
"""40 MiB: parts and ranges in S3, a resumable upload in Cloud Storage."""


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Serve S3."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=CLOUDS)
def scheme(request: pytest.FixtureRequest) -> str:
    """Which cloud."""
    return str(request.param)


@pytest.fixture
def store(scheme: str, request: pytest.FixtureRequest) -> ObjectStore:
    """Its store."""
    if scheme == "gs":
        gcs: ObjectStore = request.getfixturevalue("gcs")
        return gcs
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    return S3ObjectStore(connect_s3(session, request.getfixturevalue("moto")))


@pytest.fixture
def root(store: ObjectStore, request: pytest.FixtureRequest) -> ObjectUri:
    """A bucket of its own for the test."""
    if store.scheme == "gs":
        return ObjectUri("gs", request.getfixturevalue("gcs_bucket"))
    name = f"render-{uuid.uuid4().hex[:12]}"
    assert isinstance(store, S3ObjectStore)
    store.client.create_bucket(Bucket=name)
    return ObjectUri("s3", name)


def content_of(data: bytes) -> Content:
    """Return what *data* is."""
    return Content(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    """Return a function that makes a file."""

    def write(data: bytes) -> Path:
        path = tmp_path / f"{uuid.uuid4().hex}.bin"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("data", [b"", b"frames", LARGE], ids=["empty", "small", "large"])
def test_a_file_arrives_as_it_left(
    store: ObjectStore,
    root: ObjectUri,
    written: Callable[[bytes], Path],
    tmp_path: Path,
    data: bytes,
) -> None:
    """Whole, with its digest, into folders made on the way; and read back without a file."""
    uri = root.at("outputs/a film.mp4")
    assert store.put_file(uri, written(data), sha256=content_of(data).sha256, tell_digest=True)
    path = tmp_path / "new" / "b.mp4"
    assert fetch_file(store, uri, path, expected=content_of(data)) == content_of(data)
    assert path.read_bytes() == data
    assert read_back(store, uri) == content_of(data)
    found = store.look_up(uri)
    assert found is not None
    assert (found.uri, found.size_bytes, found.sha256) == (
        uri, len(data), content_of(data).sha256,
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["small", "large"])
def test_the_second_conditional_put_changes_nothing(
    store: ObjectStore, root: ObjectUri, written: Callable[[bytes], Path], data: bytes
) -> None:
    """Who comes first is kept; nothing else stays behind."""
    uri = root.at("segments/x/00000000-00000120.mp4")
    assert store.put_file(uri, written(data), if_absent=True) is True
    assert store.put_file(uri, written(data[::-1]), if_absent=True) is False
    assert read_back(store, uri) == content_of(data)
    assert [found.uri for found in store.list_objects(root)] == [uri]


def test_a_document_is_written_over_the_state_that_was_read(
    store: ObjectStore, root: ObjectUri
) -> None:
    """Made once, replaced by whoever read it last, and by nobody else."""
    uri = root.at("renders/r1/progress.json")
    assert store.read_version(uri) is None
    assert store.write_version(uri, b"1", None)
    assert not store.write_version(uri, b"2", None)
    read = store.read_version(uri)
    assert read is not None
    data, version = read
    assert data == b"1"
    assert store.write_version(uri, b"2", version)
    assert not store.write_version(uri, b"3", version)
    assert store.read_bytes(uri, limit_bytes=10) == b"2"


def test_bytes_other_than_promised_leave_nothing(
    store: ObjectStore, root: ObjectUri, tmp_path: Path
) -> None:
    """A wrong digest is named, and neither the file nor a part of it appears."""
    store.write_bytes(root.at("blob"), b"tampered")
    with pytest.raises(ArtifactDigestMismatch, match="fetched afresh") as caught:
        fetch_file(
            store, root.at("blob"), tmp_path / "in" / "blob", expected=content_of(b"original")
        )
    assert caught.value.facts["sha256"] == content_of(b"tampered").sha256
    assert list((tmp_path / "in").iterdir()) == []


def test_what_is_there_is_not_sent_again(
    store: ObjectStore, root: ObjectUri, written: Callable[[bytes], Path]
) -> None:
    """Content-addressed puts look first; an object of another size is replaced."""
    source, digest = written(b"abc"), content_of(b"abc").sha256
    uri = root.at("blobs/sha256/ba/x")
    assert put_file_once(store, uri, source, digest) is True
    assert put_file_once(store, uri, source, digest) is False
    store.write_bytes(uri, b"cut short")
    assert put_file_once(store, uri, source, digest) is True


def test_a_found_object_can_be_made_young(
    store: ObjectStore, root: ObjectUri, written: Callable[[bytes], Path]
) -> None:
    """Refreshing keeps the bytes and what is told of them, and moves the date on."""
    store.put_file(root.at("old"), written(b"x"), sha256=content_of(b"x").sha256, tell_digest=True)
    before = store.look_up(root.at("old"))
    assert before is not None
    assert not before.is_stale
    store.refresh(before)
    after = store.look_up(before.uri)
    assert after is not None
    assert after.modified >= before.modified
    assert (after.sha256, after.size_bytes) == (before.sha256, before.size_bytes)
    assert store.read_bytes(before.uri, limit_bytes=10) == b"x"


def test_listing_and_deleting(store: ObjectStore, root: ObjectUri) -> None:
    """Objects in key order with their sizes, folders one level deep; deleting twice is fine."""
    for key in ("r/b/2", "r/a/1", "r/a/22", "r/é", "s/1"):
        store.write_bytes(root.at(key), b"x" * len(key))
    found = [(one.uri, one.size_bytes) for one in store.list_objects(root.at("r/"))]
    assert found == [
        (root.at("r/a/1"), 5), (root.at("r/a/22"), 6), (root.at("r/b/2"), 5), (root.at("r/é"), 3),
    ]  # fmt: skip
    assert list(store.list_folders(root.at("r/"))) == [root.at("r/a/"), root.at("r/b/")]
    uris = [uri for uri, _ in found]
    assert store.delete_objects(uris) == len(uris)
    assert list(store.list_objects(root.at("r/"))) == []
    assert store.delete_objects(uris) == len(uris)


def test_what_is_missing_is_named_by_the_caller(
    store: ObjectStore, root: ObjectUri, tmp_path: Path
) -> None:
    """A missing object is the caller's error; a missing bucket is a wrong URI."""
    gone = root.at("gone")
    assert store.look_up(gone) is None
    with pytest.raises(AssetNotFound, match=f"{gone} does not exist"):
        fetch_file(store, gone, tmp_path / "x")
    with pytest.raises(MissingPlanArtifact):
        fetch_file(
            store, gone, tmp_path / "x", expected=content_of(b""), missing=MissingPlanArtifact
        )
    with pytest.raises(S3UriNotAllowed):
        store.read_bytes(ObjectUri(store.scheme, "no-such-bucket-here", "x"), limit_bytes=1)


def test_a_small_read_is_bounded(store: ObjectStore, root: ObjectUri) -> None:
    """An object that is not what it should be does not fill memory; an empty one is empty."""
    store.write_bytes(root.at("manifest"), b"x" * 11)
    with pytest.raises(UnexpectedError, match="larger than 10 bytes"):
        store.read_bytes(root.at("manifest"), limit_bytes=10)
    assert store.read_bytes(root.at("manifest"), limit_bytes=11) == b"x" * 11
    store.write_bytes(root.at("empty"), b"")
    assert store.read_bytes(root.at("empty"), limit_bytes=10) == b""


def test_a_full_disk_has_its_name(store: ObjectStore, root: ObjectUri, tmp_path: Path) -> None:
    """ENOSPC while fetching is `DISK_FULL`; /dev/full is a real full disk."""
    store.write_bytes(root.at("x"), b"bytes")
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="ephemeral storage"):
        store.download(root.at("x"), tmp_path / "full", content_of(b"bytes"))


@pytest.mark.parametrize("count", [2, 70])
def test_an_object_comes_of_parts_in_any_order(
    store: ObjectStore, root: ObjectUri, written: Callable[[bytes], Path], count: int
) -> None:
    """The first last, as an index is; what they were is gone."""
    size = 5 * 1024**2 if store.scheme == "s3" else 1000  # S3's smallest part
    count = min(count, 4) if store.scheme == "s3" else count
    upload = store.begin_parts(root.at("outputs/film.mp4"), OutputOptions())
    datas = {number: b"%03d" % number * (size // 3 + 1) for number in range(1, count + 1)}
    for number in [*range(2, count + 1), 1]:
        upload.send(number, written(datas[number]))
    assert [one.uri.name for one in store.list_objects(root.at("outputs/film.mp4"))] != ["film.mp4"]
    upload.complete()
    whole = b"".join(datas[number] for number in sorted(datas))
    assert read_back(store, root.at("outputs/film.mp4")) == content_of(whole)
    assert [one.uri.key for one in store.list_objects(root)] == ["outputs/film.mp4"]


def test_parts_of_what_failed_are_gone(
    store: ObjectStore, root: ObjectUri, written: Callable[[bytes], Path]
) -> None:
    """Also while every request is refused."""
    upload = store.begin_parts(root.at("outputs/film.mp4"), OutputOptions())
    upload.send(2, written(b"x"))

    def refuse() -> None:
        raise RenderCancelled("no more")

    with store.watch(refuse):
        with pytest.raises(RenderCancelled):
            upload.send(3, written(b"x"))
        upload.abort()
    assert list(store.list_objects(root)) == []
    if isinstance(store, S3ObjectStore):
        assert not store.client.list_multipart_uploads(Bucket=root.bucket).get("Uploads")


def test_a_watch_ends_requests_and_streams(
    store: ObjectStore, root: ObjectUri, written: Callable[[bytes], Path], tmp_path: Path
) -> None:
    """Before they are sent, and in the middle of a body; afterwards all is as before."""
    store.put_file(root.at("large"), written(LARGE))
    calls = 0

    def refuse_later() -> None:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise RenderCancelled("enough")

    with store.watch(refuse_later):
        with pytest.raises(RenderCancelled):
            fetch_file(store, root.at("large"), tmp_path / "x", expected=content_of(LARGE))
        for request in (
            lambda: store.look_up(root.at("large")),
            lambda: list(store.list_objects(root)),
            lambda: store.write_bytes(root.at("y"), b""),
            lambda: store.put_file(root.at("z"), written(b"z")),
            lambda: store.delete_objects([root.at("large")]),
        ):
            with pytest.raises(RenderCancelled):
                request()
    assert not (tmp_path / "x").exists()
    assert [one.uri.key for one in store.list_objects(root)] == ["large"]


def test_requests_are_counted(store: ObjectStore, root: ObjectUri) -> None:
    """Lists and writes as one kind, looks and reads as the other; deletions are free."""
    counts = RequestCounts()
    store.count(counts)
    store.write_bytes(root.at("a"), b"1")
    list(store.list_objects(root))
    store.look_up(root.at("a"))
    store.read_bytes(root.at("a"), limit_bytes=1)
    store.delete_objects([root.at("a")])
    assert (counts.writes, counts.reads) == (2, 2)


def test_a_site_lives_in_either(store: ObjectStore, root: ObjectUri, tmp_path: Path) -> None:
    """Uploaded, found, fetched and deleted by the same code."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "index.html").write_text("<html>")
    site = upload_site(project, root, store)
    assert site.uri.startswith(f"{store.scheme}://{root.bucket}/sites/")
    assert upload_site(project, root, store).uploaded == 0
    assert [one.uri for one in list_sites(root, store)] == [site.uri]
    sources = ProjectSources.of(root.bucket, (), ())
    back = fetch_project(store, ObjectUri.parse(site.uri), tmp_path / "b", "index.html", sources)
    assert (back / "index.html").read_text() == "<html>"
    assert delete_site(site.site_id, root, store) == 1
