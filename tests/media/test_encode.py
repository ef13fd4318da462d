"""Real encoders: what goes in comes out again, marked, tagged and repeatable."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest

from fanreel.config import RenderConfig
from fanreel.configuration.fields import Quality
from fanreel.encode.mark import SegmentMark
from fanreel.encode.pixels import PixelConverter, Pixels
from fanreel.encode.segment import SegmentWriter, encoder_options
from fanreel.formats import FORMATS
from tests.media.encoding import (
    HEIGHT,
    PLAN_HASH,
    WIDTH,
    bgr0,
    decode,
    locked_config,
    opaque,
    picture,
    psnr,
    translucent,
    write_segment,
)

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

OPAQUE = [
    (RenderConfig(), 33.5),
    (RenderConfig(quality="draft"), 33),
    (RenderConfig(quality="high"), 34),
    (RenderConfig(codec="h265"), 33.5),
    (RenderConfig(format="mov"), 45),
    (RenderConfig(format="webm"), 33.5),
]
LOSSLESS = [RenderConfig(format="gif"), RenderConfig(format="png-sequence")]


def _name(config: RenderConfig) -> str:
    return f"{config.format}-{config.codec}-{config.quality}"


@pytest.mark.parametrize(("config", "least_db"), OPAQUE, ids=[_name(c) for c, _ in OPAQUE])
def test_an_opaque_segment_decodes_to_its_frames(
    tmp_path: Path, config: RenderConfig, least_db: float
) -> None:
    """
    Every frame is there, in order, and looks as it went in.

    Halved chroma costs the box's hard edges most of what is lost; a wrong matrix or range would
    show as 28 to 32 dB.
    """
    frames = decode(write_segment(tmp_path, locked_config(config), range(15)))
    assert len(frames) == 15
    assert min(psnr(frame, picture(n)) for n, frame in enumerate(frames)) > least_db


@pytest.mark.parametrize("config", LOSSLESS, ids=_name)
@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
def test_a_lossless_segment_decodes_to_its_very_pixels(
    tmp_path: Path, config: RenderConfig, *, alpha: bool
) -> None:
    """GIF's intermediate and PNG frames lose nothing, alpha included."""
    path = write_segment(tmp_path, locked_config(config, alpha=alpha), range(5))
    if path.is_dir():
        files = sorted(path.glob("*.png"))
        frames = [decode(file, "rgba")[0] for file in files]
        assert [file.name for file in files] == [f"frame_{n:06d}.png" for n in range(1, 6)]
    else:
        frames = decode(path, "rgba")
    for number, frame in enumerate(frames):
        expected = translucent(number) if alpha else opaque(number)
        assert np.array_equal(frame, expected)


@pytest.mark.parametrize(
    ("config", "decoder", "tolerance"),
    [(RenderConfig(format="mov"), "prores", 2), (RenderConfig(format="webm"), "libvpx-vp9", 6)],
    ids=["mov", "webm"],
)
def test_alpha_is_straight(
    tmp_path: Path, config: RenderConfig, decoder: str, tolerance: int
) -> None:
    """Opaque, half see-through and clear come out so, and colours are not weighted by alpha."""
    path = write_segment(tmp_path, locked_config(config, alpha=True), range(5))
    frames = decode(path, "rgba", decoder=decoder)
    assert len(frames) == 5
    thirds = WIDTH // 6, WIDTH // 2, 5 * WIDTH // 6
    for number, frame in enumerate(frames):
        alphas = [int(frame[HEIGHT - 10, column, 3]) for column in thirds]
        assert np.allclose(alphas, [255, 128, 0], atol=tolerance)
        half = slice(WIDTH // 3 + 8, 2 * WIDTH // 3 - 8)
        assert psnr(frame[:, half, :3], translucent(number)[:, half, :3]) > 33


@pytest.mark.parametrize(
    "config",
    [
        RenderConfig.model_validate({"format": name})
        for name in ("mov", "png-sequence", "webm", "gif")
    ],
    ids=_name,
)
def test_a_frame_that_is_given_again_is_as_one_converted_again(
    tmp_path: Path, config: RenderConfig
) -> None:
    """Where a picture stands still nothing is converted or encoded, and no byte is another."""
    locked, mark = (
        locked_config(config, alpha=True),
        SegmentMark(plan_hash=PLAN_HASH, start_frame=0),
    )
    written = []
    for again in (False, True):
        path = tmp_path / f"{again}{FORMATS[locked.format].segment_extension}"
        with SegmentWriter(path, locked, Fraction(30), pixels="rgba", mark=mark) as segment:
            frames = {n: segment.convert(translucent(n)) for n in range(3)}
            for number in (0, 0, 0, 1, 2, 2, 1):
                segment.write(frames[number] if again else segment.convert(translucent(number)))
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1]


