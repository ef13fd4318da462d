"""The right frame of a source at every time, however it is asked for."""

import io
import json
import multiprocessing
import struct
import threading
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fanreel.files.plan_dir import Composition, MediaClip
from fanreel.media.colour import SourceFrame
from fanreel.media.frames import VideoSource
from fanreel.media.serving import FrameFeed
from tests.media.sources import (
    HEIGHT,
    WIDTH,
    clicks,
    numbered,
    read_number,
    write_numbered,
    write_video,
)

COUNT = 60
SHARED_FIXTURE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12
)

# What each source shows: x264 with B-frames and open GOPs, HEVC with CRA pictures, VP8 with its
# invisible pictures, intra-only codecs, pictures that build on each other.
SOURCES: dict[str, dict[str, Any]] = {
    "h264.mp4": {"options": {"x264-params": "keyint=12:bframes=3:open-gop=1"}},
    "h264.mkv": {"options": {"x264-params": "keyint=12:bframes=3:open-gop=1"}},
    "h264.ts": {"options": {"x264-params": "keyint=12:bframes=3"}},
    "h265.mp4": {
        "codec": "libx265",
        "options": {"x265-params": "keyint=12:bframes=3:open-gop=1:log-level=none"},
    },
    "vp8.webm": {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "12"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"g": "20", "lag-in-frames": "12"}},
    "av1.mp4": {"codec": "libsvtav1", "options": {"g": "20", "preset": "12"}},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "12", "bf": "2", "b": "4M"}},
    "qtrle.mov": {"codec": "qtrle", "pixel_format": "rgb24"},
    "anim.gif": {"codec": "gif", "pixel_format": "rgb8", "fps": Fraction(20)},
    "anim.apng": {"codec": "apng", "pixel_format": "rgb24", "fps": Fraction(20)},
    "phone.mp4": {"turn": (90, False, False)},
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with every source, each of 60 numbered frames."""
    directory = tmp_path_factory.mktemp("sources")
    # In a process of its own: SVT-AV1, run by root, gives its process real-time priority, and all
    # that the tests start afterwards would inherit it and starve the machine.
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawning) as process:
        for name, options in SOURCES.items():
            process.submit(write_numbered, directory / name, COUNT, **options).result()
    stills = [Image.fromarray(numbered(n)) for n in range(COUNT)]
    stills[0].save(
        directory / "anim.webp", save_all=True, append_images=stills[1:], duration=50, quality=90
    )
    return directory


def luma(frame: SourceFrame) -> npt.NDArray[Any]:
    """Return a frame's brightness, height × width."""
    if frame.format.startswith("I4"):
        deep = np.uint8 if "P10" not in frame.format else np.dtype("<u2")
        plane = np.frombuffer(frame.planes, deep)[: frame.width * frame.height]
        return plane.reshape(frame.height, frame.width) // (1 if deep == np.uint8 else 4)
    pixels = np.frombuffer(frame.planes, np.uint8).reshape(frame.height, frame.width, 4)
    return pixels[..., 1]


def number(frame: SourceFrame) -> int:
    """Read the number that a frame shows."""
    brightness = luma(frame)
    return read_number(brightness if frame.width > frame.height else np.rot90(brightness, -1))


@pytest.mark.parametrize("name", [*SOURCES, "anim.webp"])
def test_every_frame_is_on_screen_at_its_time(made: Path, name: str) -> None:
    """Frame k from k / fps on, until just before (k + 1) / fps."""
    fps = 20 if name.startswith("anim") else 30
    with VideoSource(made / name) as source:
        shown = [number(source.frame_at(Fraction(k, fps))) for k in range(COUNT)]
        just_before = Fraction(7, fps) - Fraction(1, 100_000)
        assert shown == list(range(COUNT))
        assert number(source.frame_at(just_before)) == 6


@pytest.mark.parametrize("name", [*SOURCES, "anim.webp"])
@SHARED_FIXTURE
@given(order=st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=25))
def test_the_order_of_asking_does_not_change_a_frame(
    made: Path, name: str, order: list[int]
) -> None:
    """Bit for bit the picture that reading from the start gives."""
    with VideoSource(made / name) as straight:
        frames = [straight.frame(k).planes for k in range(COUNT)]
    with VideoSource(made / name) as source:
        for k in order:
            assert source.frame(k).planes == frames[k]


def test_the_first_and_the_last_frame_are_held(made: Path) -> None:
    """Before the start and long after the end."""
    with VideoSource(made / "h264.mp4") as source:
        assert number(source.frame_at(Fraction(-3))) == 0
        assert number(source.frame_at(Fraction(1000))) == COUNT - 1


