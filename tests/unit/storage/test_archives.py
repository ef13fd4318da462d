"""Archives are unpacked without trusting them."""

import base64
import contextlib
import gzip
import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fanreel.errors import UnsafeArchive
from fanreel.storage.archives import ArchiveLimits, project_root, unpack

SMALL = ArchiveLimits(total_bytes=1_000_000, members=10, ratio=20, ratio_from_bytes=10_000)


def _tar(path: Path, *members: tuple[tarfile.TarInfo | str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, data in members:
            member = tarfile.TarInfo(info) if isinstance(info, str) else info
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def _zip(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in members:
            archive.writestr(info, data)
    return path


def _tar_kind(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def _zip_kind(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (mode | 0o644) << 16
    return info


PACKERS = {"project.tar.gz": _tar, "project.zip": _zip}


@pytest.mark.parametrize("name", PACKERS)
def test_a_plain_project_is_unpacked(tmp_path: Path, name: str) -> None:
    """Files and folders arrive; modes and the Finder's extras do not."""
    archive = PACKERS[name](
        tmp_path / name,
        ("./index.html", b"<html>"),
        ("assets/deep/a.css", b"a{}"),
        ("__MACOSX/._index.html", b"fork"),
    )
    unpack(archive, tmp_path / "out")
    files = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*")}
    assert files == {"index.html", "assets", "assets/deep", "assets/deep/a.css"}
    assert (tmp_path / "out/index.html").read_bytes() == b"<html>"


def test_a_folder_as_tar_makes_it_is_unpacked(tmp_path: Path) -> None:
    """`tar -czf project.tar.gz -C project .` begins with the folder itself."""
    project = tmp_path / "project"
    (project / "empty").mkdir(parents=True)
    (project / "index.html").write_text("x" * 5000)
    (project / ("long" * 40 + ".txt")).write_text("pax header")
    with tarfile.open(tmp_path / "p.tgz", "w:gz") as archive:
        archive.add(project, ".")
    unpack(tmp_path / "p.tgz", tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {p.name for p in project.iterdir()}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("C:/evil.exe", "absolute"),
        ("../evil", "parent"),
        ("a/../../evil", "parent"),
        ("a\\..\\evil", "name"),
        ("d/" * 600 + "x", "name too long"),
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(
    tmp_path: Path, packer: str, name: str, reason: str
) -> None:
    """The error names the member and the reason, and nothing lands outside."""
    archive = PACKERS[packer](tmp_path / packer, (name, b"x"))
    with pytest.raises(UnsafeArchive) as caught:
        unpack(archive, tmp_path / "in" / "out")
    assert caught.value.facts["reason"] == reason
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "in" / "evil").exists()


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (_tar_kind("l", tarfile.SYMTYPE, "/etc/passwd"), "link"),
        (_tar_kind("l", tarfile.SYMTYPE, "index.html"), "link"),
        (_tar_kind("l", tarfile.LNKTYPE, "index.html"), "link"),
        (_tar_kind("d", tarfile.CHRTYPE), "device"),
        (_tar_kind("d", tarfile.BLKTYPE), "device"),
        (_tar_kind("d", tarfile.FIFOTYPE), "device"),
    ],
    ids=["symlink out", "symlink in", "hard link", "character", "block", "fifo"],
)
def test_links_and_devices_in_a_tar_are_refused(
    tmp_path: Path, info: tarfile.TarInfo, reason: str
) -> None:
    """Even a link to a neighbour: later members could write through it."""
    archive = _tar(tmp_path / "a.tar.gz", ("index.html", b"x"), (info, b""))
    with pytest.raises(UnsafeArchive) as caught:
        unpack(archive, tmp_path / "out")
    assert caught.value.facts == {"member": info.name, "reason": reason}


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device")],
)
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, mode: int, reason: str) -> None:
    """A zip says so in its Unix mode."""
    archive = _zip(tmp_path / "a.zip", (_zip_kind("x", mode), b"/etc/passwd"))
    with pytest.raises(UnsafeArchive) as caught:
        unpack(archive, tmp_path / "out")
    assert caught.value.facts["reason"] == reason


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([(f"{n}", b"") for n in range(11)], "more than 10 members"),
        ([("a", bytes(range(256)) * 3000), ("b", bytes(range(256)) * 3000)], "more than 1000000"),
        ([("zeros", bytes(900_000))], "more than 20 times its size"),
        ([("a", b"1"), ("a", b"2")], "a second member"),
        ([("a", b"1"), ("a/b", b"2")], "a second member"),
    ],
    ids=["count", "total", "ratio", "twice", "file as folder"],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_bomb_is_refused(
    tmp_path: Path, packer: str, members: list[tuple[str, bytes]], reason: str
) -> None:
    """By member count, by total size, by ratio; and no member replaces another."""
    archive = PACKERS[packer](tmp_path / packer, *members)
    limits = SMALL
    if reason.startswith("more than 1000000"):
        limits = ArchiveLimits(total_bytes=1_000_000, ratio_from_bytes=10**9)
    with pytest.raises(UnsafeArchive, match=reason):
        unpack(archive, tmp_path / "out", limits)
    written = sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert written <= limits.total_bytes


