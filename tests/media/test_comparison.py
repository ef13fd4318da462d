"""`fanreel diff` and `fanreel info`: what they say of files whose content is known."""

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fanreel.cli.app import app
from fanreel.comparison.comparing import compare
from fanreel.comparison.comparison import SAME_DB
from fanreel.comparison.frames import difference, read_frames
from fanreel.errors import InvalidConfig
from fanreel.media.describing import describe_file
from tests.media.sources import numbered, tone, write_sound_file, write_video

LOSSLESS = {"qp": "0", "preset": "ultrafast"}
PAGE = """<!doctype html>
<div data-composition-id="main" data-duration="0.2" data-width="64" data-height="36"
  data-no-timeline>
  <p id="a" class="clip" data-start="0" data-duration="1">{word}</p>
</div>
"""


def grey(level: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return one grey picture."""
    return np.full((32, 64, 3), level, np.uint8)


@pytest.fixture(name="video")
def _video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "a.mp4", map(numbered, range(6)), options=LOSSLESS)


def test_a_video_equals_itself(video: Path) -> None:
    """No frame differs, and no pair is kept."""
    found = compare(video, video)
    assert (found.differing, found.lowest_db, found.worst) == (0, SAME_DB, ())
    assert found.passes(100)


def test_the_distance_is_the_peak_signal_to_noise_ratio(tmp_path: Path) -> None:
    """Frame 2 is 16 levels brighter in three of four channels: 10 log10(255² / (16² · 3/4))."""
    folders = [tmp_path / "left", tmp_path / "right"]
    for folder in folders:
        folder.mkdir()
        for number in range(4):
            level = 116 if folder.name == "right" and number == 2 else 100
            write_video(
                folder / f"{number}.png", [grey(level)], codec="png", pixel_format="rgb24",
                container_options={"update": "1"},
            )  # fmt: skip
    found = compare(*folders)
    assert found.psnr_db == pytest.approx([SAME_DB, SAME_DB, 25.297, SAME_DB], abs=1e-3)
    [pair] = found.worst
    assert pair.frame == 2
    one, other = (next(read_frames(folder / "2.png")) for folder in folders)
    assert difference(one, other)[0, 0].tolist() == [64, 64, 64, 255]
    assert not found.passes(30)
    assert found.passes(25)


def test_a_video_that_is_shorter_does_not_pass(video: Path, tmp_path: Path) -> None:
    """Whatever the frames are that both have."""
    short = write_video(tmp_path / "b.mp4", map(numbered, range(5)), options=LOSSLESS)
    found = compare(video, short)
    assert (found.left_frames, found.right_frames, found.lowest_db) == (6, 5, SAME_DB)
    assert not found.passes(0)


def test_another_size_is_refused(video: Path, tmp_path: Path) -> None:
    """The message names both, and what to do."""
    other = write_video(tmp_path / "b.mp4", [grey(10)])
    with pytest.raises(InvalidConfig, match=r"is 128x64, .* is 64x32: .* --width"):
        compare(video, other)


def test_the_command_tells_and_judges(video: Path, tmp_path: Path) -> None:
    """Exit status 1 below the bar; the page holds curve and pictures and asks for nothing."""
    other = write_video(tmp_path / "b.mp4", map(numbered, [0, 1, 2, 9, 4, 5]), options=LOSSLESS)
    page = tmp_path / "report.html"
    words = ["diff", str(video), str(other)]
    ran = CliRunner().invoke(app, [*words, "--bar", "40", "--report", str(page)])
    assert ran.exit_code == 1
    assert ran.stdout.startswith("1 of 6 frames differ; lowest ")
    assert "worst: frame 3, 0.10 s\nbelow the bar of 40 dB\n" in ran.stdout
    text = page.read_text()
    assert "<b>frame 3</b>, 0.10 s" in text
    assert text.count('src="data:image/webp;base64,') == 3
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    ran = CliRunner().invoke(app, [*words, "--json"])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["differing"] == 1


@pytest.fixture(name="sounds")
def _sounds(tmp_path: Path) -> tuple[Path, Path]:
    """Return three seconds of a tone, and the same with its second second half as loud."""
    whole = tone(3, 440, 0.5)
    quieter = whole.copy()
    quieter[48_000:96_000] *= 0.5
    return (
        write_sound_file(tmp_path / "a.wav", whole),
        write_sound_file(tmp_path / "b.wav", quieter),
    )


def test_sound_is_compared_second_by_second(sounds: tuple[Path, Path]) -> None:
    """Half as loud: the louder lies 20 log10 2 above the difference, and has the same shape."""
    sound = compare(*sounds).sound
    assert sound
    assert sound.snr_db == pytest.approx([SAME_DB, 6.0206, SAME_DB], abs=1e-3)
    assert sound.correlation == pytest.approx([1, 1, 1], abs=1e-4)
    assert sound.passes(6)
    assert not sound.passes(6.1)


def test_a_sound_that_ends_is_silent(sounds: tuple[Path, Path], tmp_path: Path) -> None:
    """What is missing counts as different, all of it."""
    short = write_sound_file(tmp_path / "c.wav", tone(2, 440, 0.5))
    sound = compare(sounds[0], short).sound
    assert sound
    assert sound.snr_db == pytest.approx([SAME_DB, SAME_DB, 0], abs=1e-3)
    assert sound.correlation[2] == 0


def test_a_turned_sound_is_told_from_another(tmp_path: Path) -> None:
    """Upside down its correlation is -1; another pitch has nothing in common."""
    files = [
        write_sound_file(tmp_path / f"{number}.wav", samples)
        for number, samples in enumerate([tone(1, 440, 0.5), -tone(1, 440, 0.5), tone(1, 660, 0.5)])
    ]
    likeness = [compare(files[0], other).sound for other in files[1:]]
    assert [sound.correlation[0] for sound in likeness if sound] == pytest.approx([-1, 0], abs=1e-3)


def test_what_nobody_hears_is_measured_against_what_one_does(tmp_path: Path) -> None:
    """Silence beside a hum of -80 dBFS passes 19 dB, not 0."""
    hum = write_sound_file(tmp_path / "hum.wav", tone(1, 440, 1.4142e-4))
    silence = write_sound_file(tmp_path / "silence.wav", tone(1, 440, 0))
    sound = compare(silence, hum).sound
    assert sound
    assert sound.snr_db == pytest.approx([20], abs=1.0)
    assert sound.correlation == (1.0,)


def test_the_sound_has_a_bar_of_its_own(
    sounds: tuple[Path, Path], video: Path, tmp_path: Path
) -> None:
    """Exit status 1 below it; frames of equal videos do not make up for it."""
    heard = []
    for number, seconds in enumerate([0.2, 0.1]):
        path = tmp_path / f"{number}.mp4"
        heard.append(
            write_video(
                path, map(numbered, range(6)), options=LOSSLESS, sound=tone(seconds, 440, 0.5)
            )
        )
    page = tmp_path / "report.html"
    words = ["diff", *map(str, heard)]
    ran = CliRunner().invoke(app, [*words, "--bar", "40", "--report", str(page)])
    assert ran.exit_code == 0
    assert "0 of 6 frames differ" in ran.stdout
    assert "sound: 1 of 1 seconds differ; worst from 0 s: " in ran.stdout
    ran = CliRunner().invoke(app, [*words, "--sound-bar", "30", "--report", str(page)])
    assert ran.exit_code == 1
    assert "below the sound's bar of 30 dB\n" in ran.stdout
    assert "It does not pass the bar of its sound of 30 dB." in page.read_text()
    ran = CliRunner().invoke(app, ["diff", *map(str, sounds), "--sound-bar", "6", "--json"])
    assert ran.exit_code == 0
    facts = json.loads(ran.stdout)
    assert (facts["leftFrames"], facts["passes"]) == (0, True)
    assert facts["sound"]["snrDb"] == [100, 6.02, 100]
    ran = CliRunner().invoke(app, ["diff", str(heard[0]), str(video), "--sound-bar", "30"])
    assert ran.exit_code == 1
    assert "only the first has sound" in ran.stdout


def test_sounds_of_projects_are_their_mixes(tmp_path: Path) -> None:
    """The same frames; a track that is half as loud."""
    for name, volume in [("one", "1"), ("other", "0.5")]:
        folder = tmp_path / name
        folder.mkdir()
        write_sound_file(folder / "a.wav", tone(0.2, 440, 0.5))
        track = f'<audio src="a.wav" data-start="0" data-volume="{volume}"></audio></div>'
        (folder / "index.html").write_text(PAGE.format(word="a").replace("</div>", track))
    words = ["diff", str(tmp_path / "one"), str(tmp_path / "other"), "--bar", "60"]
    ran = CliRunner().invoke(app, [*words, "--sound-bar", "30"])
    assert ran.exit_code == 1
    assert "0 of 6 frames differ" in ran.stdout
    assert "correlation 1.00" in ran.stdout


def test_projects_are_rendered_for_it(tmp_path: Path) -> None:
    """Their frames, without loss; the same project twice is equal."""
    for name, word in [("one", "Hello"), ("other", "Goodbye")]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(PAGE.format(word=word))
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    ran = CliRunner().invoke(app, ["diff", one, other, "--bar", "60"])
    assert ran.exit_code == 1
    assert ran.stdout.startswith("6 of 6 frames differ")


def test_info_says_what_a_file_is(tmp_path: Path) -> None:
    """Codec, size, rate, frames, pixel format and sound."""
    path = write_video(
        tmp_path / "a.mp4",
        map(numbered, range(9)),
        fps=Fraction(24),
        colour=(1, 1, 1, 1),
        sound=tone(0.375, 440, 0.5),
    )
    facts = describe_file(path)
    assert facts.picture
    assert facts.sound
    assert (facts.container, facts.picture.codec, facts.sound.codec) == ("mov", "h264", "aac")
    assert (facts.picture.width, facts.picture.height, facts.picture.frames) == (128, 64, 9)
    assert (facts.picture.fps, facts.picture.pixel_format) == (Fraction(24), "yuv420p")
    assert (facts.picture.matrix, facts.picture.transfer) == ("bt709", "bt709")
    assert (facts.picture.levels, facts.picture.has_alpha) == ("limited", False)
    assert (facts.sound.sample_rate, facts.sound.layout) == (48_000, "stereo")
    ran = CliRunner().invoke(app, ["info", str(path)])
    assert "128x64, 24 frames/s, 9 frames, yuv420p, bt709/bt709/bt709/limited" in ran.stdout
    assert "sound:   aac, 48000 Hz, stereo" in ran.stdout
    ran = CliRunner().invoke(app, ["info", str(path), "--json"])
    assert json.loads(ran.stdout)["picture"]["pixelFormat"] == "yuv420p"


def test_info_of_sounds_and_pictures(tmp_path: Path) -> None:
    """A sound has no picture; a picture has one frame and no rate; alpha is named."""
    sound = describe_file(write_sound_file(tmp_path / "a.wav", tone(0.5, 440, 0.5)))
    assert sound.picture is None
    assert sound.duration_s == Fraction(1, 2)
    clear = np.zeros((32, 64, 4), np.uint8)
    picture = write_video(
        tmp_path / "a.png", [clear], codec="png", pixel_format="rgba",
        container_options={"update": "1"},
    )  # fmt: skip
    facts = describe_file(picture)
    assert facts.picture
    assert (facts.picture.frames, facts.picture.fps, facts.picture.has_alpha) == (1, None, True)
