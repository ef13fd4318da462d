"""A small film, and the requests that render it on Cloud Run."""

from pathlib import Path
from typing import Any

CONFIG = {"quality": "draft", "targetChunkFrames": 20, "segmentFrames": 4}
FRAMES = 40


def write_project(folder: Path) -> Path:
    """Write a project in which a word moves for 40 frames."""
    folder.mkdir()
    (folder / "index.html").write_text(
        "<!doctype html><style>@keyframes go {to {transform: translateX(90px) rotate(1turn)}} "
        "b {position: absolute; background: #4de2c5; animation: go 2s linear both}</style>"
        f'<div data-composition-id="main" data-start="0" data-duration="{FRAMES / 30:.4f}" '
        'data-width="160" data-height="90"><b>word</b></div>'
    )
    return folder


def plan_event(bucket: str, project_uri: str, **changes: Any) -> dict[str, Any]:
    """Return the request that plans a render."""
    return {
        "Action": "plan",
        "RenderId": "r1",
        "ProjectS3Uri": project_uri,
        "PlanOutputS3Prefix": f"gs://{bucket}/renders/r1/",
        "Config": CONFIG,
    } | changes


def chunk_event(planned: dict[str, Any], index: int) -> dict[str, Any]:
    """Return the request that renders a chunk."""
    return {
        "Action": "renderChunk",
        "RenderId": "r1",
        "PlanManifestS3Uri": planned["PlanManifestS3Uri"],
        "PlanHash": planned["PlanHash"],
        "ChunkIndex": index,
        "Format": planned["Format"],
    }


def assemble_event(planned: dict[str, Any], output: str) -> dict[str, Any]:
    """Return the request that assembles the video."""
    event = chunk_event(planned, 0) | {"Action": "assemble", "OutputS3Uri": output, "Cfr": False}
    del event["ChunkIndex"]
    return event
