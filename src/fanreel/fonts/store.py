"""
The files of the format's families on this machine: pinned packages, unpacked side by side.

A package is fetched from the npm registry once, checked against its digest and unpacked beside its
place, then renamed; so it is whole or absent, and any number of processes may use the folder.
"""

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fanreel.files.kept_dirs import fonts_dir
from fanreel.fonts.faces import Face, parse_faces
from fanreel.fonts.library import Family
from fanreel.fonts.npm import PackageUnavailable, fetch_package, read
from fanreel.fonts.registry import npm_registry

SYSTEM_DIR = Path("/usr/local/share/fanreel/fonts")
"""Where a machine's image may hold packages for all its users; only read."""
_KEPT = ("LICENSE", "package.json")


class FontsUnavailable(Exception):
    """A family is not on this machine and cannot be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FontStore:
    """A folder of packages, and where those that are missing come from."""

    directory: Path
    registry: str
    system_dir: Path = SYSTEM_DIR
    get: Callable[[str], bytes] = read
    """How the registry is read."""

    def place(self, family: Family) -> Path:
        """Return where *family* lies, or would."""
        name = f"{family.package.removeprefix('@').replace('/', '-')}-{family.version}"
        shared = self.system_dir / name
        return shared if shared.is_dir() else self.directory / name

    def has(self, family: Family) -> bool:
        """Tell whether *family* is here."""
        return self.place(family).is_dir()

    def faces(self, family: Family) -> list[tuple[Face, Path]]:
        """
        Return the faces of *family* with their files, fetching it where it is missing.

        Raises:
            FontsUnavailable: It is not here and cannot be fetched.
        """
        place = self.place(family)
        if not self.has(family):
            self.fetch(family)
        try:
            sheets = [(place / sheet).read_text(encoding="utf-8") for sheet in family.sheets]
        except OSError as exc:
            raise FontsUnavailable(f"{exc.filename}: {exc.strerror}") from exc
        return [(face, place / face.url) for sheet in sheets for face in parse_faces(sheet)]

    def fetch(self, family: Family) -> None:
        """
        Fetch *family* from the registry, in place of what may be there.

        Raises:
            FontsUnavailable: No answer, not the pinned bytes, or nowhere to write to.
        """
        try:
            data = fetch_package(
                self.registry, family.package, family.version, family.integrity, self.get
            )
        except PackageUnavailable as exc:
            raise FontsUnavailable(str(exc)) from exc
        place = self.directory / self.place(family).name
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".partial-", dir=self.directory) as folder:
                aside = Path(folder) / "package"
                _unpack(data, family, aside)
                shutil.rmtree(place, ignore_errors=True)
                aside.chmod(0o755)
                try:
                    aside.rename(place)
                except OSError:
                    if not place.is_dir():  # another process was as quick
                        raise
        except (OSError, tarfile.TarError, KeyError) as exc:
            raise FontsUnavailable(f"{self.directory} cannot take {family.name}: {exc}") from exc

    def prune(self, families: Mapping[str, Family]) -> list[Path]:
        """Remove what none of *families* needs; give what was removed."""
        if not self.directory.is_dir():
            return []
        wanted = {self.place(family) for family in families.values()}
        removed = [path for path in sorted(self.directory.iterdir()) if path not in wanted]
        for path in removed:
            shutil.rmtree(path, ignore_errors=True)
        return removed


def _unpack(data: bytes, family: Family, target: Path) -> None:
    """Write what counts of a package: its style sheets, the files these name, its licence."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:

        def read(name: str) -> bytes:
            member = archive.extractfile(f"package/{name}")
            if member is None:
                raise KeyError(name)
            return member.read()

        sheets = {name: read(name) for name in family.sheets}
        urls = {face.url for sheet in sheets.values() for face in parse_faces(sheet.decode())}
        # Only names inside: an archive cannot write elsewhere.
        inside = sorted(str(PurePosixPath(url)) for url in urls if ".." not in url)
        files = sheets | {name: read(name) for name in [*inside, *_KEPT]}
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def font_store(environ: Mapping[str, str], get: Callable[[str], bytes] = read) -> FontStore:
    """Return the store that *environ* names, by default one in this user's cache folder."""
    return FontStore(directory=fonts_dir(environ), registry=npm_registry(environ), get=get)
