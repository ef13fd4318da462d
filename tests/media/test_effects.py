"""Effects do to a sound what their knobs say; expectations are computed by other ways."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fanreel.media.sound.effects.chain import Node, Preset, tail_s, through
from fanreel.media.sound.effects.registry import KINDS, Dial
from fanreel.media.sound.lanes import Lane
from tests.media.sources import Sound, tone

RATE = 48_000
PIECES = (4096, 777, 48_000)


def node(kind: str, lanes: Mapping[str, Lane] | None = None, /, **settings: Any) -> Node:
    """Return an effect of *kind*, set otherwise only where said."""
    defaults = {name: knob.default for name, knob in KINDS[kind].knobs.items()}
    return Node(kind=kind, settings=defaults | settings, lanes=lanes or {})


def played(sound: Sound, *chain: Node, start: int = 0, size: int = 4096) -> Sound:
    """Send *sound* through *chain* in pieces of *size*."""
    pieces: Iterator[Sound] = (sound[at : at + size] for at in range(0, len(sound), size))
    return np.concatenate(list(through(chain, pieces, start)))


def impulse(seconds: float = 1.0, level: float = 0.5) -> Sound:
    """Return one loud sample, then silence."""
    sound = np.zeros((round(seconds * RATE), 2), np.float32)
    sound[0] = level
    return sound


def rms(sound: Sound) -> float:
    """Return how loud *sound* is, as root mean square."""
    return float(np.sqrt(np.square(sound).mean()))


def gain_db(kind: str, hertz: float, **settings: Any) -> float:
    """Return what an effect does to a tone, in decibels, once it has settled."""
    sound = tone(1, round(hertz), 0.25)
    return 20 * math.log10(rms(played(sound, node(kind, **settings))[RATE // 2 :]) / rms(sound))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lanes", ["still", "moving"])
def test_every_effect_gives_as_much_as_it_takes(kind: str, lanes: str) -> None:
    """However the sound is cut into pieces, the same samples come out, as many as went in."""
    noise = np.random.default_rng(3).uniform(-0.7, 0.7, (100_001, 2)).astype(np.float32)
    moved = {
        name: Lane.through([(Fraction(1), knob.low), (Fraction(3), knob.high)])
        for name, knob in KINDS[kind].knobs.items()
        if lanes == "moving" and isinstance(knob, Dial) and knob.moves
    }
    heard = [played(noise, node(kind, moved), start=RATE, size=size) for size in PIECES]
    assert len(heard[0]) == len(noise)
    assert np.isfinite(heard[0]).all()
    for other in heard[1:]:
        assert np.abs(other - heard[0]).max() < 1e-6


@pytest.mark.parametrize(
    ("kind", "settings", "hertz", "decibels"),
    [
        ("lowpass", {"frequency": 1000.0, "q": 6.0}, 1000, 6),  # q is what it is at its frequency
        ("lowpass", {"frequency": 1000.0, "q": 0.707}, 8000, -37.73),
        ("highpass", {"frequency": 1000.0, "q": 3.0}, 1000, 3),
        ("highpass", {"frequency": 1000.0, "poles": "1"}, 1000, -3.01),
        ("lowpass", {"frequency": 1000.0, "poles": "1"}, 2000, -7.06),
        ("peaking", {"frequency": 1000.0, "gain": -12.0, "q": 4.0}, 1000, -12),
        ("peaking", {"frequency": 1000.0, "gain": -12.0, "q": 4.0}, 100, 0),
        ("lowshelf", {"frequency": 1000.0, "gain": 12.0}, 20, 12),
        ("lowshelf", {"frequency": 1000.0, "gain": 12.0}, 1000, 6),
        ("highshelf", {"frequency": 1000.0, "gain": -12.0}, 20_000, -12),
        ("highshelf", {"frequency": 1000.0, "gain": -12.0}, 1000, -6),
        ("gain", {"gain": -6.0}, 440, -6),
    ],
)
def test_filters_raise_and_lower(
    kind: str, settings: dict[str, Any], hertz: float, decibels: float
) -> None:
    """As the corner cases of Web Audio's formulas have it, within a tenth of a decibel."""
    assert gain_db(kind, hertz, **settings) == pytest.approx(decibels, abs=0.15)


