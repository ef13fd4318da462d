"""Steps that draw nothing: they keep the primitives' contracts, so that the carrying is tested."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.config import RenderConfig
from fanreel.encode.part_files import PartFiles
from fanreel.errors import RenderCancelled
from fanreel.files.digest import sha256_file
from fanreel.files.plan_reading import read_chunks, read_manifest
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.results import AssembleResult, ChunkResult, PlanResult, StillResult
from fanreel.segments.stores import SegmentKey, SegmentStore
from fanreel.timing.timeline import segments_of
from tests.aws.plans import write_plan


@dataclass
class Carrying:
    """Counts what it is asked; *during* runs inside each step, where a real one would work."""

    during: Callable[..., Any] = lambda *_: None
    called: list[str] = field(default_factory=list)
    rendered: list[str] = field(default_factory=list)
    config: RenderConfig | None = None
    segment_bytes: int = 0
    """Smallest size of a segment."""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Need nothing."""

    def cancel(self) -> None:
        """End the step that waits for this."""
        self.cancelled.set()

    def resume(self) -> None:
        """Take steps again."""
        self.cancelled.clear()

    def plan(
        self,
        project_dir: Path,
        config: RenderConfig,
        plan_dir: Path,
        *,
        temp_dir: Path | None = None,  # noqa: ARG002 (nothing is put there)
    ) -> PlanResult:
        """Write a plan of two chunks, whatever the project."""
        self.called.append("plan")
        assert (project_dir / config.entry_file).is_file()
        self.config = config
        self.during()
        manifest = write_plan(plan_dir, output_format=config.format)
        return PlanResult(
            plan_dir=plan_dir,
            plan_hash=manifest.plan_hash,
            chunk_count=manifest.chunk_count,
            total_frames=manifest.total_frames,
            fps=Fraction(30000, 1001),
            width=manifest.width,
            height=manifest.height,
            format=manifest.format,
            has_audio=manifest.has_audio,
            ffmpeg_version="62",
            producer_version="1",
            duration_ms=7,
            size_bytes=1,
            warnings=("clips overlap",),
        )

    def render_chunk(
        self,
        plan_dir: Path,
        chunk_index: int,
        output_path: Path | None,
        *,
        store: SegmentStore | None = None,
        remaining_s: Callable[[], float] | None = None,
        heartbeat: Callable[[int], None] | None = None,
        cache: CacheSettings | None = None,
        temp_dir: Path | None = None,  # noqa: ARG002 (nothing is put there)
        fetch: Callable[[], None] | None = None,
    ) -> ChunkResult:
        """Keep a few bytes for each segment; stop when 20 s are left."""
        self.called.append(f"chunk {chunk_index}")
        assert fetch is not None
        fetch()
        assert output_path is None
        assert store is not None
        assert remaining_s is not None
        assert heartbeat is not None
        manifest, chunk = read_manifest(plan_dir), read_chunks(plan_dir)[chunk_index]
        next_frame, rendered, found = chunk.start_frame, 0, 0
        bounds = segments_of(chunk.start_frame, chunk.end_frame, manifest.segment_frames)
        for start, end in bounds:
            key = SegmentKey(plan_hash=manifest.plan_hash, start_frame=start, end_frame=end)
            if store.find(key):
                found += 1
            elif rendered and remaining_s() < 20:
                break
            else:
                self.during(heartbeat)
                store.keep(key, self._segment(plan_dir.parent, key, manifest.format))
                self.rendered.append(key.name)
                rendered += 1
            next_frame = end
            heartbeat(next_frame - chunk.start_frame)
        return ChunkResult(
            chunk_index=chunk_index,
            path=None,
            start_frame=chunk.start_frame,
            end_frame=chunk.end_frame,
            done=next_frame == chunk.end_frame,
            next_frame=next_frame,
            frames_encoded=rendered * manifest.segment_frames,
            segments_rendered=rendered,
            segments_found=found,
            size_bytes=0,
            sha256=hashlib.sha256(b"").hexdigest(),
            cache=CacheStats() if cache is None else CacheStats(hits=3, freed_bytes=7),
        )

    def still(
        self, project_dir: Path, output: Path, at_s: Fraction, config: RenderConfig
    ) -> StillResult:
        """Write the moment as a picture."""
        assert (project_dir / config.entry_file).is_file()
        self.config = config
        self.during()
        output.write_text(f"at {at_s}")
        return StillResult(
            output_path=output,
            at_s=float(at_s),
            frame=int(at_s * 30),
            width=64,
            height=36,
            size_bytes=output.stat().st_size,
            warnings=("lanes overlap",),
        )

    def assemble_parts(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        parts_dir: Path,
        part_bytes: int,
    ) -> AssembleResult:
        """Take segments as they come, and give their bytes as parts, the first part last."""
        self.called.append("assemble parts")
        manifest = read_manifest(plan_dir)
        with PartFiles(parts_dir, part_bytes) as file:
            for path in chunk_paths:
                while not path.exists():
                    if self.cancelled.wait(0.01):
                        raise RenderCancelled
                self.during(path)
                file.write(path.read_bytes())
                path.unlink()
            file.write(audio_path.read_bytes() if audio_path else b"")
            file.close(index_first=False)
        return AssembleResult(
            output_path=parts_dir,
            frames_encoded=manifest.total_frames,
            size_bytes=file.size_bytes,
            sha256="",
            duration_ms=1,
        )

    def assemble(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        output_path: Path,
        *,
        cfr: bool = False,
    ) -> AssembleResult:
        """Put the bytes of the segments one after the other, the sound's name last."""
        self.called.append(f"assemble cfr={cfr}")
        self.during()
        manifest = read_manifest(plan_dir)
        sound = audio_path.read_bytes() if audio_path else b""
        if manifest.format == "png-sequence":
            output_path.mkdir()
            for number, folder in enumerate(chunk_paths):
                (output_path / f"frame_{number:06d}.png").write_bytes(
                    (folder / "frame_000001.png").read_bytes()
                )
            size_bytes, digest = 5, "f" * 64
        else:
            output_path.write_bytes(b"".join(p.read_bytes() for p in chunk_paths) + sound)
            size_bytes, digest = output_path.stat().st_size, sha256_file(output_path)
        return AssembleResult(
            output_path=output_path,
            frames_encoded=manifest.total_frames,
            size_bytes=size_bytes,
            sha256=digest,
            duration_ms=1667,
        )

    def _segment(self, folder: Path, key: SegmentKey, output_format: str) -> Path:
        data = f"[{key.name}]".encode().ljust(self.segment_bytes, b".")
        if output_format != "png-sequence":
            path = folder / f"{key.name}.{output_format}"
            path.write_bytes(data)
            return path
        frames = folder / key.name
        frames.mkdir()
        (frames / "frame_000001.png").write_bytes(data)
        return frames
