"""Which names are drawn with which family, and the pinned files of those."""

import base64
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel.fonts.faces import parse_faces
from fanreel.fonts.library import Family, library
from fanreel.fonts.names import named_families
from fanreel.fonts.registry import DEFAULT_REGISTRY
from fanreel.fonts.store import FontStore, FontsUnavailable, font_store

SHEET = b"""/* one */
@font-face { font-family: 'One'; font-style: normal; font-display: swap; font-weight: 100 900;
  src: url(./files/one-latin.woff2) format('woff2-variations'); unicode-range: U+0000-00FF,U+0131; }
@font-face { font-family: 'One'; font-style: italic; font-weight: 700;
  src: url(./files/one.woff2) format("woff2"), url(./files/one.woff) format("woff"); }
@font-face { font-family: 'One'; src: url(old.woff) format('woff') }
"""


@pytest.mark.parametrize(
    ("name", "way", "family"),
    [
        ("Inter", "built-in", "Inter"),
        ("space mono", "built-in", "Space Mono"),
        ("HELVETICA neue", "substitute", "Inter"),
        ("Menlo", "substitute", "JetBrains Mono"),
        ("Georgia", "substitute", "EB Garamond"),
        ("Arial Black", "substitute", "Montserrat"),
        ("Bebas Neue", "substitute", "League Gothic"),
        ("Segoe UI", "substitute", "Roboto"),
        ("Noto Sans Japanese", "substitute", "Noto Sans JP"),
        ("fanreel-sans-serif", "generic", "Inter"),
        ("fanreel-monospace", "generic", "JetBrains Mono"),
        ("fanreel-serif", "generic", "EB Garamond"),
    ],
)
def test_a_known_name_has_its_family(name: str, way: str, family: str) -> None:
    """The format's own, those that stand in, and what draws a generic name."""
    found = library().find(name)
    assert found is not None
    assert (found[0], found[1].name) == (way, family)


def test_other_names_have_none() -> None:
    """A generic name is none by itself, only at the head of a list."""
    assert library().find("No Such Face") is None
    assert library().find("sans-serif") is None


def test_the_table_has_the_format_s_families_each_pinned() -> None:
    """Eighteen, by the digest of the registry."""
    families = library().families
    assert len(families) == 18
    for family in families.values():
        assert family.integrity.startswith("sha512-")
        assert len(base64.b64decode(family.integrity.removeprefix("sha512-"))) == 64


def test_faces_are_read_from_a_style_sheet() -> None:
    """Those that come as WOFF 2, with what the sheet says of them and CSS's defaults."""
    one, two = parse_faces(SHEET.decode())
    assert (one.style, one.weight, one.url) == ("normal", "100 900", "./files/one-latin.woff2")
    assert one.unicode_range == "U+0000-00FF,U+0131"
    assert (two.style, two.weight, two.stretch) == ("italic", "700", "normal")
    assert two.unicode_range == "U+0-10FFFF"
    assert two.url == "./files/one.woff2"


def archive() -> bytes:
    """Return a package as the registry has it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        for name, content in {
            "one.css": SHEET,
            "LICENSE": b"free",
            "package.json": b"{}",
            "files/one-latin.woff2": b"latin",
            "files/one.woff2": b"italic",
            "files/one.woff": b"old",
        }.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


PACKAGE = archive()
ONE = Family(
    name="One",
    package="@fonts/one",
    version="1.2.3",
    integrity="sha512-" + base64.b64encode(hashlib.sha512(PACKAGE).digest()).decode(),
    sheets=("one.css",),
)


@pytest.fixture
def registry() -> Iterator[str]:
    """Serve `PACKAGE` as a registry would; count nothing."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/@fonts/one/-/one-1.2.3.tgz"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(PACKAGE if found else b"")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_family_is_fetched_once_and_kept(registry: str, tmp_path: Path) -> None:
    """The second time nobody is asked; only what counts is unpacked."""
    store = FontStore(directory=tmp_path / "fonts", registry=registry, system_dir=tmp_path / "no")
    assert not store.has(ONE)
    faces = store.faces(ONE)
    assert [path.read_bytes() for _, path in faces] == [b"latin", b"italic"]
    gone = FontStore(directory=store.directory, registry="http://127.0.0.1:9", system_dir=tmp_path)
    assert gone.faces(ONE) == faces
    assert not (store.place(ONE) / "files/one.woff").exists()
    assert [path.name for path in store.directory.iterdir()] == ["fonts-one-1.2.3"]


def test_other_bytes_than_the_pinned_ones_are_refused(registry: str, tmp_path: Path) -> None:
    """Whatever the registry says; nothing is left of them."""
    family = Family(
        name="One",
        package=ONE.package,
        version=ONE.version,
        integrity="sha512-AAAA",
        sheets=ONE.sheets,
    )
    store = FontStore(directory=tmp_path / "fonts", registry=registry, system_dir=tmp_path / "no")
    with pytest.raises(FontsUnavailable, match="not the package that this version"):
        store.fetch(family)
    assert not store.directory.exists()


def test_no_answer_is_said(tmp_path: Path) -> None:
    """With the address that was asked."""
    store = FontStore(directory=tmp_path, registry="http://127.0.0.1:9", system_dir=tmp_path / "no")
    with pytest.raises(FontsUnavailable, match=r"127\.0\.0\.1:9/@fonts/one/-/one-1\.2\.3\.tgz"):
        store.faces(ONE)


def test_what_no_family_needs_is_pruned(registry: str, tmp_path: Path) -> None:
    """Older versions and half-written packages go, what is pinned stays."""
    store = FontStore(directory=tmp_path / "fonts", registry=registry, system_dir=tmp_path / "no")
    store.fetch(ONE)
    for name in ("fonts-one-1.0.0", ".partial-x"):
        (store.directory / name).mkdir()
    removed = store.prune({"One": ONE})
    assert [path.name for path in removed] == [".partial-x", "fonts-one-1.0.0"]
    assert store.has(ONE)


def test_environment_and_npm_s_settings_name_folder_and_registry(tmp_path: Path) -> None:
    """Ours before npm's variable, that before its file, that before the public one."""
    home = {"HOME": str(tmp_path)}
    assert font_store(home).registry == DEFAULT_REGISTRY
    assert font_store(home).directory == tmp_path / ".cache/fanreel/fonts"
    (tmp_path / ".npmrc").write_text("fund=false\nregistry = http://npmrc.test/npm/\n")
    assert font_store(home).registry == "http://npmrc.test/npm"
    npm = home | {"npm_config_registry": "http://npm.test/"}
    assert font_store(npm).registry == "http://npm.test"
    ours = npm | {"FANREEL_NPM_REGISTRY": "http://ours.test", "FANREEL_FONTS_DIR": "/fonts"}
    assert font_store(ours).registry == "http://ours.test"
    assert font_store(ours).directory == Path("/fonts")


def test_names_are_found_in_what_a_project_holds(tmp_path: Path) -> None:
    """In pages, style sheets and scripts; not what it declares itself, nor common words."""
    (tmp_path / "index.html").write_text(
        "<style>@font-face { font-family: 'Lato'; src: url(x) }\n"
        "p { font: 700 20px Oswald, Lato, serif }</style><p>three times a courier</p>"
    )
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/draw.js").write_text("ctx.font = \"20px 'SF Pro Display', Arial\"")
    found = named_families(tmp_path, library(), ['{"font": "Outfit"}'])
    assert found == {"oswald", "sf pro display", "arial", "outfit", "fanreel-serif"}
