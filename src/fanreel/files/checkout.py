"""
The files that the image and the stack are built from: of a checkout, or as the wheel carries them.

A wheel has them below `fanreel/deployable` (`scripts/wheel_files.py`). They are laid out as in a
checkout, with the installed package as its sources, in the user's cache directory, in a folder
named by their content: made once a version, never changed.
"""

import hashlib
import importlib.resources
import os
import shutil
import tempfile
from pathlib import Path

from fanreel.files.digest import canonical_json, sha256_file
from fanreel.files.kept_dirs import cache_dir

PACKAGE_DIR = Path(__file__).resolve().parents[1]
DEPLOYABLE = "deployable"
_DIGITS = 16


def source_checkout() -> Path:
    """Return where the checkout is if the package runs from one."""
    return PACKAGE_DIR.parents[1]


def carried_files() -> Path | None:
    """Return the folder of what the wheel carries; None in a checkout."""
    folder = Path(str(importlib.resources.files("fanreel"))) / DEPLOYABLE
    return folder if (folder / "cdk" / "app.py").is_file() else None


def unpacked_checkout(carried: Path, package_dir: Path = PACKAGE_DIR) -> Path:
    """
    Return a folder like a checkout, made of what the wheel carries; the same one every time.

    Args:
        carried: From `carried_files()`.
        package_dir: The installed package, which becomes `src/fanreel`.
    """
    files = {
        f"src/fanreel/{name}": file
        for name, file in _files_below(package_dir).items()
        if not name.startswith(f"{DEPLOYABLE}/")
    } | _files_below(carried)
    content = canonical_json({name: sha256_file(file) for name, file in files.items()})
    name = f"checkout-{hashlib.sha256(content).hexdigest()[:_DIGITS]}"
    target = cache_dir(os.environ, "deploy") / name
    if not target.is_dir():
        _lay_out(files, target)
    return target


def _files_below(folder: Path) -> dict[str, Path]:
    return {
        file.relative_to(folder).as_posix(): file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _lay_out(files: dict[str, Path], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".checkout-", dir=target.parent))
    try:
        for name, file in files.items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, aside / name)
        if not target.is_dir():  # another deployment may have been quicker
            aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