def test_variable_rate_goes_by_presentation_time(tmp_path: Path) -> None:
    """A screen recording: long stillness, then bursts."""
    stamps = [0, 40, 1040, 1041, 1060, 2500, 2533, 9000]
    path = write_video(
        tmp_path / "screen.mkv",
        (numbered(n) for n in range(len(stamps))),
        stamps=stamps,
        time_base=Fraction(1, 1000),
    )
    with VideoSource(path) as source:
        for k, (start, end) in enumerate(pairwise(stamps)):
            assert number(source.frame_at(Fraction(start, 1000))) == k
            assert number(source.frame_at(Fraction(end, 1000) - Fraction(1, 10**6))) == k


def test_a_late_first_timestamp_is_time_zero(tmp_path: Path) -> None:
    """A source cut out of a longer one starts at 0, as in a browser."""
    path = write_video(
        tmp_path / "late.mkv",
        (numbered(n) for n in range(10)),
        stamps=[300 + n for n in range(10)],
        time_base=Fraction(1, 30),
    )
    with VideoSource(path) as source:
        assert [number(source.frame_at(Fraction(k, 30))) for k in range(10)] == list(range(10))


def test_sound_that_starts_earlier_does_not_push_frames(tmp_path: Path) -> None:
    """Opus begins 6.5 ms before time 0 in WebM; frame k is still on screen from k / fps."""
    path = write_video(
        tmp_path / "v.webm",
        (numbered(n) for n in range(30)),
        codec="libvpx-vp9",
        sound=clicks(1, [0.5]),
        sound_codec="libopus",
    )
    with VideoSource(path) as source:
        assert [number(source.frame_at(Fraction(k, 30))) for k in range(30)] == list(range(30))


