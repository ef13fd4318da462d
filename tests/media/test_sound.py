"""The mix: every sound where and as loud as the composition says, to the sample."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from fanreel.files.plan_dir import MediaClip
from fanreel.media.sound.desk import Desk, Strip
from fanreel.media.sound.effects.chain import Node
from fanreel.media.sound.lanes import Lane
from fanreel.media.sound.mixing import is_heard, mix
from fanreel.media.sound.reader import read_sound
from tests.media.sources import (
    Sound,
    clicks,
    numbered,
    onset,
    read_samples,
    tone,
    write_sound_file,
    write_video,
)


def clip(path: Path, **changes: Any) -> MediaClip:
    """Return an audible clip of *path* over the first second."""
    given: dict[str, Any] = {
        "key": "m0",
        "kind": "audio",
        "path": str(path),
        "src": path.name,
        "start_s": Fraction(0),
        "duration_s": Fraction(1),
        "audible": True,
    }
    return MediaClip(**(given | changes))


def mixed(tmp_path: Path, clips: list[MediaClip], total_s: Fraction, **options: Any) -> Sound:
    """Mix to PCM and read the samples back."""
    output = tmp_path / "mix.wav"
    mix(tmp_path, clips, total_s, output, "pcm_s16le", **options)
    return read_samples(output)


@pytest.fixture
def click(tmp_path: Path) -> Path:
    """Return three seconds with pulses at 0.5, 1.25 and 2.5."""
    return write_sound_file(tmp_path / "click.wav", clicks(3, [0.5, 1.25, 2.5]))


@pytest.mark.parametrize(
    "codec_name", ["aac.m4a", "libmp3lame.mp3", "pcm_s16le.wav", "libopus.webm", "libopus.ogg"]
)
def test_every_encoding_starts_to_the_sample(tmp_path: Path, click: Path, codec_name: str) -> None:
    """Encoder priming is hidden: a pulse put at 1/3 s + 0.25 s is decoded there."""
    codec, _, extension = codec_name.partition(".")
    output = tmp_path / f"mix.{extension}"
    put = clip(click, start_s=Fraction(1, 3), offset_s=Fraction(1), duration_s=Fraction(1))
    mix(tmp_path, [put], Fraction(2), output, codec)
    assert onset(read_samples(output)) == 16_000 + 12_000


def test_the_length_is_the_videos_to_the_sample(tmp_path: Path, click: Path) -> None:
    """100 frames of 30000/1001 fps are 160160 samples, whatever the clips are long."""
    assert len(mixed(tmp_path, [clip(click)], 100 / Fraction(30000, 1001))) == 160_160


def test_an_aac_file_says_its_exact_length(tmp_path: Path, click: Path) -> None:
    """The edit list counts samples, not milliseconds."""
    output = tmp_path / "mix.m4a"
    mix(tmp_path, [clip(click)], Fraction(100 * 1001, 30000), output, "aac")
    data = output.read_bytes()
    at = data.index(b"elst")
    duration, media_time = (
        int.from_bytes(data[at + 12 + 4 * i : at + 16 + 4 * i], "big") for i in range(2)
    )
    assert (duration, media_time) == (160_160, 1024)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [
        ("a.m4a", "aac", 48_000, 2),
        ("b.m4a", "aac", 44_100, 2),
        ("c.mp3", "libmp3lame", 44_100, 2),
        ("d.mp3", "libmp3lame", 48_000, 1),
        ("e.webm", "libopus", 48_000, 2),
        ("f.flac", "flac", 44_100, 1),
        ("g.wav", "pcm_s16le", 32_000, 2),
    ],
)
@pytest.mark.parametrize("offset", [Fraction(0), Fraction(2), Fraction("2.2")])
def test_every_source_is_trimmed_to_the_sample(
    tmp_path: Path, name: str, codec: str, rate: int, channels: int, offset: Fraction
) -> None:
    """The pulse at 2.5 s comes 2.5 s − offset after the clip's start, whatever the container."""
    sound = clicks(4, [2.5], channels, rate)
    source = write_sound_file(tmp_path / name, sound, codec=codec, rate=rate)
    out = mixed(tmp_path, [clip(source, offset_s=offset, duration_s=Fraction(3))], Fraction(3))
    # A resampled edge rings by a sample; everything else is exact.
    assert abs(onset(out) - round((Fraction("2.5") - offset) * 48_000)) <= (rate != 48_000)


