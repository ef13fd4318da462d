"""What `fanreel` exports, and what importing it does not load."""

import ast
import subprocess
import sys
from pathlib import Path

import fanreel
from fanreel import errors

PROMISED = {
    "plan",
    "render_chunk",
    "assemble",
    "render",
    "still",
    "PlanResult",
    "ChunkResult",
    "AssembleResult",
    "RenderResult",
    "RenderEvent",
    "SegmentKey",
    "SegmentStore",
    "Clip",
    "MediaClip",
    "RecordedResponse",
    "UsedFont",
    "Versions",
    "DEFAULT_CHUNK_SIZE",
    "DEFAULT_MAX_PARALLEL_CHUNKS",
    "PLAN_DIR_SIZE_LIMIT_BYTES",
    "RenderConfig",
    "Artifact",
    "Composition",
    "LockedRenderConfig",
    "PlanManifest",
    "build_chunk_slices",
    "reject_unsupported_distributed_format",
    "resolve_chunk_plan",
}


def test_every_promised_name_is_exported() -> None:
    """The names that the documentation shows are there."""
    assert set(fanreel.__all__) >= PROMISED


def test_every_exported_name_resolves() -> None:
    """`__all__` is what is exported, and each name is the thing of that name."""
    for name in fanreel.__all__:
        value = getattr(fanreel, name)
        assert getattr(value, "__name__", name) == name


def test_every_error_class_and_code_is_exported() -> None:
    """A code is a constant whose value is its own name."""
    for code, error in errors.CATALOGUE.items():
        assert getattr(fanreel, code) == code
        assert getattr(fanreel, error.__name__) is error


def test_type_checkers_see_what_runs() -> None:
    """The imports under TYPE_CHECKING and the lazy table name the same things."""
    tree = ast.parse(Path(fanreel.__file__).read_text())
    seen = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name != "*"
    }
    lazy = {
        name: module
        for name, module in fanreel._MODULE_OF_NAME.items()
        if module != "fanreel.errors"
    }
    assert seen == lazy


def test_an_unknown_name_is_an_attribute_error() -> None:
    """Misspelt names fail as they do in any module."""
    assert not hasattr(fanreel, "rendr")


def test_the_version_is_the_packages() -> None:
    """`fanreel.__version__` comes from the installed metadata."""
    assert fanreel.__version__.count(".") == 2


def test_importing_loads_nothing_heavy() -> None:
    """`import fanreel` loads neither browser driver, codecs, AWS nor pydantic."""
    code = "import sys, fanreel; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"playwright", "av", "boto3", "botocore", "numpy", "pydantic", "typer", "asyncio"}
    assert "fanreel.errors" in loaded
    assert heavy.isdisjoint(loaded)


def test_a_local_render_loads_what_handles_pictures_in_its_children_only() -> None:
    """In the caller's process it would be 0.2 s and 40 MB that nothing uses."""
    code = "import sys, fanreel.cli.app, fanreel.local; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "fanreel.engine.pool" in loaded
    assert {"playwright", "av", "boto3", "numpy", "asyncio"}.isdisjoint(loaded)


WITHOUT_RENDERING = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"av", "numpy", "playwright", "psutil", "rich", "typer",
                                      "aws_lambda_powertools"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from fanreel.aws import RenderClient
RenderClient(bucket="b", state_machine_arn="arn:aws:states:eu-central-1:1:stateMachine:m")
"""


def test_a_backend_that_only_starts_renders_needs_no_codecs() -> None:
    """The client works with boto3 and pydantic alone, as its own distribution installs them."""
    subprocess.run([sys.executable, "-c", WITHOUT_RENDERING], check=True)
