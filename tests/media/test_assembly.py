"""Segments become one video: seams, timestamps, sound, and every way it can go wrong."""

import itertools
import math
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from fanreel.config import RenderConfig
from fanreel.encode.chunk import join_chunk
from fanreel.encode.mark import SegmentMark
from fanreel.errors import (
    DiskFull,
    InvalidConfig,
    MediaUnreadable,
    MissingPlanArtifact,
    PlanHashMismatch,
)
from fanreel.files.plan_dir import LockedRenderConfig
from fanreel.formats import FORMATS
from fanreel.media.sound.writer import write_sound
from fanreel.results import AssembleResult
from fanreel.work.assembly import make_video
from tests.media.encoding import (
    PLAN_HASH,
    decode,
    locked_config,
    opaque,
    psnr,
    translucent,
    write_plan,
    write_segment,
)

UNEVEN = (0, 12, 24, 25)
"""Segment bounds with a last segment of one frame."""
CONTAINERS = [
    RenderConfig(),
    RenderConfig(quality="high"),
    RenderConfig(codec="h265"),
    RenderConfig(format="mov"),
    RenderConfig(format="webm"),
]


def _name(value: object) -> str | None:
    if not isinstance(value, RenderConfig):
        return str(value) if isinstance(value, Fraction) else None
    return f"{value.format}-{value.codec}-{value.quality}"


def _segments(
    folder: Path,
    locked: LockedRenderConfig,
    bounds: tuple[int, ...] = UNEVEN,
    fps: Fraction = Fraction(30),
) -> list[Path]:
    ranges = itertools.starmap(range, itertools.pairwise(bounds))
    return [write_segment(folder, locked, frames, fps=fps) for frames in ranges]


def _assemble(
    folder: Path,
    config: RenderConfig,
    *,
    bounds: tuple[int, ...] = UNEVEN,
    fps: Fraction = Fraction(30),
    alpha: bool = False,
) -> AssembleResult:
    locked = locked_config(config, alpha=alpha)
    chunks = _segments(folder / "chunks", locked, bounds, fps)
    plan_dir = write_plan(folder / "plan", locked, bounds[-1], fps=fps)
    return make_video(plan_dir, chunks, None, folder / f"out{FORMATS[config.format].extension}")


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001), Fraction(24)], ids=_name)
@pytest.mark.parametrize("config", CONTAINERS[:4], ids=_name)
def test_timestamps_are_exact(tmp_path: Path, config: RenderConfig, fps: Fraction) -> None:
    """Both frame rates are the plan's and the duration is frames / fps, over uneven segments."""
    result = _assemble(tmp_path, config, fps=fps)
    with av.open(str(result.output_path)) as container:
        stream = container.streams.video[0]
        assert (stream.average_rate, stream.base_rate) == (fps, fps)
        assert (stream.frames, stream.start_time) == (25, 0)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == 25 / fps
        packets = [p for p in container.demux(stream) if p.size]
    assert sorted(p.pts * p.time_base for p in packets if p.pts is not None) == [
        n / fps for n in range(25)
    ]
    decoded_at = [p.dts for p in packets if p.dts is not None]
    assert decoded_at == sorted(set(decoded_at))
    assert (result.frames_encoded, result.duration_ms) == (25, round(25000 / fps))


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001)], ids=_name)
def test_webm_keeps_the_frame_rate(tmp_path: Path, fps: Fraction) -> None:
    """Its timestamps are whole milliseconds, but the rate it states is exact."""
    result = _assemble(tmp_path, RenderConfig(format="webm"), fps=fps)
    with av.open(str(result.output_path)) as container:
        stream = container.streams.video[0]
        assert (stream.average_rate, stream.base_rate) == (fps, fps)
        times = [p.pts for p in container.demux(stream) if p.size]
    assert times == [math.floor(1000 * n / fps + Fraction(1, 2)) for n in range(25)]