def test_a_lane_moves_a_filter() -> None:
    """Closed at first, open at last."""
    opening = Lane.through([(Fraction(0), 100.0), (Fraction(2), 20_000.0)])
    heard = played(tone(2, 4000, 0.25), node("lowpass", {"frequency": opening}))
    assert rms(heard[:4800]) < 0.01
    assert rms(heard[-4800:]) == pytest.approx(0.25 / math.sqrt(2), rel=0.02)


def test_a_lane_counts_on_the_timeline() -> None:
    """A gain that falls from second 5 to 6 is halfway, in decibels, in the middle."""
    falling = Lane.through([(Fraction(5), 0.0), (Fraction(6), -40.0)])
    flat = np.full((RATE, 2), 0.5, np.float32)
    heard = played(flat, node("gain", {"gain": falling}), start=5 * RATE)
    assert heard[RATE // 2, 0] == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "settings", "level", "expected"),
    [
        # 20 dB above the threshold, a quarter of it is left.
        ("compressor", {"threshold": -40.0, "ratio": 4.0, "knee": 1.0}, 0.1, 0.1 * 10**-0.75),
        ("compressor", {"threshold": -20.0, "ratio": 4.0, "knee": 1.0}, 0.05, 0.05),
        ("compressor", {"threshold": -40.0, "ratio": 4.0, "knee": 1.0, "mix": 0.0}, 0.1, 0.1),
        ("compressor", {"threshold": 0.0, "ratio": 20.0, "knee": 8.0}, 0.1, 0.1),
        ("limiter", {"limit": -20.0}, 0.5, 0.1),
        ("limiter", {"limit": 0.0}, 3.0, 1.0),
        ("limiter", {"limit": -20.0, "level_out": 6.0206}, 0.05, 0.1),
        ("gate", {"threshold": -20.0, "range": -40.0, "ratio": 20.0}, 0.05, 0.0005),
        ("gate", {"threshold": -20.0, "range": -40.0}, 0.5, 0.5),
        ("truepeak", {"ceiling": -20.0}, 0.5, 0.1),
        ("truepeak", {"ceiling": -1.0}, 0.5, 0.5),
    ],
)
def test_dynamics_bring_a_level_to_another(
    kind: str, settings: dict[str, Any], level: float, expected: float
) -> None:
    """A steady level, once it is followed."""
    flat = np.full((3 * RATE, 2), level, np.float32)
    assert played(flat, node(kind, **settings))[-RATE, 0] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("above_db", [-8.0, -4.3, 0.0, 1.9, 7.7])
def test_a_compressor_bends_within_its_knee(above_db: float) -> None:
    """From one slope to the other by a square: to 0.01 dB, wherever its lines happen to join."""
    threshold, ratio, knee_db = -24.0, 4.0, 20 * math.log10(2.83)
    level = 10 ** ((threshold + above_db) / 20)
    reduced_db = (1 / ratio - 1) * (above_db + knee_db) ** 2 / (4 * knee_db)
    flat = np.full((3 * RATE, 2), level, np.float32)
    heard = played(flat, node("compressor", threshold=threshold, ratio=ratio, knee=2.83))
    assert heard[-RATE, 0] == pytest.approx(level * 10 ** (reduced_db / 20), rel=1e-3)


def test_dynamics_take_their_time() -> None:
    """After one attack the level is followed by 63 %; each side goes by itself."""
    step = np.zeros((RATE, 2), np.float32)
    step[:, 0] = 0.5
    heard = played(step, node("limiter", limit=-20.0, attack=50.0))
    followed = 0.5 * (1 - math.exp(-1))
    assert heard[2400, 0] == pytest.approx(0.5 * 0.1 / followed, rel=0.01)
    assert not heard[:, 1].any()


