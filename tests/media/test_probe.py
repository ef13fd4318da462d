"""What probe() says of real files, and how it refuses what is not media."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageCms

from fanreel.errors import MediaUnreadable, NotMedia
from fanreel.media.probe import probe
from tests.media.sources import HEIGHT, WIDTH, clicks, numbered, tone, write_sound_file, write_video


def pictures(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Return *count* numbered pictures."""
    return [numbered(n) for n in range(count)]


def test_a_video_with_sound(tmp_path: Path) -> None:
    """Length, size and rate are exact."""
    path = write_video(
        tmp_path / "v.mp4", pictures(50), fps=Fraction(25), sound=tone(1), sound_codec="aac"
    )
    info = probe(path)
    assert (info.has_video, info.has_audio, info.codec) == (True, True, "h264")
    assert (info.width, info.height, info.fps) == (WIDTH, HEIGHT, Fraction(25))
    assert info.duration_s == 2
    assert (info.has_alpha, info.is_image, info.is_animated) == (False, False, False)


def test_ntsc_rates_are_fractions(tmp_path: Path) -> None:
    """30 frames at 30000/1001 last 1001/1000 s."""
    path = write_video(tmp_path / "v.mp4", pictures(30), fps=Fraction(30000, 1001))
    assert probe(path).duration_s == Fraction(1001, 1000)
    assert probe(path).fps == Fraction(30000, 1001)


def test_sound_alone(tmp_path: Path) -> None:
    """No size, no rate."""
    info = probe(write_sound_file(tmp_path / "s.wav", tone(1.5)))
    assert (info.has_video, info.has_audio, info.codec) == (False, True, "pcm_s16le")
    assert (info.duration_s, info.width, info.fps) == (Fraction(3, 2), 0, None)


def test_cover_art_is_not_a_video(tmp_path: Path) -> None:
    """A picture attached to music is no picture track."""
    path = tmp_path / "s.mp3"
    with av.open(str(path), "w") as target:
        audio = target.add_stream("libmp3lame", rate=48_000, layout="stereo")
        cover = target.add_stream("png")
        cover.width, cover.height, cover.pix_fmt = WIDTH, HEIGHT, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(numbered(1), format="rgb24")
        target.mux(cover.encode(frame))
        sound = av.AudioFrame.from_ndarray(
            np.zeros((2, 48_000), np.float32), format="fltp", layout="stereo"
        )
        sound.sample_rate = 48_000
        for packets in (audio.encode(sound), audio.encode(None)):
            target.mux(packets)
    assert not probe(path).has_video


@pytest.mark.parametrize(
    ("turn", "size", "rotation"),
    [
        ((0, False, False), (WIDTH, HEIGHT), 0),
        ((-90, False, False), (HEIGHT, WIDTH), 90),
        ((180, False, False), (WIDTH, HEIGHT), 180),
        ((90, False, False), (HEIGHT, WIDTH), 270),
    ],
)
def test_rotation_turns_the_size(
    tmp_path: Path, turn: tuple[float, bool, bool], size: tuple[int, int], rotation: int
) -> None:
    """A phone held upright stores its pictures lying."""
    info = probe(write_video(tmp_path / "v.mp4", pictures(2), turn=turn))
    assert ((info.width, info.height), info.rotation) == (size, rotation)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp"])