@pytest.mark.parametrize("config", CONTAINERS, ids=_name)
def test_frames_do_not_depend_on_how_segments_are_joined(
    tmp_path: Path, config: RenderConfig
) -> None:
    """A decoder shows the same pictures from the joined file as from each segment alone."""
    joined = decode(_assemble(tmp_path, config).output_path)
    alone = [frame for chunk in sorted((tmp_path / "chunks").iterdir()) for frame in decode(chunk)]
    assert len(joined) == 25
    assert all(np.array_equal(a, b) for a, b in zip(joined, alone, strict=True))


@pytest.mark.parametrize("config", [*CONTAINERS, RenderConfig(format="png-sequence")], ids=_name)
def test_chunks_and_segments_give_the_same_bytes(tmp_path: Path, config: RenderConfig) -> None:
    """One chunk, chunks of two, or bare segments: the same video to the byte."""
    locked = locked_config(config)
    segments = _segments(tmp_path, locked)
    plan_dir = write_plan(tmp_path / "plan", locked, 25)
    spec = FORMATS[config.format]
    digests = {make_video(plan_dir, segments, None, tmp_path / f"bare{spec.extension}").sha256}
    for per_chunk in (1, 2, 3):
        chunks = []
        for first in range(0, 3, per_chunk):
            chunk = tmp_path / f"chunk-{per_chunk}-{first}{spec.segment_extension}"
            join_chunk(
                segments[first : first + per_chunk],
                chunk,
                output_format=config.format,
                fps=Fraction(30),
                mark=SegmentMark(plan_hash=PLAN_HASH, start_frame=UNEVEN[first]),
            )
            chunks.append(chunk)
        output = tmp_path / f"{per_chunk}{spec.extension}"
        digests.add(make_video(plan_dir, chunks, None, output).sha256)
    assert len(digests) == 1


@pytest.mark.parametrize("config", CONTAINERS, ids=_name)
def test_one_frame_is_a_video(tmp_path: Path, config: RenderConfig) -> None:
    """The shortest timeline there is."""
    assert len(decode(_assemble(tmp_path, config, bounds=(0, 1)).output_path)) == 1


@pytest.mark.parametrize("config", CONTAINERS, ids=_name)
def test_the_video_is_tagged(tmp_path: Path, config: RenderConfig) -> None:
    """BT.709 in the container; the right code for ProRes 4444 and HEVC; no dates, no mark."""
    output = _assemble(tmp_path, config).output_path
    data = output.read_bytes()
    with av.open(str(output)) as container:
        context = container.streams.video[0].codec_context
        tags = context.colorspace, context.color_primaries, context.color_trc, context.color_range
        assert tags == (1, 1, 1, 1)
        metadata = container.metadata | container.streams.video[0].metadata
    assert not {"creation_time", "comment", "COMMENT"} & set(metadata)
    assert PLAN_HASH.encode() not in data
    if config.format in {"mp4", "mov"}:
        assert b"colr" in data
        assert data.index(b"moov") < data.index(b"mdat")  # plays before it is all there
    code = {"h265": b"hvc1", "mov": b"ap4h"}.get(
        config.codec if config.codec == "h265" else config.format
    )
    assert code is None or code in data


