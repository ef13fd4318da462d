"""A plan's files, read and checked, and written."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from fanreel.errors import MissingPlanArtifact, PlanProtocolUnsupported
from fanreel.files.plan_dir import (
    CHUNKS,
    COMPOSITION,
    ENCODER,
    MANIFEST,
    PROTOCOL,
    RECORDED,
    Composition,
    LockedRenderConfig,
    PlanManifest,
    RecordedResponse,
)
from fanreel.timing.timeline import ChunkSlice


def read_manifest(plan_dir: Path) -> PlanManifest:
    """
    Read `plan.json`.

    Raises:
        MissingPlanArtifact: There is none, or it is cut short. Retryable.
        PlanProtocolUnsupported: Another version of fanreel wrote it. Terminal.
    """
    return parse_manifest(_read(plan_dir, MANIFEST))


def parse_manifest(data: Any) -> PlanManifest:
    """Check decoded JSON as `read_manifest()` does."""
    protocol = data.get("protocol") if isinstance(data, dict) else None
    if protocol != PROTOCOL:
        raise PlanProtocolUnsupported(
            f"the plan has protocol {protocol!r}, this fanreel reads {PROTOCOL}; "
            "plan again with the version that renders",
            protocol=protocol,
            supported=PROTOCOL,
        )
    return _validated(PlanManifest, data, MANIFEST)


def read_composition(plan_dir: Path) -> Composition:
    """Read `meta/composition.json`. Raises `MissingPlanArtifact`."""
    return _validated(Composition, _read(plan_dir, COMPOSITION), COMPOSITION)


def read_encoder(plan_dir: Path) -> LockedRenderConfig:
    """Read `meta/encoder.json`. Raises `MissingPlanArtifact`."""
    return _validated(LockedRenderConfig, _read(plan_dir, ENCODER), ENCODER)


def read_chunks(plan_dir: Path) -> list[ChunkSlice]:
    """Read `meta/chunks.json`. Raises `MissingPlanArtifact`."""
    data = _read(plan_dir, CHUNKS)
    try:
        if isinstance(data, list):
            return [ChunkSlice.from_json(item) for item in data]
    except (KeyError, TypeError) as exc:
        raise MissingPlanArtifact(f"{CHUNKS} is not a list of chunks", path=CHUNKS) from exc
    raise MissingPlanArtifact(f"{CHUNKS} is not a list of chunks", path=CHUNKS)


def read_recorded(plan_dir: Path) -> list[RecordedResponse]:
    """Read the recorded outside responses; none if the page asked for none."""
    if not (plan_dir / RECORDED).exists():
        return []
    return [_validated(RecordedResponse, item, RECORDED) for item in _read(plan_dir, RECORDED)]


def write_json(path: Path, value: Any) -> None:
    """Write *value* as stable, readable JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, sort_keys=True, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="ascii")


def _read(plan_dir: Path, name: str) -> Any:
    try:
        return json.loads((plan_dir / name).read_bytes())
    except FileNotFoundError as exc:
        raise MissingPlanArtifact(
            f"{plan_dir} holds no {name}; fetch the plan again", path=name
        ) from exc
    except OSError as exc:
        raise MissingPlanArtifact(
            f"cannot read {name} in {plan_dir}: {exc.strerror}", path=name
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise MissingPlanArtifact(
            f"{name} in {plan_dir} is not whole JSON; fetch the plan again", path=name
        ) from exc


_Model = TypeVar("_Model", bound=BaseModel)


def _validated(model: type[_Model], data: Any, name: str) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        raise MissingPlanArtifact(
            f"{name} does not have the shape of a plan: {exc}", path=name
        ) from exc
