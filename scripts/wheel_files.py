"""
What the wheel carries besides the package: all that image and stack are built from, and examples.

A hook of hatchling's. `fanreel lambda deploy` makes a folder like this checkout of them
(`fanreel/files/checkout.py`), so that deploying needs no checkout. What is not there is left
out: the image builds the package from fewer files, and carries none of these.

Without the bundled page a wheel could not render, so none is built.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "fanreel/deployable"
EXAMPLES = "fanreel/starters/examples"
PATTERNS = (
    "Dockerfile", ".dockerignore", "pyproject.toml", "uv.lock", "README.md", "LICENSE",
    "handler/**/*", "statemachine/*.py", "cdk/*.py", "cdk/package.json", "cdk/package-lock.json",
    "terraform/gcp/*", "scripts/wheel_files.py",
)  # fmt: skip


class WheelFiles(BuildHookInterface[Any]):
    """Adds the files to a wheel; an editable install finds them in the checkout."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name each file and its place in the wheel."""
        root = Path(self.root)
        if version == "editable":
            return
        bundles = _bundles(root)
        for folder in (bundles.PAGE_DIR, root / "src/fanreel/preview/ui"):
            if problem := bundles.problem(folder):
                raise FileNotFoundError(problem)
        if not (root / "cdk" / "app.py").is_file():
            return
        for pattern in PATTERNS:
            for file in root.glob(pattern):
                if file.is_file() and "__pycache__" not in file.parts:
                    place = f"{FOLDER}/{file.relative_to(root).as_posix()}"
                    build_data["force_include"][str(file)] = place
        for file in _example_files(root):
            place = f"{EXAMPLES}/{file.relative_to(root / 'examples').as_posix()}"
            build_data["force_include"][str(file)] = place


def _example_files(root: Path) -> list[Path]:
    """Return what `fanreel init --example` copies; libraries and fonts it fetches."""
    table = json.loads((root / "src/fanreel/starters/libraries.json").read_text())
    return [
        file
        for name in table["examples"]
        for file in (root / "examples" / name).rglob("*")
        if file.is_file() and not {"vendor", "__pycache__"} & set(file.parts)
    ]


def _bundles(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("bundles", root / "src/fanreel/page/bundles.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("src/fanreel/page/bundles.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