@pytest.mark.parametrize(
    ("config", "codec", "extension"),
    [
        (RenderConfig(), "aac", ".m4a"),
        (RenderConfig(format="mov"), "pcm_s16le", ".wav"),
        (RenderConfig(format="webm"), "libopus", ".webm"),
    ],
    ids=["mp4", "mov", "webm"],
)
@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001)], ids=_name)
def test_sound_is_copied_and_starts_with_the_picture(
    tmp_path: Path, config: RenderConfig, codec: str, extension: str, fps: Fraction
) -> None:
    """The same samples come out of the video as out of the mix, from time 0, as long as it."""
    locked = locked_config(config)
    samples = round(25 / fps * 48_000)
    audio_path = tmp_path / "plan" / f"audio{extension}"
    audio_path.parent.mkdir()
    sound = np.zeros((samples, 2), np.float32)
    sound[20_000:20_480] = 0.5 * np.sin(np.arange(480) / 5)[:, None]
    write_sound([sound], audio_path, codec)
    plan_dir = write_plan(tmp_path / "plan", locked, 25, fps=fps, audio_path=audio_path.name)
    chunks = _segments(tmp_path, locked, fps=fps)
    output = tmp_path / f"out{FORMATS[config.format].extension}"
    make_video(plan_dir, chunks, audio_path, output)
    start, heard = _sound(output)
    assert start == 0
    assert np.array_equal(heard, _sound(audio_path)[1])
    assert 20_000 <= int(np.abs(heard[:, 0]).argmax()) < 20_480
    with av.open(str(output)) as container:
        stream = container.streams.audio[0]
        if stream.duration is not None and stream.time_base is not None:
            assert stream.duration * stream.time_base == Fraction(samples, 48_000)


def _sound(path: Path) -> tuple[float, np.ndarray[Any, Any]]:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=48_000)
        frames = list(container.decode(audio=0))
        blocks = [b.to_ndarray().reshape(-1, 2) for f in frames for b in resampler.resample(f)]
    assert frames[0].time is not None
    return frames[0].time, np.concatenate(blocks)


