"""How the package is laid out: what stands at its top, and which way its imports point."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src"
TOP = SOURCE / "fanreel"
STEPS = {"planning", "rendering", "assembly", "local", "stills"}
SHARED = {"config", "errors", "formats", "problems", "processes", "results", "settings", "versions"}
AWS = ["storage", "cost", "client", "deploy"]
"""Each may import those before it."""


def name_of(path: Path) -> str:
    """Return the dotted name of a module's file."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports() -> dict[str, set[str]]:
    """Return which modules of the package each one imports, wherever in it that stands."""
    files = {name_of(path): path for path in TOP.rglob("*.py")}
    found: dict[str, set[str]] = {name: set() for name in files}
    for name, path in files.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in files:
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & files.keys()
                found[name] |= inner or {node.module}
            elif isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names} & files.keys()
    return found


def test_the_top_shows_the_steps_and_what_all_share() -> None:
    """All else lies in a package named for what it does."""
    modules = {path.stem for path in TOP.glob("*.py")} - {"__init__", "__main__"}
    assert modules == STEPS | SHARED


def test_the_architecture_names_every_room() -> None:
    """Each package of the tree has its row in the table."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    rooms = {path.parent.name for path in TOP.glob("*/__init__.py")}
    assert {room for room in rooms if f"`src/fanreel/{room}`" not in text} == set()


def test_no_import_leads_in_a_circle() -> None:
    """Modules can be put in an order in which each imports earlier ones only."""
    order = list(graphlib.TopologicalSorter(imports()).static_order())
    assert len(order) == len(imports())


@pytest.mark.parametrize("room", AWS)
def test_the_rooms_for_aws_import_one_way(room: str) -> None:
    """Storage knows nothing of cost, cost nothing of clients, clients nothing of deploying."""
    later = tuple(f"fanreel.aws.{name}" for name in AWS[AWS.index(room) + 1 :])
    wrong = {
        (name, imported)
        for name, all_imported in imports().items()
        if name.startswith(f"fanreel.aws.{room}.")
        for imported in all_imported
        if imported.startswith(later or ("none",))
    }
    assert wrong == set()


def clouds_in(paths: Iterable[Path]) -> set[tuple[str, str]]:
    """Return which of these files import what is a cloud's own, and what."""
    clouds = (
        "fanreel.aws", "fanreel.gcp", "boto3", "botocore", "google", "mypy_boto3",
        "aws_lambda_powertools", "starlette",
    )  # fmt: skip
    nodes = [(path, node) for path in paths for node in ast.walk(ast.parse(path.read_text()))]
    named = {
        (path.name, module)
        for path, node in nodes
        if isinstance(node, ast.ImportFrom | ast.Import)
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    return {(name, module) for name, module in named if module.startswith(clouds)}


def test_the_storage_knows_no_cloud() -> None:
    """What lies in a bucket is written once; a cloud's own package imports it, and not it them."""
    assert clouds_in((TOP / "storage").glob("*.py")) == set()


def test_the_shared_client_knows_no_cloud() -> None:
    """It asks `remote/cloud.py`; each cloud's own package imports it."""
    assert clouds_in((TOP / "remote").glob("*.py")) == set()


def test_the_handler_knows_a_cloud_at_its_rim_only() -> None:
    """The actions are the same; an entry point and what it tells are the cloud's."""
    rims = {
        "app.py", "lambda_telemetry.py", "webhook.py", "cloud_run.py", "cloud_run_telemetry.py",
        "step.py",
    }  # fmt: skip
    inner = [path for path in (REPOSITORY / "handler").glob("*.py") if path.name not in rims]
    assert clouds_in(inner) == set()


WORKER_ENV = {"FANREEL_RENDER_BUCKET": "bucket", "AWS_DEFAULT_REGION": "eu-central-1"}


def printed_by(code: str) -> str:
    """Return what a new process says that runs *code*."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env=WORKER_ENV,
    ).stdout


def loaded_with(*modules: str) -> list[str]:
    """Return the modules that a new process holds once it has imported *modules*."""
    return printed_by(f"import sys, {', '.join(modules)}; print(*sys.modules)").split()


STARTING = """
import sys
from fanreel.engine import warm
warm.stay_warm = lambda: print(*sys.modules)
import handler.app
handler.app._container_worker()
print(*sys.modules)
"""


def test_a_worker_gets_warm_before_it_loads_of_aws_what_it_needs() -> None:
    """Both import at once; of ours the storage alone: not the client, prices or deployment."""
    first, last = (set(line.split()) for line in printed_by(STARTING).splitlines())
    libraries = {"boto3", "botocore", "aws_xray_sdk", "aws_lambda_powertools"}
    assert libraries <= last
    assert libraries.isdisjoint(first)
    rooms = {name.split(".")[2] for name in last if name.startswith("fanreel.aws.")}
    assert rooms == {"storage"}


def test_a_parent_loads_no_decoder() -> None:
    """What a command, a preview or a program imports; see `test_steps_in_children.py` too."""
    parents = (
        "cli.app comparison.comparing comparison.page engine.engine engine.decoder lint.linting "
        "local preview.session preview.watching reporting.page stills"
    )
    names = [f"fanreel.{name}" for name in parents.split()]
    loaded = loaded_with("handler.app", *names)
    assert {"av", "numpy", "playwright"}.isdisjoint(loaded)
