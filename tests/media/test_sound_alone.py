"""Sound alone, no sound, and fewer frames: what a configuration leaves out of a render."""

from pathlib import Path

import av
import pytest

from fanreel.config import RenderConfig
from fanreel.local import render
from tests.media.sources import clicks, onset, read_samples, write_sound_file

PAGE = """<!doctype html>
<style>
  body { margin: 0; background: #000 }
  i { position: absolute; width: 4px; height: 36px; background: #fff;
      animation: go 1s linear both }
  @keyframes go { to { transform: translateX(60px) } }
</style>
<div data-composition-id="main" data-duration="1" data-width="64" data-height="36" data-fps="30"
     data-no-timeline><i></i>SOUND</div>
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    sound = '<audio src="pulse.wav" data-start="0.5"></audio>'
    (folder / "index.html").write_text(PAGE.replace("SOUND", sound))
    write_sound_file(folder / "pulse.wav", clicks(0.25, [0]))
    return folder


@pytest.mark.parametrize(
    ("suffix", "codec"), [("wav", "pcm_s16le"), ("m4a", "aac"), ("mp3", "mp3")]
)
def test_a_sound_alone_is_the_mix_of_the_timeline(
    project: Path, tmp_path: Path, suffix: str, codec: str
) -> None:
    """As long as the video would be, and to the sample where its clip begins."""
    output = tmp_path / f"sound.{suffix}"
    result = render(project, output, RenderConfig(format=suffix))
    assert (result.duration_s, result.total_frames, result.warnings) == (1, 0, ())
    with av.open(str(output)) as sound:
        assert not sound.streams.video
        assert sound.streams.audio[0].codec_context.name.removesuffix("float") == codec
    assert onset(read_samples(output)) == pytest.approx(24_000, abs=24)


def test_a_range_of_frames_is_a_range_of_the_sound(project: Path, tmp_path: Path) -> None:
    """From 0.4 s to 0.8 s, the pulse comes after 0.1 s."""
    output = tmp_path / "sound.wav"
    render(project, output, RenderConfig(format="wav", frame_range=(12, 24)))
    sound = read_samples(output)
    assert len(sound) == 19_200
    assert onset(sound) == 4_800


def test_a_page_without_sound_gives_silence_and_says_so(project: Path, tmp_path: Path) -> None:
    """A file of the length that was asked for, and a warning."""
    (project / "index.html").write_text(PAGE.replace("SOUND", ""))
    output = tmp_path / "sound.wav"
    result = render(project, output, RenderConfig(format="wav"))
    assert result.warnings == ("index.html has no sound: the wav holds silence",)
    sound = read_samples(output)
    assert (len(sound), abs(sound).max()) == (48_000, 0)


def test_a_muted_render_has_no_sound(project: Path, tmp_path: Path) -> None:
    """And the same pictures."""
    render(project, tmp_path / "heard.mp4", RenderConfig())
    render(project, tmp_path / "muted.mp4", RenderConfig(mute=True))
    with (
        av.open(str(tmp_path / "muted.mp4")) as muted,
        av.open(str(tmp_path / "heard.mp4")) as all_,
    ):
        assert (len(muted.streams.audio), len(all_.streams.audio)) == (0, 1)
        packets = [[bytes(p) for p in film.demux(video=0) if p.size] for film in (muted, all_)]
    assert packets[0] == packets[1]


def test_every_nth_frame_is_a_frame_of_the_whole(project: Path, tmp_path: Path) -> None:
    """Every third of 30 frames: those pictures, a third of the rate, the same length."""
    render(project, tmp_path / "all", RenderConfig(format="png-sequence"))
    some = RenderConfig(format="png-sequence", every_nth_frame=3)
    result = render(project, tmp_path / "some", some)
    assert (result.total_frames, int(result.fps), int(result.duration_s)) == (10, 10, 1)
    pictures = [sorted((tmp_path / name).glob("*.png")) for name in ("all", "some")]
    assert [path.read_bytes() for path in pictures[1]] == [
        path.read_bytes() for path in pictures[0][::3]
    ]