def test_a_true_peak_is_held_between_samples() -> None:
    """A tone whose samples miss its peaks by 3 dB is turned down, and its samples with it."""
    times = np.arange(RATE)
    missed = np.sin(2 * np.pi * times / 4 + np.pi / 4).astype(np.float32)
    sound = np.repeat(0.9 * missed[:, np.newaxis], 2, axis=1)
    assert np.abs(sound).max() < 0.64
    held = played(sound, node("truepeak", ceiling=-6.0206))
    assert np.abs(held[RATE // 2 :]).max() == pytest.approx(0.5 / math.sqrt(2), rel=0.02)


@pytest.mark.parametrize(("samples", "alone"), [(1.0, 1), (2.2, 2), (2.5, 3)])
def test_bitcrush_rounds_and_holds(samples: float, alone: int) -> None:
    """Three bits are steps of a quarter; samples are held by whole numbers."""
    ramp = np.linspace(-0.5, 0.5, 9000, dtype=np.float32)[:, np.newaxis].repeat(2, axis=1)
    heard = played(ramp, node("bitcrush", bits=3.0, samples=samples))
    assert set(np.unique(heard)) == {-0.5, -0.25, 0, 0.25, 0.5}
    assert np.array_equal(heard, np.repeat(heard[::alone], alone, axis=0)[: len(heard)])


@pytest.mark.parametrize("oversample", [1.0, 4.0])
def test_saturate_bends_towards_its_threshold(oversample: float) -> None:
    """A slow tone far above the threshold is nearly the threshold; far below it is as it was."""
    settings = {"threshold": -20.0, "oversample": oversample}
    loud = played(tone(1, 100, 0.9), node("saturate", **settings))[RATE // 4 : -RATE // 4]
    quiet = tone(1, 100, 0.001)
    assert np.abs(loud).max() == pytest.approx(0.1, rel=0.02)
    same = played(quiet, node("saturate", **settings))[4800:-4800]
    assert np.abs(same - quiet[4800:-4800]).max() < 2e-5  # and not late


def test_saturate_adds_no_more_aliases_than_asked() -> None:
    """At four times the rate, what is bent beyond 24 kHz does not come back as other tones."""
    sound = tone(1, 9000, 0.9)

    def mirrored(oversample: float) -> float:
        heard = played(sound, node("saturate", threshold=-20.0, oversample=oversample))
        # The third harmonic, 27 kHz, would be heard at 21 kHz.
        return float(np.abs(np.fft.rfft(heard[:, 0]))[21_000])

    assert mirrored(4.0) < mirrored(1.0) / 20


def test_echoes_come_one_after_the_other() -> None:
    """Each time 128 samples later than the delay alone, as in Web Audio, and quieter."""
    heard = played(impulse(), node("delay", time=200.0, feedback=0.5, mix=0.5))[:, 0]
    found = np.flatnonzero(np.abs(heard) > 0.01)
    assert found.tolist() == [0, 9600, 9600 + 9728, 9600 + 2 * 9728, 9600 + 3 * 9728]
    assert heard[found].tolist() == pytest.approx([0.25, 0.25, 0.125, 0.0625, 0.03125])


def test_a_room_rings_with_the_energy_that_goes_in() -> None:
    """Wet alone, one sample becomes a tail of the same energy, which has faded at its end."""
    settings = {"size": 0.5, "damping": 0.3, "wet": 1.0, "dry": 0.0}
    assert tail_s([node("reverb", **settings)]) == pytest.approx(1.9)
    heard = played(impulse(4), node("reverb", **settings))
    tail = round(tail_s([node("reverb", **settings)]) * RATE)
    assert float(np.square(heard[:, 0]).sum()) == pytest.approx(0.25, rel=1e-3)
    assert rms(heard[:2400]) > 100 * rms(heard[tail - 4800 : tail])
    assert np.abs(heard[tail:]).max() < 1e-6
    assert np.array_equal(heard, played(impulse(4), node("reverb", **settings)))


def test_a_room_answers_to_each_sample_as_to_one() -> None:
    """A sound longer than a transform, each side by itself, is the sum of its samples' answers."""
    small = node("reverb", size=0.05, damping=0.3, wet=1.0, dry=0.0)
    answer = played(impulse(1.0, 1.0), small)[:, 0].astype(float)
    noise = np.random.default_rng(4).normal(0, 0.2, (12 * RATE, 2)).astype(np.float32)
    heard = played(noise, small)
    for at in (0, RATE, round(4.567 * RATE), 12 * RATE - 1):
        before = noise[: at + 1][::-1][: len(answer)]
        assert heard[at] == pytest.approx(answer[: len(before)] @ before, abs=1e-5)


def test_a_chorus_wavers_around_its_delay() -> None:
    """Wet alone, the copy comes after the delay at first, and later by the depth a quarter on."""
    settings = {"delay": 10.0, "depth": 5.0, "speed": 1.0, "mix": 1.0}
    sound = np.zeros((RATE, 2), np.float32)
    sound[0] = sound[12_000] = 0.5
    heard = np.flatnonzero(np.abs(played(sound, node("chorus", **settings))[:, 0]) > 0.1)
    assert heard[0] == pytest.approx(480, abs=20)
    assert heard[-1] == pytest.approx(12_000 + 720, abs=2)


def test_a_phaser_takes_out_what_its_sections_turn_over() -> None:
    """Six all-passes at 1 kHz turn 183 Hz by 180°, so that it goes against itself."""
    still = {"delay": 1.0, "decay": 0.0, "in_gain": 1.0, "out_gain": 1.0}
    assert gain_db("phaser", 183, **still) < -40
    # Far below nothing is turned, at 1 kHz all of it three times round, and both add up.
    assert gain_db("phaser", 20, **still) == pytest.approx(6.02, abs=0.3)
    assert gain_db("phaser", 1000, **still) == pytest.approx(6.02, abs=0.01)


@pytest.mark.parametrize("semitones", [-12.0, 7.0, 12.0])
def test_the_pitch_moves_and_the_pace_does_not(semitones: float) -> None:
    """A tone is as long as it was and higher or lower by the interval."""
    sound = tone(3, 440, 0.25)
    heard = played(sound, node("pitchshift", semitones=semitones))
    spectrum = np.abs(np.fft.rfft(heard[RATE : 2 * RATE, 0]))
    assert int(spectrum.argmax()) == pytest.approx(440 * 2 ** (semitones / 12), abs=2)
    assert rms(heard[-4800:]) > 0.1


def test_filters_start_no_threads() -> None:
    """Hundreds of sounds may be filtered at once; waking a thread takes longer than the work."""
    sound = tone(1)
    tasks = Path("/proc/self/task")
    before = len(list(tasks.iterdir()))
    running = [through([node("lowpass")], iter([sound] * 2), 0) for _ in range(20)]
    assert all(len(next(pieces)) == len(sound) for pieces in running)
    assert len(list(tasks.iterdir())) == before


def test_a_chain_works_in_its_order() -> None:
    """A limiter after a gain is not what it is before it."""
    loud, held = node("gain", gain=12.0), node("limiter", limit=-20.0)
    flat = np.full((2 * RATE, 2), 0.5, np.float32)
    assert played(flat, loud, held)[-1, 0] == pytest.approx(0.1, rel=1e-3)
    assert played(flat, held, loud)[-1, 0] == pytest.approx(0.1 * 10**0.6, rel=1e-3)


def test_neighbours_run_together_as_one_by_one() -> None:
    """To the sample, whatever filters what they make has gone through in between."""
    kinds = ("highpass", "peaking", "compressor", "lowshelf", "limiter", "reverb", "highshelf")
    chain = [node(kind) for kind in kinds]
    noise = np.random.default_rng(6).normal(0, 0.3, (2 * RATE, 2)).astype(np.float32)
    alone = noise
    for effect in chain:
        alone = played(alone, effect)
    assert np.array_equal(played(noise, *chain), alone)


def test_a_preset_is_faded_as_one() -> None:
    """At a quarter, a quarter of what its nodes make and three of what went in."""
    nodes = [
        Node(kind="gain", settings={"gain": gain}, preset=Preset(name="quiet", amount=amount))
        for gain, amount in ((-12.0412, 0.25), (6.0206, 1))
    ]
    flat = np.full((RATE, 2), 0.5, np.float32)
    heard = played(flat, *nodes)
    assert heard[0, 0] == pytest.approx(0.75 * 0.5 + 0.25 * 0.25, rel=1e-4)
    moved = Preset(name="quiet", lane=Lane.through([(Fraction(0), 0.0), (Fraction(1), 1.0)]))
    heard = played(flat, Node(kind="gain", settings={"gain": -60.0}, preset=moved))
    assert heard[RATE // 2, 0] == pytest.approx(0.25, rel=1e-2)


def test_the_tail_of_a_delay_ends_60_db_down() -> None:
    """Seven echoes at 0.35, a quarter of a second apart; one effect rings on in the next."""
    assert tail_s([node("delay")]) == 1.75
    assert tail_s([node("delay"), node("reverb", size=0.5)]) == 1.75 + 1.9


def test_what_a_lane_raises_rings_longer() -> None:
    """The most that a knob is ever set to decides, not what it says beside its lane."""
    longer = Lane.through([(Fraction(0), 1.0), (Fraction(1), 500.0)])
    assert tail_s([node("delay", {"time": longer}, time=10.0)]) == 3.5
    assert tail_s([node("chorus", {"delay": Lane.through([(Fraction(0), 100.0)])})]) == 0.1
