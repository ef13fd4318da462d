"""The hash of a plan: what decides pixels and sound, and nothing of how the work is cut."""

import hashlib
from typing import Any

from fanreel.files.digest import canonical_json
from fanreel.files.plan_dir import CHUNKS, PROTOCOL, Artifact, PlanManifest, Versions, is_sound


def compute_plan_hash(
    artifacts: list[Artifact] | tuple[Artifact, ...], versions: Versions, totals: dict[str, Any]
) -> str:
    """
    Return the hash of what decides pixels and sound.

    Left out on purpose: `meta/chunks.json` and roles, which say how the work is split, and the
    mix, which `meta/sound.json` decides and which a local render makes meanwhile.
    """
    hashed = (a for a in artifacts if a.path != CHUNKS and not is_sound(a.path))
    content = {
        "protocol": PROTOCOL,
        "artifacts": sorted([a.path, a.sha256] for a in hashed),
        "versions": versions.to_json(),
        "totals": totals,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def hashed_totals(manifest: PlanManifest) -> dict[str, Any]:
    """Return the manifest's own numbers that the hash covers."""
    names = ("total_frames", "fps", "width", "height", "format", "has_audio", "segment_frames")
    data = manifest.to_json()
    return {name: data[name] for name in names}
