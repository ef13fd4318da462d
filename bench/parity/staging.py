"""What is compared: the compositions and films of the tests, as whole projects."""

import hashlib
from pathlib import Path

from bench.parity.faces import give_faces
from fanreel.files.digest import sha256_file
from tests.media import compositions, films


def defined() -> list[str]:
    """Return the compositions whose picture the format defines, and the films."""
    pages = [name for name in compositions.names() if not compositions.expected(name).undefined]
    return pages + films.names()


def lay_out(name: str, project_dir: Path) -> compositions.Expected | films.Film:
    """Make a composition or a film a whole project in *project_dir*."""
    part_of = films if name in films.names() else compositions
    found = part_of.lay_out(name, project_dir)
    give_faces(name, project_dir)
    return found


def is_other(project_dir: Path, digest_path: Path) -> bool:
    """Tell whether the project has changed since the last run, and remember it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in project_dir.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(project_dir)} {sha256_file(path)}\n".encode())
    before = digest_path.read_text() if digest_path.is_file() else None
    digest_path.write_text(digest.hexdigest())
    return before != digest.hexdigest()
