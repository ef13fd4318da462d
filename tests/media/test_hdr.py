"""HDR output: graphics at reference white, HDR videos above it, tagged, cut and refused."""

import contextlib
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from fanreel.assembly import assemble
from fanreel.config import RenderConfig
from fanreel.encode.hdr import HlgConverter
from fanreel.local import render
from fanreel.media.frames import VideoSource
from fanreel.rendering import render_chunk
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.stills import still
from tests.media.sources import write_video
from tests.media.studio import Studio

HDR = RenderConfig(hdr_mode="force-hdr", quality="draft", crf=4)
PQ, HLG, BT2020 = 16, 18, 9
WHITE = 721
"""10-bit code of 203 cd/m2: 64 + 876 × 0.75, as ITU-R BT.2408 says."""
HIGHLIGHT = 880
WIDTH, HEIGHT = 128, 64
Luma = npt.NDArray[np.uint16]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Yield a studio for the module; nearly all pages here are of one size."""
    with contextlib.closing(Studio(tmp_path_factory.mktemp("studio"))) as studio:
        yield studio


def hlg_code(nits: float) -> float:
    """Return the 10-bit code of grey of *nits* on a screen of 1000 cd/m2, by BT.2100's formulas."""
    scene = (nits / 1000) ** (1 / 1.2)
    log = 0.17883277 * math.log(max(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return 64 + 876 * (math.sqrt(3 * scene) if scene <= 1 / 12 else log)


def pq_code(nits: float) -> int:
    """Return the 10-bit code of *nits* in PQ, by BT.2100's formula."""
    power = (nits / 10000) ** 0.1593017578125
    signal: float = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    return round(64 + 876 * signal)


def halves(left: int, right: int) -> Luma:
    """Return a luma plane of two greys."""
    luma = np.full((HEIGHT, WIDTH), left, np.uint16)
    luma[:, WIDTH // 2 :] = right
    return luma


def write_hdr(path: Path, luma: Luma, transfer: int, count: int = 6) -> Path:
    """Write grey HDR video, in 10 bits and without loss."""
    with av.open(str(path), "w") as target:
        stream: Any = target.add_stream("libx265", rate=Fraction(30))
        stream.options = {"x265-params": "log-level=none:lossless=1:bframes=0"}
        stream.height, stream.width = luma.shape
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.colorspace = context.color_primaries = BT2020
        context.color_trc, context.color_range = transfer, 1
        chroma = np.full((luma.shape[0] // 2, luma.shape[1]), 512, np.uint16)
        for number in range(count):
            picture = np.vstack([np.roll(luma, 16 * number, axis=0), chroma])
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p10le")
            frame.pts = number
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


def write_page(folder: Path, body: str, *, duration: str = "0.2") -> Path:
    """Write a black page of 320 × 180."""
    folder.mkdir(exist_ok=True)
    (
        folder / "index.html"
    ).write_text(f"""<!doctype html><html><body style="margin:0;background:#000">
<style>#root > * {{ position: absolute }}</style>
<div id="root" data-composition-id="main" data-width="320" data-height="180"
  data-start="0" data-duration="{duration}" data-fps="30"
  style="position:relative;width:320px;height:180px;overflow:hidden">{body}</div></body></html>""")
    return folder


def clip(name: str, style: str) -> str:
    """Return a video element over the whole timeline."""
    return (
        f'<video muted src="{name}" data-start="0" data-duration="0.2" data-track-index="1" '
        f'style="{style}"></video>'
    )


def opened(project: Path, out: Path, studio: Studio, config: RenderConfig = HDR) -> SegmentRenderer:
    """Plan *project*, and return what renders it, on the studio's browser."""
    studio.plan(project, config, out / "plan")
    return studio.renderer(out / "plan")


def filmed(project: Path, out: Path, studio: Studio) -> Any:
    """Return the first picture's 10-bit luma codes, not rounded, before it is encoded."""
    with opened(project, out, studio) as renderer:
        [picture] = renderer.capture([0])
    return 64 + 876 * (picture @ np.array([0.2627, 0.6780, 0.0593])) / 65535


def encoded(project: Path, out: Path, studio: Studio, config: RenderConfig = HDR) -> Luma:
    """Return the first luma plane of the film's first segment, 10 bits."""
    with opened(project, out, studio, config) as renderer:
        renderer.render(0, 1, out / "segment.mp4", lambda _frames: None)
    with av.open(str(out / "segment.mp4")) as source:
        frame = next(source.decode(video=0))
    return frame.to_ndarray().astype(np.uint16)[: frame.height]


def test_white_of_graphics_is_at_203_nits(studio: Studio, tmp_path: Path) -> None:
    """Greys lie where the light of an SDR screen with that white would put them."""
    project = write_page(
        tmp_path / "p",
        '<div style="width:80px;height:180px;background:#fff"></div>'
        '<div style="left:80px;width:80px;height:180px;background:#808080"></div>',
    )
    luma = encoded(project, tmp_path, studio)
    grey = 203 * ((128 / 255 + 0.055) / 1.055) ** 2.4
    assert abs(int(luma[90, 40]) - WHITE) <= 1
    assert abs(int(luma[90, 120]) - hlg_code(grey)) <= 1.5
    assert abs(int(luma[90, 240]) - 64) <= 1


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    """Main 10, BT.2020, HLG, limited: in the stream's header and in the container's colr atom."""
    project = write_page(tmp_path / "p", '<p style="color:#fff">hello</p>')
    path = render(project, tmp_path / "v.mp4", HDR.replace(codec="h265")).output_path
    with av.open(str(path)) as source:
        context = source.streams.video[0].codec_context
        assert (context.name, context.profile, context.pix_fmt) == (
            "hevc",
            "Main 10",
            "yuv420p10le",
        )
        assert context.codec_tag == "hvc1"
        frame = next(source.decode(video=0))
    assert (frame.color_primaries, frame.color_trc, frame.colorspace) == (BT2020, HLG, BT2020)
    assert frame.color_range == 1
    colr = b"colrnclx" + bytes([0, BT2020, 0, HLG, 0, BT2020, 0])
    assert colr in path.read_bytes()


@pytest.mark.parametrize(
    ("transfer", "white", "highlight", "expected"),
    [
        (HLG, WHITE, HIGHLIGHT, HIGHLIGHT),
        (PQ, pq_code(203), pq_code(600), hlg_code(600)),
        (PQ, pq_code(203), pq_code(4000), 940),
    ],
    ids=["hlg", "pq", "pq-beyond-the-peak"],
)
def test_a_highlight_is_brighter_than_white(
    studio: Studio, tmp_path: Path, transfer: int, white: int, highlight: int, expected: float
) -> None:
    """Both halves of the source, its white and its highlight, come out where they belong."""
    project = write_page(tmp_path / "p", clip("v.mp4", "left:0;top:0"))
    write_hdr(project / "v.mp4", halves(white, highlight), transfer)
    luma = encoded(project, tmp_path, studio)
    assert abs(int(luma[32, 30]) - WHITE) <= 2
    assert abs(int(luma[32, 98]) - expected) <= 2


@pytest.mark.parametrize(
    ("style", "opacity", "under"),
    [
        ("width:256px;height:128px", 1, 64),
        ("width:91px;height:45px", 1, 64),
        ("width:200px;height:100px;border-radius:30px;clip-path:inset(2px)", 1, 64),
        ("opacity:0.5", 0.5, 64),
        ("opacity:0.3;border-radius:9px", 0.3, 64),
        ("transform:translate(30px,20px) rotate(3deg) scale(1.3)", 1, 64),
    ],
    ids=["larger", "smaller", "rounded", "half-opaque", "faint-and-rounded", "turned"],
)
def test_what_css_does_to_a_video_leaves_its_light(
    studio: Studio, tmp_path: Path, style: str, opacity: float, under: float
) -> None:
    """Within a few of 1023 levels: each of the captures is rounded to 8 bits."""
    project = write_page(tmp_path / "p", clip("v.mp4", f"left:0;top:0;{style}"))
    write_hdr(project / "v.mp4", halves(WHITE, HIGHLIGHT), HLG)
    luma = filmed(project, tmp_path, studio)
    for code in (WHITE, HIGHLIGHT):
        expected = opacity * code + (1 - opacity) * under
        assert np.count_nonzero(np.abs(luma - expected) < 4) > 600


def test_graphics_mix_with_video_in_the_signal(studio: Studio, tmp_path: Path) -> None:
    """Half-opaque white over a highlight lies between the two, not above."""
    veil = (
        '<div style="left:0;top:0;width:320px;height:32px;background:#fff;opacity:0.5;'
        'z-index:2"></div>'
    )
    project = write_page(tmp_path / "p", clip("v.mp4", "left:0;top:0") + veil)
    write_hdr(project / "v.mp4", halves(WHITE, HIGHLIGHT), HLG)
    luma = filmed(project, tmp_path, studio)
    assert abs(luma[16, 30] - WHITE) < 4
    assert abs(luma[16, 98] - (WHITE + HIGHLIGHT) / 2) < 4
    assert abs(luma[48, 98] - HIGHLIGHT) < 1


def test_ten_bits_stay_ten_bits(studio: Studio, tmp_path: Path) -> None:
    """A ramp of every code, not scaled, is the same ramp; 8 bits would show steps of 4."""
    ramp = np.tile(np.arange(600, 600 + WIDTH, dtype=np.uint16), (HEIGHT, 1))
    project = write_page(tmp_path / "p", clip("v.mp4", "left:0;top:0"))
    write_hdr(project / "v.mp4", ramp, HLG)
    luma = filmed(project, tmp_path, studio)[:HEIGHT, :WIDTH]
    assert np.abs(luma - ramp).max() < 0.1


def test_many_segments_are_the_bytes_of_one(studio: Studio, tmp_path: Path) -> None:
    """Segments, each from a page opened afresh, with graphics that move over a video."""
    project = write_page(
        tmp_path / "p",
        clip("v.mp4", "left:9px;top:9px;width:200px;opacity:0.9")
        + '<p style="color:#fe8;animation:a 1s linear">moving</p>'
        + "<style>@keyframes a { to { transform: translate(200px, 90px) } }</style>",
    )
    write_hdr(project / "v.mp4", halves(WHITE, HIGHLIGHT), HLG)
    config = HDR.replace(segment_frames=2)
    whole = render(project, tmp_path / "a.mp4", config, workers=1)
    spread = render(project, tmp_path / "b.mp4", config, workers=2)
    assert whole.sha256 == spread.sha256
    with opened(project, tmp_path, studio, config) as renderer:
        through = [picture.copy() for picture in renderer.capture(range(6))]
        apart = [picture.copy() for n in (2, 4) for picture in renderer.capture([n, n + 1])]
    assert all((one == other).all() for one, other in zip(through[2:], apart, strict=True))


def test_scripts_run_once_a_frame(studio: Studio, tmp_path: Path) -> None:
    """However many captures a frame needs; and what they draw of a video is SDR, as ever."""
    project = write_page(
        tmp_path / "p",
        clip("v.mp4", "left:0;top:90px;width:20px")
        + '<canvas id="c" width="320" height="60" style="left:0;top:0"></canvas>'
        + """<script>
const context = document.getElementById("c").getContext("2d");
const video = document.querySelector("video");
let calls = 0;
(function draw() {
  requestAnimationFrame(draw);
  context.fillStyle = "#fff";
  context.clearRect(0, 0, 200, 60);
  context.fillRect(0, 0, 10 * calls, 60);
  if (video.readyState > 1) context.drawImage(video, 200, 0, 100, 60);
  calls += 1;
})();
</script>""",
    )
    write_hdr(project / "v.mp4", halves(WHITE, HIGHLIGHT), HLG)
    with opened(project, tmp_path, studio) as renderer:
        widths, drawn = [], 0
        for picture in renderer.capture(range(4)):
            widths.append(int(np.count_nonzero(picture[30, :190, 0] > 45000)))
            drawn = max(drawn, int(picture[30, 280, 0]))
    steps = np.diff(widths)
    assert set(steps.tolist()) == {10}
    # Not above the white of graphics, and not black.
    assert 30000 < drawn <= 49200


def test_an_sdr_video_counts_as_graphics(studio: Studio, tmp_path: Path) -> None:
    """Beside an HDR one: its white is the white of graphics."""
    project = write_page(
        tmp_path / "p",
        clip("sdr.mp4", "left:0;top:0") + clip("v.mp4", "left:160px;top:0"),
    )
    write_video(project / "sdr.mp4", [np.full((64, 128, 3), 255, np.uint8)] * 6)
    write_hdr(project / "v.mp4", halves(WHITE, HIGHLIGHT), HLG)
    luma = filmed(project, tmp_path, studio)
    assert abs(luma[32, 64] - WHITE) < 2
    assert abs(luma[32, 160 + 98] - HIGHLIGHT) < 1


def test_a_turned_source_keeps_its_layers_together(tmp_path: Path) -> None:
    """High and low are turned alike; so are sources with pixels that are not square."""
    path = write_hdr(tmp_path / "v.mp4", halves(WHITE, HIGHLIGHT), HLG, count=1)
    with VideoSource(path, keep_hdr=True) as source:
        frame = source.frame(0)
    assert (frame.format, frame.layers) == ("RGBX", 2)
    assert len(frame.planes) == 2 * WIDTH * HEIGHT * 4
    high, low = np.frombuffer(frame.planes, np.uint8).reshape(2, HEIGHT, WIDTH, 4).astype(int)
    code = 64 + 876 * (257 * high[..., 0] + low[..., 0]) / 65535
    assert np.abs(code - halves(WHITE, HIGHLIGHT)).max() < 0.02


def test_auto_warns_and_forced_sdr_does_not(studio: Studio, tmp_path: Path) -> None:
    """The warning names the source and the way to keep its highlights."""
    project = write_page(tmp_path / "p", clip("v.mp4", "left:0;top:0"))
    write_hdr(project / "v.mp4", halves(pq_code(203), pq_code(800)), PQ)
    sdr = RenderConfig(hdr_mode="force-sdr")
    [warning] = studio.plan(project, RenderConfig(), tmp_path / "auto").warnings
    assert "v.mp4 is HDR" in warning
    assert "force-hdr" in warning
    assert studio.plan(project, sdr, tmp_path / "sdr").warnings == ()
    assert studio.plan(project, HDR, tmp_path / "hdr").warnings == ()


def test_many_machines_make_what_one_makes(studio: Studio, tmp_path: Path) -> None:
    """Two chunks, each rendered by itself, give the bytes of one."""
    project = write_page(tmp_path / "p", "")
    films = []
    for chunks in (1, 2):
        plan_dir = tmp_path / f"plan{chunks}"
        config = HDR.replace(max_parallel_chunks=chunks, target_chunk_frames=1, segment_frames=2)
        planned = studio.plan(project, config, plan_dir)
        assert planned.chunk_count == chunks
        paths = [tmp_path / f"{chunks}-{index}.mp4" for index in range(chunks)]
        for index, path in enumerate(paths):
            render_chunk(plan_dir, index, path)
        films.append(tmp_path / f"film{chunks}.mp4")
        assemble(plan_dir, paths, None, films[-1])
    assert films[0].read_bytes() == films[1].read_bytes()


def test_a_still_is_sdr(tmp_path: Path) -> None:
    """PNG files hold what a browser shows."""
    project = write_page(tmp_path / "p", '<div style="inset:0;background:#fff"></div>')
    path = still(project, tmp_path / "s.png", 0, HDR)
    with av.open(str(path)) as source:
        picture = next(source.decode(video=0)).to_ndarray(format="rgb24")
    assert picture[90, 160].tolist() == [255, 255, 255]


@pytest.mark.parametrize("factor", [0.5, 2])
def test_the_output_may_be_scaled(studio: Studio, tmp_path: Path, factor: float) -> None:
    """Drawn larger, or drawn as authored and scaled down."""
    project = write_page(
        tmp_path / "p",
        '<div style="left:160px;width:160px;height:180px;background:#fff"></div>'
        + clip("v.mp4", "left:0;top:0"),
    )
    write_hdr(project / "v.mp4", halves(WHITE, HIGHLIGHT), HLG)
    luma = encoded(project, tmp_path, studio, HDR.replace(output_resolution=factor))
    assert luma.shape == (180 * factor, 320 * factor)
    assert abs(int(luma[int(32 * factor), int(98 * factor)]) - HIGHLIGHT) <= 2
    assert abs(int(luma[int(90 * factor), int(240 * factor)]) - WHITE) <= 1


def test_colours_go_through_the_matrix_exactly() -> None:
    """Within the rounding to 10 bits of BT.2020's own equations."""
    generator = np.random.default_rng(1)
    blocks = generator.integers(0, 65536, (12, 16, 3), dtype=np.uint16)
    picture = blocks.repeat(2, axis=0).repeat(2, axis=1)
    frame = HlgConverter(32, 24).convert(picture)
    planes = frame.to_ndarray()
    red, green, blue = (blocks[..., n] / 65535 for n in range(3))
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    assert np.abs(planes[:24][::2, ::2] - (64 + 876 * luma)).max() < 0.6
    expected = 512 + 896 * (blue - luma) / 1.8814
    assert np.abs(planes[24:30].reshape(12, 16) - expected).max() < 0.6