def test_mono_is_as_loud_as_in_a_browser(tmp_path: Path) -> None:
    """Both sides get the full level, not 3 dB less."""
    source = write_sound_file(tmp_path / "mono.wav", tone(1, level=0.5, channels=1))
    out = mixed(tmp_path, [clip(source)], Fraction(1))
    assert np.abs(out).max() == pytest.approx(0.5, abs=1e-4)
    assert np.array_equal(out[:, 0], out[:, 1])


def test_an_untouched_clip_keeps_its_samples(tmp_path: Path) -> None:
    """48 kHz stereo at volume 1 comes out bit for bit, limiter and all."""
    source = write_sound_file(tmp_path / "tone.wav", tone(2, level=1.0))
    out = mixed(tmp_path, [clip(source, duration_s=Fraction(2))], Fraction(3))
    assert np.array_equal(out[:96_000], read_samples(source))
    assert not out[96_000:].any()


def test_volume_scales_and_clips_add_up(tmp_path: Path) -> None:
    """Two clips of one tone, at 0.5 and 0.25, are the tone at 0.75."""
    source = write_sound_file(tmp_path / "tone.wav", tone(1))
    parts = [clip(source, volume=0.5), clip(source, key="m1", volume=0.25)]
    out = mixed(tmp_path, parts, Fraction(1))
    assert np.allclose(out, read_samples(source) * 0.75, atol=2e-4)


def test_loud_mixes_are_limited_not_cut_off(tmp_path: Path) -> None:
    """Four tones at 0.5 would peak at 2; the result peaks at 1 and has no flat tops."""
    source = write_sound_file(tmp_path / "tone.wav", tone(1))
    out = mixed(tmp_path, [clip(source, key=f"m{i}") for i in range(4)], Fraction(1))
    assert np.abs(out).max() <= 1.0
    level = np.abs(out[24_000:36_000, 0])
    assert level.max() > 0.9
    assert (level > 0.9999).mean() < 0.02  # a sine: 0.9 %; cut off: 67 %


def test_an_envelope_moves_the_volume(tmp_path: Path) -> None:
    """Volume over time, in seconds of the timeline: up within a second, then held."""
    source = write_sound_file(tmp_path / "flat.wav", np.full((96_000, 2), 0.5, np.float32))
    fade = Strip(volume=Lane.through([(Fraction(0), 0.0), (Fraction(1), 1.0)]))
    put = clip(source, duration_s=Fraction(2))
    out = mixed(tmp_path, [put], Fraction(3), desk=Desk(clips={"m0": fade}))
    assert out[24_000, 0] == pytest.approx(0.25, abs=1e-3)
    assert out[60_000, 0] == pytest.approx(0.5, abs=1e-3)


def test_a_cut_in_the_middle_of_sound_is_faded_for_2_ms(tmp_path: Path) -> None:
    """No click: the step at either end becomes a ramp; 3 ms further in nothing is touched."""
    source = write_sound_file(tmp_path / "flat.wav", np.full((96_000, 2), 0.5, np.float32))
    out = mixed(tmp_path, [clip(source, offset_s=Fraction(1, 2), start_s=Fraction(1))], Fraction(3))
    heard = out[48_000:96_000, 0]
    assert np.abs(np.diff(out[:, 0])).max() < 0.01
    assert np.allclose(heard[144:-144], 0.5, atol=1e-4)


