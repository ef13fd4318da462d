"""`assemble()`: rendered chunks and the sound become the video."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fanreel.engine.engine import Engine
from fanreel.results import AssembleResult


def assemble(
    plan_dir: Path | str,
    chunk_paths: Sequence[Path | str],
    audio_path: Path | str | None,
    output_path: Path | str,
    *,
    cfr: bool = False,
) -> AssembleResult:
    """
    Put rendered chunks and the sound together, without encoding anything again.

    They are read in a child process, which sees nothing of this one's environment.

    Args:
        plan_dir: As written by `plan()`; only its manifest is read.
        chunk_paths: Chunk files or segment files, in order, covering the timeline; none for a
            sound alone.
        audio_path: The plan's sound mix; None if it has none.
        output_path: The video to write; appears whole or not at all.
        cfr: Accepted for callers that ask; the frame rate is constant in any case.
    Raises:
        MissingPlanArtifact: A chunk or the sound is not there. Retryable.
        PlanHashMismatch: A chunk was not rendered from this plan, or not in this place. Terminal.
        MediaUnreadable: A chunk is damaged. Terminal.
        BrowserCrashed: The child process was lost. Retryable.
        DiskFull: There is no room left. Retryable.
        InvalidConfig: The output cannot be written. Terminal.
    """
    output_path = Path(output_path)
    assembled = Engine().assemble(
        Path(plan_dir),
        [Path(path) for path in chunk_paths],
        None if audio_path is None else Path(audio_path),
        output_path,
        cfr=cfr,
    )
    return replace(assembled, output_path=output_path)
