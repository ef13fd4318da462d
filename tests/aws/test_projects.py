"""Where projects come from: names, other buckets, and archives by https."""

import io
import urllib.parse
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import AssetNotFound, InvalidConfig, S3UriNotAllowed, StorageUnavailable
from fanreel.network import fetch
from fanreel.network.fetch import Response
from fanreel.remote.inputs import build_request
from fanreel.storage.fetching import fetch_project
from fanreel.storage.projects import ArchiveUrl, ProjectSources, parse_project
from fanreel.storage.sites import delete_site, list_sites, upload_site
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri
from tests.aws.carrying import Carrying
from tests.aws.handling import Function

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HOST = "files.example.com"


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("film/index.html", "<html>")
    return packed.getvalue()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project of one page."""
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "index.html").write_text("<html>one")
    return folder


@pytest.fixture
def elsewhere(s3: "S3Client", store: ObjectStore) -> str:
    """Make a bucket that is not the stack's, with a project in it."""
    name = f"media-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for key in ("films/film.zip", "film.zip"):
        store.write_bytes(s3_uri(name, key), _archive())
    return name


@pytest.fixture
def environ(elsewhere: str) -> dict[str, str]:
    """Return a prefix of another bucket and a host."""
    return {"FANREEL_PROJECT_BUCKETS": f"{elsewhere}/films", "FANREEL_PROJECT_HOSTS": HOST}


def test_a_name_leads_to_the_newest_upload(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """Under one URI; ids go on naming what they named, and files of both stay."""
    sources = ProjectSources(bucket=bucket)
    first = upload_site(project, s3_uri(bucket), store, name="intro")
    assert (first.name, first.uri) == ("intro", f"s3://{bucket}/sites/intro/site.json")
    (project / "index.html").write_text("<html>two")
    second = upload_site(project, s3_uri(bucket), store, name="intro")
    assert second.uri == first.uri
    found = fetch_project(store, ObjectUri.parse(first.uri), tmp_path / "a", "index.html", sources)
    assert (found / "index.html").read_text() == "<html>two"
    by_id = s3_uri(bucket, f"sites/{first.site_id}/site.json")
    found = fetch_project(store, by_id, tmp_path / "b", "index.html", sources)
    assert (found / "index.html").read_text() == "<html>one"
    assert {site.site_id for site in list_sites(s3_uri(bucket), store)} == {
        "intro", first.site_id, second.site_id,
    }  # fmt: skip
    delete_site("intro", s3_uri(bucket), store)
    found = fetch_project(store, by_id, tmp_path / "c", "index.html", sources)
    assert (found / "index.html").is_file()


@pytest.mark.parametrize("name", ["files", "a" * 32, "Intro", "-a", "a/b", "", "a" * 64])
def test_a_name_that_could_be_misread_is_refused(
    store: ObjectStore, bucket: str, project: Path, name: str
) -> None:
    """The folder of all files, an id, and what is no part of a key."""
    with pytest.raises(InvalidConfig, match="site name"):
        upload_site(project, s3_uri(bucket), store, name=name)


def test_an_archive_comes_from_a_bucket_of_the_list(
    function: Function, steps: Carrying, elsewhere: str
) -> None:
    """Below its prefix; sites and all else only from the stack's own."""
    place = f"s3://{elsewhere}/films/film.zip"
    function.invoke(function.plan_event(ProjectS3Uri=place))
    assert steps.called == ["plan"]
    for wrong in ("film.zip", "films/site.json", "sites/a/site.json"):
        with pytest.raises(Exception, match="may be used") as caught:
            function.invoke(function.plan_event(ProjectS3Uri=f"s3://{elsewhere}/{wrong}"))
        assert type(caught.value).__name__ == "S3_URI_NOT_ALLOWED"
    assert steps.called == ["plan"]


def _answering(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, Response], address: str = "93.184.215.14"
) -> None:
    """Let the network answer so; addresses are looked up and checked as ever."""
    monkeypatch.setattr(fetch, "resolve", lambda _host, _port: [address])

    def get(url: str, _headers: Any, resolver: Callable[..., list[str]], _end: float) -> Response:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
        fetch.public_address(parts.hostname or "", port, resolver)
        return answers[url]

    monkeypatch.setattr(fetch, "_get", get)


def _answer(status: int = 200, body: bytes = b"", **headers: str) -> Response:
    return Response(url="", status=status, headers=headers, body=body)


def test_an_archive_comes_by_https_from_a_host_of_the_list(
    function: Function, steps: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetched when the render is planned; a redirect within the list is followed."""
    answers = {
        f"https://{HOST}/new.zip": _answer(302, location="/film.zip?x=1"),
        f"https://{HOST}/film.zip?x=1": _answer(body=_archive()),
    }
    _answering(monkeypatch, answers)
    function.invoke(function.plan_event(ProjectS3Uri=f"https://{HOST}/new.zip"))
    assert steps.called == ["plan"]


@pytest.mark.parametrize(
    "leads_to",
    [
        "http://169.254.169.254/latest.zip",
        "https://other.example.com/film.zip",
        f"http://{HOST}/film.zip",
        f"https://{HOST}:8443/film.zip",
    ],
)
def test_a_redirect_off_the_list_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, leads_to: str
) -> None:
    """Another host, another port, no TLS, or the metadata of the machine."""
    start = f"https://{HOST}/a.zip"
    _answering(monkeypatch, {start: _answer(302, location=leads_to)})
    sources = ProjectSources.of("bucket", (), [HOST])
    with pytest.raises(S3UriNotAllowed, match="project_hosts does not list"):
        sources.download(ArchiveUrl.parse(start), tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_listed_host_that_is_private_is_not_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    """Whoever owns its name cannot point it into the network of the function."""
    _answering(monkeypatch, {}, address)
    sources = ProjectSources.of("bucket", (), [HOST])
    with pytest.raises(S3UriNotAllowed, match="not a public address"):
        sources.download(ArchiveUrl.parse(f"https://{HOST}/a.zip"), tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("status", "error"), [(404, AssetNotFound), (403, AssetNotFound), (503, StorageUnavailable)]
)
def test_an_archive_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    """A host that fails may be asked again."""
    url = f"https://{HOST}/a.zip"
    _answering(monkeypatch, {url: _answer(status)})
    with pytest.raises(error, match=str(status)):
        ProjectSources.of("b", (), [HOST]).download(ArchiveUrl.parse(url), tmp_path / "a.zip")


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/film",
        f"https://{HOST}@evil.example.com/a.zip",
        f"https://user:pass@{HOST}/a.zip",
        f"https://{HOST}:444/a.zip",
        "https:///a.zip",
        "https://[/a.zip",
    ],
)
def test_a_url_that_is_no_plain_archive_is_refused(url: str) -> None:
    """No port, no user, and a name that says how it is packed."""
    with pytest.raises(S3UriNotAllowed, match="expected https://HOST/PATH"):
        parse_project(url)


def test_the_client_knows_the_lists() -> None:
    """They are settings of the stack; what is not listed is refused before anything is sent."""
    sources = ProjectSources.of("b-1", ["media/films"], [HOST.upper()])
    for uri in (f"https://{HOST}/a.zip", "s3://media/films/a.tar.gz"):
        request = build_request(bucket=s3_uri("b-1"), project_uri=uri, project_sources=sources)
        assert request.to_json()["ProjectS3Uri"] == uri
        with pytest.raises(S3UriNotAllowed):
            build_request(bucket=s3_uri("b-1"), project_uri=uri)
