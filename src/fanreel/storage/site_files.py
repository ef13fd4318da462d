"""Which files of a folder a site has: what is never uploaded, and where symlinks may lead."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fanreel.errors import InvalidComposition
from fanreel.markup.outward import used_outside

SKIPPED_ANYWHERE = frozenset({
    ".DS_Store", ".cache", ".git", ".hg", ".idea", ".svn", ".venv", ".vscode", "__pycache__",
    "node_modules",
})  # fmt: skip
"""Names never uploaded, at any depth."""
SKIPPED_ON_TOP = frozenset({"build", "cdk.out", "coverage", "dist", "out", "renders"})
"""Names not uploaded when they lie directly in the project; a vendored `gsap/dist/` stays."""
SECRETS = ".env"
"""`.env`, `.env.local`, …: never uploaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """One file of a project, by its path from the project root."""

    path: str
    source: Path


def site_files(
    project_dir: Path, root: Path, project_path: str, ignored: list[str]
) -> list[ProjectFile]:
    """Return all files of a site by their paths in it: the project, and what it uses around it."""
    own = list(project_files(project_dir, ignored, root))
    if not project_path:
        return sorted(own, key=lambda file: file.path)
    found = {f"{project_path}/{file.path}": file.source for file in own}
    for source in used_outside(project_dir.resolve(), root, found.values()):
        found.setdefault(source.relative_to(root).as_posix(), source)
    return [ProjectFile(path=path, source=found[path]) for path in sorted(found)]


def project_files(
    project_dir: Path, ignored: list[str], root_dir: Path | None = None
) -> Iterator[ProjectFile]:
    """
    Yield the files to upload; symlinks inside the project, or up to *root_dir*, are followed.

    Args:
        project_dir: Where the project lies; the names above it do not matter.
        ignored: Takes the paths left out.
        root_dir: A folder around the project; None is the project.
    Raises:
        InvalidComposition: As `upload_site()`. Terminal.
    """
    root = project_dir.resolve()
    limit = root if root_dir is None else root_dir.resolve()
    yield from _walk(limit, root, "", ignored, frozenset({root}))


def _walk(
    root: Path, folder: Path, prefix: str, ignored: list[str], above: frozenset[Path]
) -> Iterator[ProjectFile]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = prefix + entry.name
        if _is_skipped(entry.name, on_top=not prefix):
            ignored.append(path + "/" * entry.is_dir())
            continue
        source = _inside(root, Path(entry.path), path)
        if source.is_dir():
            if source in above:
                raise InvalidComposition(f"{path} is a symlink to a folder around it", path=path)
            yield from _walk(root, source, path + "/", ignored, above | {source})
        elif source.is_file():
            yield ProjectFile(path=path, source=source)
        else:
            raise InvalidComposition(f"{path} is neither a file nor a folder", path=path)


def _is_skipped(name: str, *, on_top: bool) -> bool:
    is_secret = name == SECRETS or name.startswith(SECRETS + ".")
    return is_secret or name in SKIPPED_ANYWHERE or (on_top and name in SKIPPED_ON_TOP)


def _inside(root: Path, entry: Path, path: str) -> Path:
    try:
        path.encode()
        source = entry.resolve(strict=True)
    except FileNotFoundError as exc:
        raise InvalidComposition(f"{path} is a symlink to nothing", path=path) from exc
    except UnicodeEncodeError as exc:
        raise InvalidComposition(f"{path!r} is not a UTF-8 file name", path=repr(path)) from exc
    if not source.is_relative_to(root):
        raise InvalidComposition(
            f"{path} is a symlink that leaves the project for {source}; allow that by --root DIR "
            "(root_dir in Python) with a folder that holds both, or copy the file into the project",
            path=path,
        )
    return source