def test_bytes_are_counted_not_believed(tmp_path: Path) -> None:
    """A zip header that understates its member's size does not help."""
    archive = _zip(tmp_path / "a.zip", ("zeros", bytes(900_000)))
    data = archive.read_bytes().replace((900_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    archive.write_bytes(data)
    with pytest.raises(UnsafeArchive):
        unpack(archive, tmp_path / "out", SMALL)


def _header(tar: bytes, change: Callable[[bytearray], None]) -> bytes:
    """Change a tar's first header and make its checksum right again."""
    header = bytearray(tar[:512])
    change(header)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + tar[512:]


def test_a_header_that_points_backwards_is_refused(tmp_path: Path) -> None:
    """A negative size makes Python 3.11's tarfile walk in circles (CVE-2025-8194)."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO(b""))

    def negative(header: bytearray) -> None:
        header[124:136] = (-2048).to_bytes(12, "big", signed=True)

    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(_header(plain.getvalue(), negative)))
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


def test_a_giant_header_is_not_read_into_memory(tmp_path: Path) -> None:
    """A pax header claiming gigabytes is refused by its claim."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        archive.addfile(_tar_kind("p", tarfile.XHDTYPE), io.BytesIO(b""))

    def giant(header: bytearray) -> None:
        header[124:136] = b"77777777777\0"

    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(_header(plain.getvalue(), giant)))
    with pytest.raises(UnsafeArchive, match="claims"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_damaged_archive_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    """Cut short anywhere, it is not half a project."""
    archive = PACKERS[name](tmp_path / name, *((f"{n}.txt", bytes([n]) * 9999) for n in range(9)))
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * kept)])
    with pytest.raises(UnsafeArchive) as caught:
        unpack(archive, tmp_path / "out")
    assert caught.value.facts["reason"] == "damaged"


@pytest.mark.parametrize("name", PACKERS)
def test_a_flipped_bit_is_noticed(tmp_path: Path, name: str) -> None:
    """In a file's bytes, a header, a check sum: refused, or of no matter."""
    files = {f"{n}.txt": random.Random(n).randbytes(700) for n in range(3)}  # noqa: S311
    archive = PACKERS[name](tmp_path / name, *files.items())
    whole = archive.read_bytes()
    for at in range(0, len(whole), 7):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        out = tmp_path / f"out-{at}"
        with contextlib.suppress(UnsafeArchive):
            unpack(archive, out)
            assert {path.name: path.read_bytes() for path in out.iterdir()} == files


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            "UEsDBH5dy3xAkQsAAAB4AAAADAAAAGEvaW5kZXguaHRtbLPJKMnNsbOhOwkAUEsBAhQDFAAAAAgAoW1+Xct8QJEL"
            "AAAAeAAAAAwBAAAAAAAAAAAAAIABAAAAAGEvaW5kZXguaHRtbFBLBQYAAAAAAQABADoAAAA1AAAAAAA=",
            id="a file before the first byte",
        ),
        pytest.param(
            "UEsDBBQAAAAIAFVufl3LfECRCwAAAHgAAAAMAAAAYS9pbmRleC5odG1ss8koyc2xs6E7CQBQSwECFAMUAAAACI"
            "BVbn5dy3xAkQsAAAB4AAAADAAAAAAAAAAADAAAAAAAAAAAAAAAgAEAAABodG1sUEsFBgAAAAABAAEAOgAAADYA"
            "AAAAAA==",
            id="a file without a name",
        ),
    ],
)
def test_what_a_fuzzer_wrote_is_refused(tmp_path: Path, content: str) -> None:
    """The parser runs into whatever there is; it is the archive that is damaged."""
    archive = tmp_path / "project.zip"
    archive.write_bytes(base64.b64decode(content))
    with pytest.raises(UnsafeArchive) as caught:
        unpack(archive, tmp_path / "out")
    assert caught.value.facts["reason"] == "damaged"


@pytest.mark.parametrize("name", PACKERS)
def test_something_else_under_that_name_is_refused(tmp_path: Path, name: str) -> None:
    """An error page saved as an archive is no archive."""
    (tmp_path / name).write_text("<html>404</html>" * 100)
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / name, tmp_path / "out")


def test_an_archive_may_hold_one_folder_around_the_project(tmp_path: Path) -> None:
    """As source archives do; but only if the entry file is in it."""
    (tmp_path / "site-main").mkdir()
    assert project_root(tmp_path, "index.html") == tmp_path
    (tmp_path / "site-main/index.html").touch()
    assert project_root(tmp_path, "index.html") == tmp_path / "site-main"
    (tmp_path / "index.html").touch()
    assert project_root(tmp_path, "index.html") == tmp_path