def test_png_frames_are_numbered_throughout_with_the_sound_beside(tmp_path: Path) -> None:
    """Frame n of the timeline is file n + 1, pixel for pixel."""
    locked = locked_config(RenderConfig(format="png-sequence"), alpha=True)
    audio_path = tmp_path / "plan" / "audio.wav"
    audio_path.parent.mkdir()
    write_sound([np.zeros((40_000, 2), np.float32)], audio_path, "pcm_s16le")
    plan_dir = write_plan(tmp_path / "plan", locked, 25, audio_path="audio.wav")
    output = tmp_path / "frames"
    result = make_video(plan_dir, _segments(tmp_path / "s", locked), audio_path, output)
    names = sorted(file.name for file in output.iterdir())
    assert names == ["audio.wav", *(f"frame_{n:06d}.png" for n in range(1, 26))]
    assert np.array_equal(decode(output / "frame_000025.png", "rgba")[0], translucent(24))
    assert result.size_bytes == sum(file.stat().st_size for file in output.iterdir())
    # A second run takes the place of the first.
    again = make_video(plan_dir, sorted((tmp_path / "s").iterdir()), audio_path, output)
    assert again == result


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
def test_a_gif_loops_with_one_palette(tmp_path: Path, *, alpha: bool) -> None:
    """All frames at their times, in colours near the source's, clear where it is clear."""
    result = _assemble(tmp_path, RenderConfig(format="gif"), alpha=alpha)
    frames = decode(result.output_path, "rgba")
    assert len(frames) == 25
    for number, frame in enumerate(frames):
        expected = translucent(number) if alpha else opaque(number)
        visible = expected[..., 3] >= 128
        assert np.array_equal(frame[..., 3] == 255, visible)
        assert psnr(frame[visible][:, :3], expected[visible][:, :3]) > 25
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in result.output_path.read_bytes()
    with av.open(str(result.output_path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert [p.pts for p in packets] == [round(100 * n / 30) for n in range(25)]


def test_a_fast_gif_leaves_out_what_browsers_would_slow_down(tmp_path: Path) -> None:
    """Browsers show a frame of under 2/100 s for 10/100 s."""
    result = _assemble(tmp_path, RenderConfig(format="gif"), fps=Fraction(60))
    with av.open(str(result.output_path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    times = [p.pts for p in packets if p.pts is not None]
    assert min(b - a for a, b in itertools.pairwise(times)) == 2
    assert (packets[-1].duration or 0) + times[-1] == round(100 * 25 / 60)


def test_a_missing_chunk_is_named(tmp_path: Path) -> None:
    """Before anything is written."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    chunks = [write_segment(tmp_path, locked, range(12)), tmp_path / "gone.mp4"]
    with pytest.raises(MissingPlanArtifact, match=r"gone\.mp4"):
        make_video(plan_dir, chunks, None, tmp_path / "out" / "out.mp4")
    assert not (tmp_path / "out").exists()


def test_missing_sound_is_named(tmp_path: Path) -> None:
    """A plan with sound does not silently become a video without."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 12, audio_path="audio.m4a")
    chunk = write_segment(tmp_path, locked, range(12))
    for audio_path in (None, plan_dir / "audio.m4a"):
        with pytest.raises(MissingPlanArtifact, match=r"audio\.m4a"):
            make_video(plan_dir, [chunk], audio_path, tmp_path / "out.mp4")


@pytest.mark.parametrize("bounds", [(0, 12), (0, 12, 24, 36)])
def test_a_wrong_number_of_frames_is_refused(tmp_path: Path, bounds: tuple[int, ...]) -> None:
    """A list that stops early, or goes on, does not make a video of another length."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    with pytest.raises(MissingPlanArtifact, match=f"hold {bounds[-1]} frames, the plan has 24"):
        make_video(plan_dir, _segments(tmp_path, locked, bounds), None, tmp_path / "o.mp4")


@pytest.mark.parametrize("order", [(1, 0), (0, 0), (1,), ()])
def test_chunks_out_of_order_are_refused(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Swapped, twice the same, without the first, or none: the count alone would not notice."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    chunks = _segments(tmp_path, locked, (0, 12, 24))
    with pytest.raises(MissingPlanArtifact, match="each once"):
        make_video(plan_dir, [chunks[n] for n in order], None, tmp_path / "o.mp4")


@pytest.mark.parametrize("output_format", ["mp4", "png-sequence"])
def test_a_chunk_of_another_plan_is_refused(tmp_path: Path, output_format: str) -> None:
    """Same size, same length, other plan."""
    locked = locked_config(RenderConfig.model_validate({"format": output_format}))
    plan_dir = write_plan(tmp_path / "plan", locked, 12)
    chunk = write_segment(tmp_path, locked, range(12), plan_hash="ab" * 32)
    with pytest.raises(PlanHashMismatch, match="not rendered from this plan"):
        make_video(plan_dir, [chunk], None, tmp_path / "o.mp4")


def test_a_video_from_elsewhere_is_refused(tmp_path: Path) -> None:
    """The finished video of the same plan is no chunk of it."""
    result = _assemble(tmp_path, RenderConfig())
    with pytest.raises(PlanHashMismatch, match="not rendered from this plan"):
        make_video(tmp_path / "plan", [result.output_path], None, tmp_path / "o.mp4")


def test_chunks_encoded_differently_are_refused(tmp_path: Path) -> None:
    """Their packets would not decode with each other's headers."""
    locked = locked_config(RenderConfig())
    other = locked_config(RenderConfig(quality="high"))
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    chunks = [
        write_segment(tmp_path, locked, range(12)),
        write_segment(tmp_path, other, range(12, 24)),
    ]
    with pytest.raises(PlanHashMismatch, match="encoded differently"):
        make_video(plan_dir, chunks, None, tmp_path / "o.mp4")


@pytest.mark.parametrize("keep", [0, 100, -400])
def test_a_cut_chunk_is_refused(tmp_path: Path, keep: int) -> None:
    """Empty, or without its end, as after a failed download."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 12)
    chunk = write_segment(tmp_path, locked, range(12))
    chunk.write_bytes(chunk.read_bytes()[:keep])
    with pytest.raises(MediaUnreadable, match="render it again"):
        make_video(plan_dir, [chunk], None, tmp_path / "out" / "o.mp4")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("harm", ["cut", "gone", "resized"])
def test_a_damaged_frame_is_refused(tmp_path: Path, harm: str) -> None:
    """A PNG file cut short, one that is missing, or one of another size."""
    locked = locked_config(RenderConfig(format="png-sequence"))
    plan_dir = write_plan(tmp_path / "plan", locked, 12)
    chunk = write_segment(tmp_path, locked, range(12))
    frame = chunk / "frame_000005.png"
    if harm == "cut":
        frame.write_bytes(frame.read_bytes()[:-20])
    elif harm == "gone":
        frame.unlink()
    else:
        small = locked.model_copy(update={"output_width": 20, "output_height": 20})
        shutil.copy(write_segment(tmp_path / "s", small, range(1)) / "frame_000001.png", frame)
    with pytest.raises(MediaUnreadable, match="render it again"):
        make_video(plan_dir, [chunk], None, tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_frames_do_not_replace_a_folder_of_other_things(tmp_path: Path) -> None:
    """`-o ~/Pictures` must not empty it."""
    output = tmp_path / "pictures"
    output.mkdir()
    (output / "holiday.png").write_bytes(b"precious")
    with pytest.raises(InvalidConfig, match=r"holds other files \(holiday\.png"):
        _assemble_into(tmp_path, output, "png-sequence")
    assert (output / "holiday.png").read_bytes() == b"precious"


def test_a_video_does_not_replace_a_folder(tmp_path: Path) -> None:
    """Not even an empty one."""
    output = tmp_path / "out.mp4"
    output.mkdir()
    with pytest.raises(InvalidConfig, match="cannot write"):
        _assemble_into(tmp_path, output, "mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chunks", "out.mp4", "plan"]


def _assemble_into(folder: Path, output: Path, output_format: str) -> AssembleResult:
    locked = locked_config(RenderConfig.model_validate({"format": output_format}))
    chunk = write_segment(folder / "chunks", locked, range(12))
    return make_video(write_plan(folder / "plan", locked, 12), [chunk], None, output)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of 12 KB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=12k"]
    mounted = subprocess.run(
        ["mount", *options, "fanreel", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("output_format", ["mp4", "mov", "png-sequence", "gif"])
def test_a_full_disk_is_named_and_left_clean(
    tmp_path: Path, small_disk: Path, output_format: str
) -> None:
    """Nothing half-written stays, for segments and videos alike."""
    locked = locked_config(
        RenderConfig.model_validate({"format": output_format, "quality": "high"})
    )
    with pytest.raises(DiskFull, match="free some space"):
        write_segment(small_disk, locked, range(100))
    assert list(small_disk.iterdir()) == []
    chunk = write_segment(tmp_path, locked, range(100))
    plan_dir = write_plan(tmp_path / "plan", locked, 100)
    with pytest.raises(DiskFull, match="free some space"):
        make_video(plan_dir, [chunk], None, small_disk / f"o{FORMATS[output_format].extension}")
    assert list(small_disk.iterdir()) == []


def test_a_read_only_disk_is_named(tmp_path: Path, small_disk: Path) -> None:
    """With the advice to choose another place."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(InvalidConfig, match="Read-only file system; choose an output"):
        _assemble_into(tmp_path, small_disk / "out.mp4", "mp4")


def test_an_interrupted_assembly_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while packets are copied: no output and no temporary file."""
    monkeypatch.setattr("fanreel.work.assembly.measure", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        _assemble(tmp_path, RenderConfig())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chunks", "plan"]


def _interrupt(_path: Path) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "content",
    [
        "ffconcat version 1.0\nfile {real}\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{real}\n#EXT-X-ENDLIST\n",
    ],
    ids=["concat", "hls"],
)
def test_a_playlist_is_no_segment(tmp_path: Path, content: str) -> None:
    """It would be read as the video that it names, wherever that lies."""
    locked = locked_config(RenderConfig())
    [real] = _segments(tmp_path / "elsewhere", locked, (0, 12))
    playlist = tmp_path / "segment.mp4"
    playlist.write_text(content.format(real=real))
    plan_dir = write_plan(tmp_path / "plan", locked, 12)
    with pytest.raises(MediaUnreadable, match=r"segment\.mp4"):
        make_video(plan_dir, [playlist], None, tmp_path / "out.mp4")