@pytest.mark.parametrize(("orientation", "rotation"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_a_photo_tells_its_orientation(
    tmp_path: Path, name: str, orientation: int, rotation: int
) -> None:
    """As cameras write it, in EXIF: side data that PyAV has no name for comes with it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (40, 24)).save(tmp_path / name, exif=exif)
    info = probe(tmp_path / name)
    size = (24, 40) if rotation in {90, 270} else (40, 24)
    assert ((info.width, info.height), info.rotation) == (size, rotation)


def test_a_colour_profile_harms_nobody(tmp_path: Path) -> None:
    """Its name was freed twice: the process died, at the next collection of garbage."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("photo.png", "photo.jpg"):
        Image.new("RGB", (40, 24)).save(tmp_path / name, icc_profile=profile)
    code = (
        "import gc, sys; from pathlib import Path; from fanreel.media.probe import probe\n"
        "for _ in range(60):\n"
        "    for name in sys.argv[1:]: probe(Path(name))\n"
        "    gc.collect()"
    )
    files = [str(tmp_path / "photo.png"), str(tmp_path / "photo.jpg")]
    ended = subprocess.run([sys.executable, "-c", code, *files], check=False)
    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(Fraction(4, 3), (WIDTH * 4 // 3 + 1, HEIGHT)), (Fraction(1, 2), (WIDTH, 2 * HEIGHT))],
)
def test_oblong_pixels_stretch_one_side(
    tmp_path: Path, aspect: Fraction, size: tuple[int, int]
) -> None:
    """As in Chromium: none shrinks."""
    info = probe(write_video(tmp_path / "v.mp4", pictures(2), sample_aspect=aspect))
    assert (info.width, info.height) == size


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.webm", "libvpx-vp9", "yuva420p"),
        ("b.webm", "libvpx", "yuva420p"),
        ("c.mov", "prores_ks", "yuva444p10le"),
        ("d.mov", "qtrle", "argb"),
        ("e.apng", "apng", "rgba"),
    ],
)
def test_alpha_is_found(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    """In the planes, or beside them in WebM."""
    options = {"auto-alt-ref": "0"} if codec == "libvpx" else {}
    path = write_video(
        tmp_path / name, pictures(2), codec=codec, pixel_format=pixel_format, options=options
    )
    assert probe(path).has_alpha


def test_alpha_is_found_where_a_tag_says_so(tmp_path: Path) -> None:
    """As in a WebM that was copied, packet by packet, or tagged by hand; the name is upper case."""
    source = write_video(
        tmp_path / "a.webm", pictures(2), codec="libvpx-vp9", pixel_format="yuva420p"
    )
    copied = tmp_path / "b.webm"
    with av.open(str(source)) as given, av.open(str(copied), "w") as target:
        stream = target.add_stream_from_template(given.streams.video[0], opaque=True)
        stream.metadata["alpha_mode"] = "1"
        for packet in given.demux(given.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux_one(packet)
    with av.open(str(copied)) as container:
        assert "ALPHA_MODE" in container.streams.video[0].metadata
    assert probe(copied).has_alpha


def test_animated_images_have_a_length_and_still_ones_none(tmp_path: Path) -> None:
    """GIF, APNG and WebP, each of three frames of 200 ms, and a PNG."""
    stills = [Image.fromarray(numbered(n)) for n in range(3)]
    for name in ("a.gif", "a.png", "a.webp"):
        stills[0].save(
            tmp_path / name, save_all=True, append_images=stills[1:], duration=200, loop=2
        )
        info = probe(tmp_path / name)
        assert (info.is_image, info.is_animated, info.duration_s) == (True, True, Fraction(3, 5))
        assert info.plays == (3 if name == "a.gif" else 2)  # a GIF counts what follows the first
    stills[0].save(tmp_path / "b.png")
    stills[0].save(tmp_path / "b.webp")
    for name in ("b.png", "b.webp"):
        info = probe(tmp_path / name)
        assert (info.is_image, info.is_animated, info.duration_s) == (True, False, None)


def test_a_recording_without_a_duration_is_measured(tmp_path: Path) -> None:
    """What MediaRecorder writes says no length."""
    path = write_video(
        tmp_path / "live.webm",
        pictures(45),
        codec="libvpx",
        container_options={"live": "1"},
    )
    assert probe(path).duration_s == Fraction(3, 2)


def test_a_playlist_under_a_media_name_is_not_followed(tmp_path: Path) -> None:
    """Even where the files it names exist."""
    write_video(tmp_path / "real.mp4", pictures(3))
    (tmp_path / "hls.mp4").write_text("#EXTM3U\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n")
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile real.mp4\n")
    for name in ("hls.mp4", "list.mp4"):
        with pytest.raises(NotMedia, match=name):
            probe(tmp_path / name)


def test_a_file_cut_short_is_unreadable(tmp_path: Path) -> None:
    """At every length: with the index in front, behind, or in part."""
    whole = write_video(tmp_path / "v.mp4", pictures(60), sound=clicks(2, [1]))
    fast = write_video(
        tmp_path / "f.mp4", pictures(60), container_options={"movflags": "faststart"}
    )
    for path in (whole, fast):
        data = path.read_bytes()
        for part in (0.02, 0.3, 0.6, 0.97):
            broken = tmp_path / "broken.mp4"
            broken.write_bytes(data[: int(len(data) * part)])
            with pytest.raises(MediaUnreadable, match=r"broken\.mp4"):
                probe(broken)


def test_a_file_of_rubbish_under_a_right_header_is_unreadable(tmp_path: Path) -> None:
    """The container opens, but no picture can be decoded."""
    path = write_video(tmp_path / "v.mp4", pictures(30))
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start : data.index(b"moov") - 4] = bytes(data.index(b"moov") - 4 - start)
    path.write_bytes(data)
    with pytest.raises(MediaUnreadable, match="no picture"):
        probe(path)


def test_encrypted_media_is_unreadable(tmp_path: Path) -> None:
    """DRM is named as the reason."""
    path = write_video(
        tmp_path / "drm.mp4",
        pictures(5),
        container_options={
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
            "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
        },
    )
    with pytest.raises(MediaUnreadable, match="DRM"):
        probe(path)


def test_names_are_not_read_as_protocols(tmp_path: Path) -> None:
    """A colon in a file name means nothing to libav."""
    path = tmp_path / "concat:a|b.mp4"
    write_video(tmp_path / "v.mp4", pictures(3)).rename(path)
    assert probe(path).has_video
