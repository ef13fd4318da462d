"""What is compared: the compositions and films of the tests, as whole projects."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from bench.parity.faces import give_faces
from fanreel.files.digest import sha256_file
from tests.media import compositions, films

_EQUIVALENTS = Path(__file__).parent / "equivalents"
"""By composition a patch: the same picture in words that the reference understands."""


def defined() -> list[str]:
    """Return the compositions whose picture the format defines, and the films."""
    pages = [name for name in compositions.names() if not compositions.expected(name).undefined]
    return pages + films.names()


def with_equivalent() -> list[str]:
    """Return the compositions that the reference is given in other words too."""
    return sorted(path.stem for path in _EQUIVALENTS.glob("*.patch"))


def lay_out(
    name: str, work_dir: Path, *, in_other_words: bool
) -> tuple[compositions.Expected | films.Film, Path, Path]:
    """
    Make a composition or a film whole projects in *work_dir*: one for fanreel, one for theirs.

    They are the same one unless theirs is put *in_other_words*.
    """
    part_of = films if name in films.names() else compositions
    ours_dir, theirs_dir = work_dir / "project", work_dir / "project-in-other-words"
    for project_dir in (ours_dir, theirs_dir):
        shutil.rmtree(project_dir, ignore_errors=True)
    found = part_of.lay_out(name, ours_dir)
    give_faces(name, ours_dir)
    if not in_other_words:
        return found, ours_dir, ours_dir
    shutil.copytree(ours_dir, theirs_dir, symlinks=True)
    apply_patch(name, theirs_dir)
    give_faces(name, theirs_dir, in_other_words=True)
    return found, ours_dir, theirs_dir


def apply_patch(name: str, project_dir: Path) -> None:
    """
    Put the composition *name*, laid out in *project_dir*, in other words.

    Raises:
        subprocess.CalledProcessError: The patch is of another state of the composition.
    """
    subprocess.run(
        ["git", "apply", str(_EQUIVALENTS / f"{name}.patch")],
        check=True,
        cwd=project_dir,
        # Inside a repository its paths would count from there.
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(project_dir.parent)},
    )


def is_other(project_dir: Path, digest_path: Path) -> bool:
    """Tell whether the project has changed since the last run, and remember it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in project_dir.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(project_dir)} {sha256_file(path)}\n".encode())
    before = digest_path.read_text() if digest_path.is_file() else None
    digest_path.write_text(digest.hexdigest())
    return before != digest.hexdigest()
