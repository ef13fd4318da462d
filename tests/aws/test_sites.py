"""Projects in S3, addressed by content."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import ArtifactDigestMismatch, AssetNotFound, InvalidComposition, UnsafeArchive
from fanreel.storage import layout, sites
from fanreel.storage.fetching import fetch_project, root_of_site
from fanreel.storage.projects import ProjectSources
from fanreel.storage.sites import delete_site, list_sites, upload_site
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri

SOURCES = ProjectSources(bucket=None)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project of three files, two of them alike."""
    folder = tmp_path / "dist" / "project"  # a skipped name above the project does not matter
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>")
    (folder / "assets/a.css").write_text("a{}")
    (folder / "assets/b.css").write_text("a{}")
    return folder


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_project_comes_back_as_it_was(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """By its manifest and by its folder; what is twice in it is stored once."""
    site = upload_site(project, s3_uri(bucket), store)
    assert (site.uploaded, site.skipped) == (2, 1)
    assert site.uri == f"s3://{bucket}/sites/{site.site_id}/site.json"
    for number, uri in enumerate([site.uri, site.uri.removesuffix("site.json")]):
        root = fetch_project(
            store, ObjectUri.parse(uri), tmp_path / f"back{number}", "index.html", SOURCES
        )
        assert _tree(root) == _tree(project)


def test_only_what_changed_is_uploaded(
    store: ObjectStore, bucket: str, project: Path, record_calls: Callable[[], list[str]]
) -> None:
    """Unchanged: no object. One file changed: one object. A new site either way by content."""
    first = upload_site(project, s3_uri(bucket), store)
    record_calls()
    second = upload_site(project, s3_uri(bucket), store)
    assert (second.site_id, second.uploaded, second.skipped) == (first.site_id, 0, 3)
    assert record_calls() == ["HeadObject"]
    (project / "index.html").write_text("<html lang=en>")
    third = upload_site(project, s3_uri(bucket), store)
    assert (third.uploaded, third.skipped) == (1, 2)
    assert third.site_id != first.site_id
    assert record_calls().count("PutObject") == 2  # the file and the manifest
    (project / "index.html").write_text("<html>")
    assert upload_site(project, s3_uri(bucket), store).site_id == first.site_id


def test_the_manifest_comes_last(
    store: ObjectStore, bucket: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that breaks off leaves no site."""

    def broken(*_args: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(sites, "put_file_once", broken)
    with pytest.raises(ConnectionError):
        upload_site(project, s3_uri(bucket), store)
    assert list_sites(s3_uri(bucket), store) == []


def test_what_is_not_the_project_stays_behind(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """Folders of tools anywhere, of builds on top, and secrets; a vendored dist/ goes along."""
    for name in ("node_modules/x/i.js", ".git/HEAD", "dist/a.mp4", "a/node_modules/b.js", ".env"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    (project / "vendor/gsap/dist").mkdir(parents=True)
    (project / "vendor/gsap/dist/gsap.js").write_text("x")
    (project / "node_modules/.bin").symlink_to("/usr/bin")
    site = upload_site(project, s3_uri(bucket), store)
    assert site.ignored == (".env", ".git/", "a/node_modules/", "dist/", "node_modules/")
    root = fetch_project(store, ObjectUri.parse(site.uri), tmp_path / "back", "index.html", SOURCES)
    assert set(_tree(root)) == {
        "index.html",
        "assets/a.css",
        "assets/b.css",
        "vendor/gsap/dist/gsap.js",
    }


def test_symlinks_may_stay_but_not_leave(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """Inside they are followed; outside, nowhere and in circles they are refused by name."""
    (project / "link.css").symlink_to("assets/a.css")
    (project / "more").symlink_to("assets")
    site = upload_site(project, s3_uri(bucket), store)
    root = fetch_project(store, ObjectUri.parse(site.uri), tmp_path / "back", "index.html", SOURCES)
    assert (root / "link.css").read_text() == "a{}"
    assert (root / "more/b.css").read_text() == "a{}"
    for target, words in {
        "/etc/passwd": "leaves the project for /etc/passwd",
        str(tmp_path): "leaves the project",
        "nowhere": "to nothing",
        ".": "folder around it",
    }.items():
        (project / "bad").symlink_to(target)
        with pytest.raises(InvalidComposition, match=f"bad is a symlink.*{words}"):
            upload_site(project, s3_uri(bucket), store)
        (project / "bad").unlink()


def test_what_a_project_uses_around_it_goes_along(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """By paths that lead up and by links, with what those name in turn, and nothing else."""
    around = project.parent
    for name in ("shared/x.png", "shared/unused.png", "fonts/a.woff2", "shots/1.png", "seen/y.png"):
        (around / name).parent.mkdir(parents=True, exist_ok=True)
        (around / name).write_text(name)
    (around / "shared/a.css").write_text('@font-face { src: url("../fonts/a.woff2") }')
    (project / "index.html").write_text(
        '<img src="../shared/x.png"><link href="../shared/a.css">'
        '<script>img.src = "../shots/" + n + ".png"; more = "../../secret.txt"</script>'
    )
    (project / "linked").symlink_to("../seen")
    (tmp_path / "secret.txt").write_text("secret")
    with pytest.raises(
        InvalidComposition, match=r"linked is a symlink .*seen; allow that by --root"
    ):
        upload_site(project, s3_uri(bucket), store)
    site = upload_site(project, s3_uri(bucket), store, around)
    into = tmp_path / "back"
    found = fetch_project(store, ObjectUri.parse(site.uri), into, "index.html", SOURCES)
    assert found == into / "project"
    assert root_of_site(ObjectUri.parse(site.uri), into) == into
    assert set(_tree(into)) == {
        "project/index.html",
        "project/assets/a.css",
        "project/assets/b.css",
        "project/linked/y.png",
        "shared/x.png",
        "shared/a.css",
        "fonts/a.woff2",
        "shots/1.png",
    }
    assert root_of_site(ObjectUri.parse(f"s3://{bucket}/a.zip"), into) is None


def test_a_site_without_a_root_is_what_it_was(
    store: ObjectStore, bucket: str, project: Path
) -> None:
    """A root that is the project itself makes the same site."""
    plain = upload_site(project, s3_uri(bucket), store)
    assert upload_site(project, s3_uri(bucket), store, project).site_id == plain.site_id


def test_a_tampered_file_is_noticed(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """Site files are verified as they arrive."""
    site = upload_site(project, s3_uri(bucket), store)
    for found in store.list_objects(s3_uri(bucket, layout.SITE_FILES)):
        store.write_bytes(found.uri, b"b{}")
    with pytest.raises(ArtifactDigestMismatch):
        fetch_project(store, ObjectUri.parse(site.uri), tmp_path / "back", "index.html", SOURCES)


@pytest.mark.parametrize("at", [0, 40, -1])
def test_a_tampered_manifest_is_noticed(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path, at: int
) -> None:
    """A bit that flipped on the way: a file would lie under another name, and nobody would know."""
    uri = ObjectUri.parse(upload_site(project, s3_uri(bucket), store).uri)
    content = bytearray(store.read_bytes(uri, limit_bytes=10_000))
    content[at] ^= 1
    store.write_bytes(uri, bytes(content))
    with pytest.raises(ArtifactDigestMismatch, match="did not come as it was deployed"):
        fetch_project(store, uri, tmp_path / "back", "index.html", SOURCES)


def test_deleting_a_site_spares_what_others_use(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shared and fresh files stay, the rest goes; the other site still comes back whole."""
    first = upload_site(project, s3_uri(bucket), store)
    (project / "index.html").write_text("new")
    second = upload_site(project, s3_uri(bucket), store)
    assert [site.site_id for site in list_sites(s3_uri(bucket), store)].count(first.site_id) == 1
    monkeypatch.setattr(sites, "_SWEEP_AFTER", -sites._SWEEP_AFTER)
    assert delete_site(first.site_id, s3_uri(bucket), store) == 2
    assert [site.site_id for site in list_sites(s3_uri(bucket), store)] == [second.site_id]
    root = fetch_project(
        store, ObjectUri.parse(second.uri), tmp_path / "back", "index.html", SOURCES
    )
    assert _tree(root) == _tree(project)
    with pytest.raises(AssetNotFound, match="no site"):
        delete_site(first.site_id, s3_uri(bucket), store)


def test_an_archive_is_a_project_too(
    store: ObjectStore, bucket: str, project: Path, tmp_path: Path
) -> None:
    """With a folder around the project or without; the archive itself does not stay."""
    with tarfile.open(tmp_path / "p.tar.gz", "w:gz") as archive:
        archive.add(project, "project-main")
    uri = s3_uri(bucket, "uploads/p.tar.gz")
    store.write_bytes(uri, (tmp_path / "p.tar.gz").read_bytes())
    root = fetch_project(store, uri, tmp_path / "work" / "project", "index.html", SOURCES)
    assert _tree(root) == _tree(project)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["project"]


def test_an_unsafe_archive_does_not_stay(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """It is refused, and removed."""
    uri = s3_uri(bucket, "uploads/p.zip")
    store.write_bytes(uri, b"not a zip")
    with pytest.raises(UnsafeArchive):
        fetch_project(store, uri, tmp_path / "work" / "project", "index.html", SOURCES)
    assert not list((tmp_path / "work").glob("*.zip"))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"version": 2, "files": []}',
        b'"x"',
        b'{"version": 1, "files": [{"path": "index.html", "sha256": "0"}]}',
        b'{"version": 1, "files": [{"path": "a", "sha256": "0", "size_bytes": "many"}]}',
    ],
)
def test_what_is_no_project_is_said_to_be_none(
    store: ObjectStore, bucket: str, tmp_path: Path, body: bytes
) -> None:
    """The message says what a project may be."""
    uri = s3_uri(bucket, "sites/x/site.json")
    store.write_bytes(uri, body)
    with pytest.raises(InvalidComposition, match=r"deploys|deploy the site anew"):
        fetch_project(store, uri, tmp_path / "back", "index.html", SOURCES)
    with pytest.raises(AssetNotFound):
        fetch_project(
            store, s3_uri(bucket, "sites/none/"), tmp_path / "back", "index.html", SOURCES
        )


def test_a_manifest_cannot_write_outside(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """A forged manifest is refused before anything is fetched."""
    uri = s3_uri(bucket, "sites/x/site.json")
    digest = "a" * 64
    store.write_bytes(
        uri,
        b'{"version":1,"files":[{"path":"../evil","sha256":"%s","size_bytes":1}]}'
        % digest.encode(),
    )
    with pytest.raises(UnsafeArchive, match="parent"):
        fetch_project(store, uri, tmp_path / "back", "index.html", SOURCES)