@pytest.mark.parametrize("config", [RenderConfig(), RenderConfig(codec="h265")], ids=_name)
def test_an_odd_picture_is_whole_in_an_even_video(tmp_path: Path, config: RenderConfig) -> None:
    """The column and row that 4:2:0 wants are added, and no pixel of the picture moves."""
    locked = locked_config(config).model_copy(update={"padding": (1, 1)})
    mark = SegmentMark(plan_hash=PLAN_HASH, start_frame=0)
    drawn = picture(3, WIDTH - 1, HEIGHT - 1)
    with SegmentWriter(
        tmp_path / "odd.mp4", locked, Fraction(30), pixels="bgr0", mark=mark
    ) as segment:
        segment.write(segment.convert(bgr0(drawn)))
    [frame] = decode(tmp_path / "odd.mp4")
    assert frame.shape[:2] == (HEIGHT, WIDTH)
    assert psnr(frame[:-1, :-1], drawn) > 33
    assert psnr(frame[-1, :-1], drawn[-1]) > 33
    assert psnr(frame[:-1, -1], drawn[:, -1]) > 33


def test_smaller_output_is_scaled(tmp_path: Path) -> None:
    """Frames larger than the output are scaled down to it."""
    locked = locked_config(RenderConfig()).model_copy(
        update={"output_width": WIDTH // 2, "output_height": HEIGHT // 2}
    )
    frame = decode(write_segment(tmp_path, locked, range(2)))[0]
    assert frame.shape == (HEIGHT // 2, WIDTH // 2, 3)
    assert psnr(frame, picture(0)[::2, ::2]) > 24


def test_scaling_does_not_mix_clear_pixels_in() -> None:
    """The colour of an edge is the colour of what is visible there."""
    frame = np.zeros((80, 80, 4), np.uint8)
    frame[20:61, 20:61] = (250, 200, 40, 255)
    scaled = np.asarray(PixelConverter(40, 40, "rgba", "rgba").convert(frame).to_ndarray())
    colours = scaled[np.nonzero(scaled[..., 3] > np.uint8(8))]
    assert len(colours) > 400
    assert np.allclose(colours[:, :3], (250, 200, 40), atol=6)


@pytest.mark.parametrize("config", [c for c, _ in OPAQUE], ids=_name)
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, config: RenderConfig) -> None:
    """Encoding is repeatable to the byte; 192 pixels is a width that x264's tree got wrong."""
    locked = locked_config(config)
    first = write_segment(tmp_path / "a", locked, range(20))
    again = write_segment(tmp_path / "b", locked, range(20))
    assert first.read_bytes() == again.read_bytes()


def test_a_segment_is_tagged_bt709(tmp_path: Path) -> None:
    """Players are told the matrix, primaries, transfer and range."""
    path = write_segment(tmp_path, locked_config(RenderConfig()), range(3))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = context.colorspace, context.color_primaries, context.color_trc, context.color_range
    assert tags == (1, 1, 1, 1)


@pytest.mark.parametrize("config", [RenderConfig(), RenderConfig(format="gif")], ids=["mp4", "gif"])
def test_a_converted_frame_outlives_its_picture(tmp_path: Path, config: RenderConfig) -> None:
    """The screen that a picture was on shows the next one while the frame is encoded."""
    locked, mark = locked_config(config), SegmentMark(plan_hash=PLAN_HASH, start_frame=0)
    for name in ("kept", "gone"):
        screen = bgr0(picture(1))
        with SegmentWriter(
            tmp_path / name, locked, Fraction(30), pixels="bgr0", mark=mark
        ) as segment:
            frame = segment.convert(screen)
            if name == "gone":
                screen[:] = 7
            segment.write(frame)
    assert (tmp_path / "kept").read_bytes() == (tmp_path / "gone").read_bytes()


@pytest.mark.parametrize("pixels", ["bgr0", "rgba"])
@pytest.mark.parametrize("pixel_format", ["bgra", "rgba", "rgb24", "yuv420p", "yuva444p10le"])
@pytest.mark.parametrize("size", [(64, 48), (65, 49), (128, 96)], ids=["same", "cut", "scaled"])
def test_a_converted_frame_has_memory_of_its_own(
    pixels: Pixels, pixel_format: str, size: tuple[int, int]
) -> None:
    """Whatever the layout, also where nothing has to change."""
    picture_of_screen = np.full((size[1], size[0], 4), 200, np.uint8)
    converted = PixelConverter(64, 48, pixel_format, pixels).convert(picture_of_screen)
    before = [bytes(plane) for plane in converted.planes]
    picture_of_screen[:] = 7
    assert [bytes(plane) for plane in converted.planes] == before


def test_bytes_do_not_depend_on_what_memory_held() -> None:
    """Glibc fills fresh memory with a pattern; no encoder lets it show."""
    digests = {_digests_in_a_process(perturb) for perturb in ("1", "170")}
    assert len(digests) == 1


@pytest.mark.parametrize("quality", ["draft", "standard"])
def test_no_picture_is_kept_for_the_time_of_the_next(quality: Quality) -> None:
    """Each is encoded when it comes: a frame's memory less, 13 MB of a worker at 4K."""
    locked = locked_config(RenderConfig(quality=quality))
    encoder = cast("VideoCodecContext", av.CodecContext.create(locked.codec, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, locked.pixel_format
    encoder.time_base = Fraction(1, 30)
    encoder.options = encoder_options(locked)
    for number in range(3):
        frame = av.VideoFrame(WIDTH, HEIGHT, locked.pixel_format)
        frame.pts = number
        assert len(encoder.encode(frame)) == 1


def test_a_bitrate_is_kept_about(tmp_path: Path) -> None:
    """Ten times the rate is a much larger file."""
    sizes = [
        write_segment(tmp_path / rate, locked_config(RenderConfig(bitrate=rate)), range(60))
        .stat()
        .st_size
        for rate in ("100k", "1M")
    ]
    assert 2 * sizes[0] < sizes[1]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_segment_leaves_nothing(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    """Neither half a segment nor its temporary file stays."""
    mark = SegmentMark(plan_hash=PLAN_HASH, start_frame=0)
    writer = SegmentWriter(
        tmp_path / "s.mp4", locked_config(RenderConfig()), Fraction(30), pixels="bgr0", mark=mark
    )
    with pytest.raises(interruption), writer:
        _write_one_and_raise(writer, interruption)
    assert list(tmp_path.iterdir()) == []


def _digests_in_a_process(perturb: str) -> str:
    environment = {"MALLOC_PERTURB_": perturb, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", _DIGESTS]
    ran = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    return ran.stdout


_DIGESTS = """
import hashlib, pathlib, tempfile
from fanreel.config import RenderConfig
from fanreel.configuration.fields import Quality
from tests.media.encoding import locked_config, write_segment
with tempfile.TemporaryDirectory() as folder:
    for fields in ({}, {"quality": "draft"}, {"quality": "high"}, {"codec": "h265"},
                   {"format": "webm"}, {"format": "mov"}):
        path = write_segment(pathlib.Path(folder), locked_config(RenderConfig(**fields)), range(14))
        print(fields, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def _write_one_and_raise(writer: SegmentWriter, interruption: type[BaseException]) -> None:
    writer.write(writer.convert(bgr0(picture(0))))
    raise interruption