def test_an_edit_list_cuts_the_beginning(tmp_path: Path) -> None:
    """Frames before the edit's start are decoded but never shown."""
    path = write_video(
        tmp_path / "v.mp4",
        (numbered(n) for n in range(30)),
        options={"x264-params": "keyint=30:bframes=0"},
    )
    data = bytearray(path.read_bytes())
    at = data.index(b"elst")
    timescale = 15360  # what libav's muxer takes for 30 fps
    struct.pack_into(">II", data, at + 12, 20 * 1000 // 30, 10 * timescale // 30)
    path.write_bytes(data)
    with VideoSource(path) as source:
        assert number(source.frame_at(Fraction(0))) == 10
        assert number(source.frame_at(Fraction(5, 30))) == 15


@pytest.mark.parametrize("flip", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
def test_turned_and_mirrored_sources_stand_upright(
    tmp_path: Path, degrees: int, flip: tuple[bool, bool]
) -> None:
    """The stored picture is turned counterclockwise, then mirrored."""
    corner = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    corner[: HEIGHT // 2, : WIDTH // 2] = 255
    path = write_video(tmp_path / "v.mp4", [corner], turn=(degrees, *flip))
    expected = np.rot90(corner[..., 0], degrees // 90)
    if flip[0]:
        expected = expected[:, ::-1]
    if flip[1]:
        expected = expected[::-1]
    with VideoSource(path) as source:
        frame = source.frame(0)
    assert (frame.width, frame.height) == expected.shape[::-1]
    assert np.abs(luma(frame).astype(int) - (16 + expected * (219 / 255))).max() < 24


@pytest.mark.parametrize(
    ("pixel_format", "codec", "name", "expected"),
    [
        ("yuv420p", "libx264", "a.mp4", "I420"),
        ("yuvj420p", "mjpeg", "b.mov", "I420"),
        ("yuv422p", "libx264", "c.mp4", "I422"),
        ("yuv444p", "libx264", "d.mp4", "I444"),
        ("yuv420p10le", "libx265", "e.mp4", "I420"),
        ("yuv422p10le", "prores_ks", "f.mov", "I422"),
        ("yuva444p10le", "prores_ks", "g.mov", "I444A"),
        ("yuva420p", "libvpx-vp9", "h.webm", "I420A"),
        ("argb", "qtrle", "i.mov", "RGBA"),
        ("rgb24", "qtrle", "j.mov", "RGBX"),
        ("gray", "ffv1", "k.mkv", "I420"),
        ("gbrp", "libvpx-vp9", "l.webm", "RGBX"),
        ("yuv410p", "ffv1", "m.mkv", "I420"),
    ],
)
def test_every_pixel_format_becomes_one_webcodecs_knows(
    tmp_path: Path, pixel_format: str, codec: str, name: str, expected: str
) -> None:
    """The number stays readable, the planes have the size their format says."""
    options = {"x265-params": "log-level=none:bframes=0"} if codec == "libx265" else {}
    path = write_video(
        tmp_path / name, [numbered(200)], codec=codec, pixel_format=pixel_format, options=options
    )
    with VideoSource(path) as source:
        frame = source.frame(0)
    assert (frame.format, number(frame)) == (expected, 200)
    area = frame.width * frame.height
    per_pixel = {"I420": 1.5, "I420A": 2.5, "I422": 2, "I444": 3, "I444A": 4}.get(expected, 4)
    assert len(frame.planes) == area * per_pixel


def test_hdr_keeps_its_tags_and_its_ten_bits(tmp_path: Path) -> None:
    """The browser maps it to SDR, as it does for <video>."""
    path = write_video(
        tmp_path / "v.mp4",
        [numbered(5)],
        codec="libx265",
        pixel_format="yuv420p10le",
        options={"x265-params": "log-level=none:bframes=0"},
        colour=(9, 9, 16, 1),
    )
    with VideoSource(path) as source:
        frame = source.frame(0)
    assert (frame.format, frame.colour.transfer, frame.colour.matrix) == (
        "I420P10",
        "pq",
        "bt2020-ncl",
    )


def test_odd_sizes_are_whole(tmp_path: Path) -> None:
    """Chroma planes round up."""
    path = write_video(
        tmp_path / "v.mkv", [numbered(1)[:63, :127]], codec="ffv1", pixel_format="yuv420p"
    )
    with VideoSource(path) as source:
        frame = source.frame(0)
    assert (frame.width, frame.height) == (127, 63)
    assert len(frame.planes) == 127 * 63 + 2 * 64 * 32


def test_a_damaged_picture_leaves_the_one_before(tmp_path: Path) -> None:
    """Frames around the damage are right, whichever is asked for first."""
    path = write_video(
        tmp_path / "v.mov",
        (numbered(n) for n in range(10)),
        codec="png",
        pixel_format="rgb24",
    )
    with av.open(str(path)) as source:
        fourth = [p.pos for p in source.demux(video=0) if p.size][4]
    assert fourth is not None
    data = bytearray(path.read_bytes())
    data[fourth : fourth + 40] = bytes(40)
    path.write_bytes(data)
    for order in (range(10), reversed(range(10)), [4, 3, 5, 4]):
        with VideoSource(path) as video:
            for k in order:
                assert number(video.frame(k)) == (3 if k == 4 else k)


def test_memory_does_not_grow_with_the_source(tmp_path: Path) -> None:
    """300 frames of 720p, 400 MB decoded, pass through a few frames' worth."""
    big = np.zeros((720, 1280, 3), np.uint8)
    path = write_video(
        tmp_path / "v.mp4", (big for _ in range(300)), options={"preset": "ultrafast"}
    )
    process = psutil.Process()
    with VideoSource(path) as source:
        for k in range(30):
            source.frame(k)
        before = process.memory_info().rss
        for k in range(30, 300):
            source.frame(k)
        assert process.memory_info().rss - before < 40 * 2**20


# --- FrameFeed


def composition(*clips: MediaClip, fps: Fraction = Fraction(30)) -> Composition:
    """Return a composition that shows *clips*."""
    return Composition(
        composition_id="main",
        entry_file="index.html",
        width=640,
        height=360,
        fps=fps,
        duration_s=Fraction(10),
        total_frames=300,
        media=clips,
    )


def clip(name: str, **changes: Any) -> MediaClip:
    """Return a clip that shows file *name* from time 0."""
    given: dict[str, Any] = {
        "key": "m0",
        "kind": "video",
        "path": name,
        "src": name,
        "start_s": Fraction(0),
        "duration_s": Fraction(5),
        "shown": True,
    }
    return MediaClip(**(given | changes))


def decoded(reply: bytes) -> tuple[dict[str, Any], npt.NDArray[Any]]:
    """Take a reply apart: its header, and its luma plane."""
    (length,) = struct.unpack_from("<I", reply)
    header = json.loads(reply[4 : 4 + length])
    area = header["width"] * header["height"]
    plane = np.frombuffer(reply, np.uint8, area, 4 + length)
    return header, plane.reshape(header["height"], header["width"])


def test_the_feed_answers_by_output_frame(made: Path) -> None:
    """Start, offset and rate are applied exactly: 25 fps output of a 30 fps source."""
    shown = clip("h264.mp4", start_s=Fraction(1, 5), offset_s=Fraction(1, 3), rate=Fraction(3, 2))
    with FrameFeed(made, composition(shown, fps=Fraction(25))) as feed:
        for frame in (5, 6, 7, 12, 20):
            wanted = int(
                ((Fraction(frame, 25) - Fraction(1, 5)) * Fraction(3, 2) + Fraction(1, 3)) * 30
            )
            header, plane = decoded(feed.frame("m0", frame))
            assert (header["index"], read_number(plane)) == (wanted, wanted)


def test_the_feed_does_not_send_a_picture_twice(made: Path) -> None:
    """A page that says what it shows gets 204 while that is still right."""
    with FrameFeed(made, composition(clip("h264.mp4", rate=Fraction(1, 4)))) as feed:
        status, kind, body = feed.reply("frame/m0/4") or (0, "", b"")
        assert (status, kind, decoded(body)[0]["index"]) == (200, "application/octet-stream", 1)
        assert feed.reply("frame/m0/7/1") == (204, "application/octet-stream", b"")
        assert (feed.reply("frame/m0/8/1") or (0,))[0] == 200


def test_the_feed_knows_only_its_clips(made: Path) -> None:
    """Anything else is not found, never an exception."""
    with FrameFeed(made, composition(clip("h264.mp4"))) as feed:
        for path in ("frame/m1/0", "frame/m0/", "frame/m0/-1", "frame/../0", "other", ""):
            assert feed.reply(path) is None


def test_planes_begin_aligned(made: Path) -> None:
    """So that the page may view them as 16-bit samples."""
    with FrameFeed(made, composition(clip("h264.mp4"))) as feed:
        (length,) = struct.unpack_from("<I", feed.frame("m0", 3))
    assert (4 + length) % 16 == 0


def test_clips_of_one_file_share_what_is_decoded(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six clips of one source, in step, decode each frame once."""
    decodes: list[int] = []
    original = VideoSource.frame

    def counted(self: VideoSource, index: int, **options: Any) -> SourceFrame:
        decodes.append(index)
        return original(self, index, **options)

    monkeypatch.setattr(VideoSource, "frame", counted)
    clips = [clip("h264.mp4", key=f"m{i}") for i in range(6)]
    with FrameFeed(made, composition(*clips)) as feed:
        for frame in range(20):
            for i in range(6):
                assert read_number(decoded(feed.frame(f"m{i}", frame))[1]) == frame
    assert decodes == list(range(20))


def test_clips_of_one_file_at_different_places_do_not_disturb_each_other(made: Path) -> None:
    """Each place keeps a decoder, and every picture is right."""
    offsets = [Fraction(0), Fraction(1, 2), Fraction(1), Fraction(1, 3), Fraction(1, 6)]
    clips = [clip("vp9.webm", key=f"m{i}", offset_s=o) for i, o in enumerate(offsets)]
    with FrameFeed(made, composition(*clips)) as feed:
        for frame in range(25):
            for i, offset in enumerate(offsets):
                plane = decoded(feed.frame(f"m{i}", frame))[1]
                assert read_number(plane) == frame + int(offset * 30)


def test_a_loop_wraps_and_an_image_repeats(made: Path) -> None:
    """A 2 s video after 2 s, a 3 s GIF after 3 s."""
    clips = [clip("h264.mp4", loop=True), clip("anim.gif", key="m1", kind="image")]
    with FrameFeed(made, composition(*clips)) as feed:
        assert read_number(decoded(feed.frame("m0", 65))[1]) == 5
        reply = feed.frame("m1", 93)
        (length,) = struct.unpack_from("<I", reply)
        assert json.loads(reply[4 : 4 + length])["index"] == 2
        picture = Image.open(io.BytesIO(reply[4 + length :])).convert("RGB")
        assert read_number(np.asarray(picture)[..., 1]) == 2


def test_many_threads_may_ask_at_once(made: Path) -> None:
    """The server answers each request on a thread of its own."""
    clips = [clip("h264.mp4"), clip("h264.mp4", key="m1", offset_s=Fraction(1))]
    wrong: list[tuple[int, int]] = []
    with FrameFeed(made, composition(*clips)) as feed:

        def ask(seed: int) -> None:
            for step in range(30):
                frame = (seed * 7 + step) % 30
                shown = read_number(decoded(feed.frame(f"m{seed % 2}", frame))[1])
                if shown != frame + 30 * (seed % 2):
                    wrong.append((frame, shown))

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_a_broken_source_is_told_to_the_page_and_kept(tmp_path: Path) -> None:
    """500 with the reason; the renderer raises what the feed remembers."""
    (tmp_path / "x.mp4").write_text("<html>")
    with FrameFeed(tmp_path, composition(clip("x.mp4"))) as feed:
        status, _, body = feed.reply("frame/m0/0") or (0, "", b"")
        assert status == 500
        assert b"x.mp4 is not media" in body
        assert feed.failure is not None