def test_a_split_clip_sounds_as_if_it_were_whole(tmp_path: Path) -> None:
    """Where the next clip carries the sound on there is no cut, so no fade."""
    source = write_sound_file(tmp_path / "tone.wav", tone(2))
    half = Fraction("0.73")
    parts = [
        clip(source, duration_s=half),
        clip(source, key="m1", start_s=half, offset_s=half, duration_s=2 - half),
    ]
    out = mixed(tmp_path, parts, Fraction(3))
    assert np.array_equal(out[:96_000], read_samples(source))


def test_a_loop_repeats_from_the_in_point(tmp_path: Path, click: Path) -> None:
    """Laps of 2 s: the pulse 0.25 s after the in-point comes back every two seconds."""
    looped = clip(click, offset_s=Fraction(1), duration_s=Fraction(7), loop=True)
    out = mixed(tmp_path, [looped], Fraction(7))
    loud = np.abs(out[:, 0]) > 0.25
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    assert starts.tolist() == [12_000, 72_000, 108_000, 168_000, 204_000, 264_000, 300_000]


def test_a_short_loop_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the file for every lap took longer than all the rest; laps are as if it were."""
    opened: list[Fraction] = []

    def counted(path: Path, start_s: Fraction, rate: Fraction) -> Iterator[Sound]:
        opened.append(start_s)
        return read_sound(path, start_s, rate)

    monkeypatch.setattr("fanreel.media.sound.track.read_sound", counted)
    lap = np.random.default_rng(2).uniform(-0.5, 0.5, (4801, 2)).astype(np.float32)
    source = write_sound_file(tmp_path / "lap.wav", lap)
    out = mixed(tmp_path, [clip(source, loop=True, duration_s=Fraction(2))], Fraction(2))
    assert np.array_equal(out[:-96], np.tile(read_samples(source), (20, 1))[: len(out) - 96])
    assert len(opened) == 2


@pytest.mark.parametrize("rate", [Fraction(1, 4), Fraction(1, 2), Fraction(3, 2), Fraction(4)])
def test_retiming_changes_the_length_but_not_the_pitch(tmp_path: Path, rate: Fraction) -> None:
    """A 4 s tone of 1 kHz lasts 4 / rate seconds and stays at 1 kHz and at its level."""
    source = write_sound_file(tmp_path / "tone.wav", tone(4, 1000))
    lasts_s = 4 / rate
    out = mixed(tmp_path, [clip(source, duration_s=2 * lasts_s, rate=rate)], 2 * lasts_s)
    heard = np.abs(out[:, 0]) > 0.1
    assert np.flatnonzero(heard)[-1] / 48_000 == pytest.approx(float(lasts_s), abs=0.03)
    middle = out[len(out) // 8 : len(out) // 4, 0]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 48_000 / len(middle) == pytest.approx(1000, rel=0.01)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.02)


def test_a_clip_that_began_before_the_output_plays_its_rest(tmp_path: Path, click: Path) -> None:
    """A frame range is cut out of the timeline."""
    put = clip(click, start_s=Fraction(1), duration_s=Fraction(3))
    assert onset(mixed(tmp_path, [put], Fraction(2), from_s=Fraction(2))) == 12_000


@pytest.mark.parametrize("place", ["clip", "group", "master"])
def test_what_began_before_the_output_rings_on_in_it(tmp_path: Path, place: str) -> None:
    """Wherever the echo is made, a frame range after the clip has it as the whole film does."""
    source = write_sound_file(tmp_path / "tone.wav", tone(1))
    echo = (Node(kind="delay", settings={"time": 700.0, "feedback": 0.5, "mix": 1.0}),)
    desk = {
        "clip": Desk(clips={"m0": Strip(chain=echo)}),
        "group": Desk(clips={"m0": Strip(group="g")}, groups={"g": Strip(chain=echo)}),
        "master": Desk(master=echo),
    }[place]
    whole = mixed(tmp_path, [clip(source)], Fraction(3), desk=desk)
    part = mixed(tmp_path, [clip(source)], Fraction(1), from_s=Fraction(3, 2), desk=desk)
    assert np.array_equal(part, whole[72_000:120_000])
    assert part.any()


def test_a_clip_rings_for_five_seconds_at_most(tmp_path: Path) -> None:
    """Its own echoes are cut off; those of a group go on."""
    source = write_sound_file(tmp_path / "tone.wav", tone(1))
    echo = (Node(kind="delay", settings={"time": 1000.0, "feedback": 0.95, "mix": 1.0}),)
    alone = Desk(clips={"m0": Strip(chain=echo)})
    grouped = Desk(clips={"m0": Strip(group="g")}, groups={"g": Strip(chain=echo)})
    out = mixed(tmp_path, [clip(source)], Fraction(8), desk=alone)
    assert out[5 * 48_000 : 6 * 48_000].any()
    assert not out[6 * 48_000 :].any()
    assert mixed(tmp_path, [clip(source)], Fraction(8), desk=grouped)[7 * 48_000 :].any()


def test_the_sound_of_a_video_is_mixed_too(tmp_path: Path) -> None:
    """Its track is found beside the pictures, and its priming is hidden."""
    source = write_video(
        tmp_path / "v.mp4", (numbered(n) for n in range(60)), sound=clicks(2, [0.75])
    )
    out = mixed(tmp_path, [clip(source, kind="video", duration_s=Fraction(2))], Fraction(2))
    assert onset(out) == 36_000


def test_samples_that_are_no_numbers_are_silent(tmp_path: Path) -> None:
    """A damaged file of floats is heard before and after its hole, filtered or not."""
    sound = tone(1)
    sound[1000:1002], sound[1002] = np.nan, np.inf
    source = write_sound_file(tmp_path / "floats.wav", sound, codec="pcm_f32le")
    out = mixed(tmp_path, [clip(source)], Fraction(1))
    assert not out[1000:1003].any()
    assert np.allclose(out[1003:], sound[1003:], atol=1e-4)
    filters = (Node(kind="peaking", settings={"frequency": 440.0, "q": 1.0, "gain": 0.0}),)
    filtered = mixed(tmp_path, [clip(source)], Fraction(1), desk=Desk(master=filters))
    assert np.allclose(filtered, out, atol=1e-4)


def test_silence_writes_nothing(tmp_path: Path) -> None:
    """No clip, a muted clip, a video without sound: no file."""
    source = write_video(tmp_path / "v.mp4", (numbered(n) for n in range(3)))
    for clips in ([], [clip(source)], [clip(source, audible=False)]):
        assert not is_heard(tmp_path, clips, Fraction(1))
    assert not list(tmp_path.glob("*mix*"))


def test_the_same_clips_give_the_same_bytes(tmp_path: Path, click: Path) -> None:
    """Nothing of the run is written into the file."""
    for name in ("one.m4a", "two.m4a"):
        mix(tmp_path, [clip(click, volume=0.7)], Fraction(2), tmp_path / name, "aac")
    assert (tmp_path / "one.m4a").read_bytes() == (tmp_path / "two.m4a").read_bytes()


def test_aac_is_encoded_at_192_kbit(tmp_path: Path) -> None:
    """Noise needs every bit it is given."""
    generator = np.random.default_rng(1)
    sound = generator.uniform(-0.4, 0.4, (480_000, 2)).astype(np.float32)
    source = write_sound_file(tmp_path / "noise.wav", sound)
    mix(tmp_path, [clip(source, duration_s=Fraction(10))], Fraction(10), tmp_path / "m.m4a", "aac")
    with av.open(str(tmp_path / "m.m4a")) as made:
        assert made.streams.audio[0].bit_rate == pytest.approx(192_000, rel=0.05)
