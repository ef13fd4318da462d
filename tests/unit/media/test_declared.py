"""Effects, lanes and groups as compositions write them."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest

from fanreel.errors import InvalidComposition
from fanreel.media.sound.declared import read_desk
from fanreel.media.sound.desk import Desk, Strip
from fanreel.media.sound.effects.registry import KINDS
from fanreel.media.sound.lanes import Lane

Points = Sequence[Mapping[str, Any]]
SCRIPTED = Lane.through([(Fraction(0), 0.25)])


def described(**declared: Any) -> dict[str, Any]:
    """Return what a page says with one sound, which starts at second 8 and runs at double speed."""
    plain = {"fxChain": None, "automation": None, "laneStartS": 8, "laneRate": 2}
    texts = {name: json.dumps(value) for name, value in declared.items()}
    sound = {"key": "m0", "element": "audio#bed", "group": None, **plain, **texts}
    root = {**plain, "element": "div#root", "laneStartS": 0, "laneRate": 1}
    return {"media": [sound], "audioGroups": [], "master": root}


def chain(*nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chain as it is written."""
    return {"version": 1, "nodes": list(nodes)}


def lanes(**points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return lanes as they are written; `__` in a name is a dot."""
    written = [{"target": name.replace("__", "."), "points": p} for name, p in points.items()]
    return {"version": 1, "lanes": written}


def strip_of(desk: Desk) -> Strip:
    """Return the strip of the one sound."""
    return desk.clips["m0"]


def test_nothing_declared_is_a_plain_desk() -> None:
    """A sound without attributes is mixed as it is."""
    desk, doubts = read_desk(described(), {})
    assert (strip_of(desk), desk.master, doubts) == (Strip(), (), [])
    assert not desk.remembers


def test_a_lane_counts_from_the_clip_and_at_its_speed() -> None:
    """Second 3 of a clip at double speed that starts at 8 is second 9.5 of the timeline."""
    points: Points = [{"t": 3, "v": 2, "curve": 0.5}, {"t": 1, "v": 9}, {"t": -1, "v": -1}]
    desk, _ = read_desk(described(automation=lanes(volume=points)), {})
    volume = strip_of(desk).volume
    assert volume is not None
    assert [(float(p.time_s), round(p.value, 3), p.curve) for p in volume.points] == [
        (8, 0, 0),
        (8.5, 3.981, 0),
        (9.5, 2, 0.5),
    ]


def test_a_declared_lane_wins_over_scripts() -> None:
    """What a timeline does to the volume counts only where no lane is written."""
    written = described(automation=lanes(volume=[{"t": 0, "v": 1}]))
    desk, _ = read_desk(written, {"m0": SCRIPTED})
    assert strip_of(desk).volume != SCRIPTED
    assert strip_of(read_desk(described(), {"m0": SCRIPTED})[0]).volume == SCRIPTED


def test_knobs_have_their_defaults_and_ends() -> None:
    """What is not said is the default, what is beyond is at the end, text may be a number."""
    node = {"type": "compressor", "params": {"threshold": -100, "ratio": "3"}}
    desk, doubts = read_desk(described(fxChain=chain(node)), {})
    settings = strip_of(desk).chain[0].settings
    assert (settings["threshold"], settings["ratio"], settings["attack"]) == (-60, 3, 20)
    assert doubts == []


def test_junk_is_the_default_and_told() -> None:
    """A setting that is none does not pass silently."""
    node = {"type": "highpass", "params": {"q": "much", "poles": 1}}
    desk, doubts = read_desk(described(fxChain=chain(node)), {})
    assert strip_of(desk).chain[0].settings["poles"] == "2"
    assert [doubt.message.removeprefix("data-fx-chain: ") for doubt in doubts] == [
        'q of highpass is "much", not a number from 0.1 to 20; 0.707 is taken',
        'poles of highpass is 1, not one of "1", "2"; 2 is taken',
    ]


def test_numbers_beyond_all_bounds_do_no_harm() -> None:
    """They are junk, or at the end of their range; a lane's moments stay within reach."""
    node = {"type": "gain", "id": "g", "params": {"gain": 10**400}}
    points: Points = [{"t": 1, "v": 1e300}, {"t": 2, "v": 10**400}, {"t": 1e308, "v": -1e300}]
    written = described(fxChain=chain(node), automation=lanes(fx__g__gain=points))
    written["media"][0]["laneRate"] = 0.5
    desk, doubts = read_desk(written, {})
    (gain,) = strip_of(desk).chain
    assert gain.settings["gain"] == 0
    assert "not a number from -60 to 12" in doubts[0].message
    assert gain.lanes["gain"].values(48_000 * 10, 1) == pytest.approx(12)


def test_a_node_that_is_off_is_left_out() -> None:
    """Only `false` switches off."""
    nodes = [{"type": "gain", "enabled": value} for value in (False, "false", 0, True)]
    assert len(strip_of(read_desk(described(fxChain=chain(*nodes)), {})[0]).chain) == 3


def test_lanes_find_their_knobs() -> None:
    """By the node's id and the knob's name; a preset is faded as one."""
    nodes: Points = [
        {"type": "gain", "id": 7, "fromPreset": "hall", "presetAmount": 0.25},
        {"type": "gain", "id": "g"},
    ]
    moving = lanes(fx__7__gain=[{"t": 0, "v": -6}], fx__preset__hall=[{"t": 0, "v": 3}])
    desk, doubts = read_desk(described(fxChain=chain(*nodes), automation=moving), {})
    first, second = strip_of(desk).chain
    assert first.lanes["gain"].points[0].value == -6
    assert first.preset is not None
    assert first.preset.lane is not None
    assert first.preset.lane.points[0].value == 1
    assert (second.lanes, second.preset, doubts) == ({}, None, [])


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("fx.n9.gain", "there is no such node"),
        ("fx.c.threshold", "nothing of compressor can move; put a gain before it"),
        ("fx.d.size", "'size' of reverb cannot move; wet, dry can"),
        ("fx.off.gain", "the node is switched off"),
        ("fx.preset.hall", "no node that is on has this name as its fromPreset"),
        ("rate", "only a <video> or an <audio> has a speed"),
    ],
)
def test_a_lane_that_moves_nothing_is_told(target: str, reason: str) -> None:
    """A slip of the pen costs the envelope, so it is said."""
    nodes: Points = [
        {"type": "compressor", "id": "c"},
        {"type": "reverb", "id": "d"},
        {"type": "gain", "id": "off", "enabled": False},
    ]
    written = lanes(**{target: [{"t": 0, "v": 1}]})
    _, doubts = read_desk(described(fxChain=chain(*nodes), automation=written), {})
    assert len(doubts) == 1
    assert reason in doubts[0].message
    assert (doubts[0].rule, doubts[0].element) == ("bad-automation", "audio#bed")


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("fxChain", chain({"type": "flanger"}), "there is no effect 'flanger'; there are highpass"),
        ("fxChain", {"version": 2, "nodes": []}, "data-fx-chain, version: "),
        ("fxChain", {"version": 1}, "data-fx-chain, nodes: "),
        ("fxChain", chain({"type": "flanger", "enabled": False}), "there is no effect"),
        ("automation", {"version": 1, "lanes": [{"target": "bogus", "points": []}]}, "target"),
        ("automation", {"version": 1, "lanes": [{"target": "volume"}]}, "points"),
        ("automation", [], "data-automation: "),
    ],
)
def test_what_cannot_be_read_fails_the_plan(attribute: str, value: Any, reason: str) -> None:
    """A mix without it would sound plausible and be wrong; the message shows how it is written."""
    with pytest.raises(InvalidComposition) as caught:
        read_desk(described(**{attribute: value}), {})
    assert str(caught.value).startswith("audio#bed: data-")
    assert reason in str(caught.value)
    assert '"version":1' in str(caught.value)


def test_broken_json_fails_the_plan_too() -> None:
    """And the message is about the JSON."""
    page = described()
    page["master"]["fxChain"] = "{'version': 1}"
    with pytest.raises(InvalidComposition, match="div#root: data-fx-chain: Invalid JSON"):
        read_desk(page, {})


def test_a_group_has_its_volume_and_a_member_its_group() -> None:
    """The group's lanes are on the time of the composition."""
    page = described()
    page["media"][0]["group"] = "music"
    group = {"id": "music", "element": "hf-audio-group#music", "volume": 0.5, "laneStartS": 0}
    group |= {"laneRate": 1, "fxChain": json.dumps(chain({"type": "gain"})), "automation": None}
    page["audioGroups"] = [group]
    desk, _ = read_desk(page, {})
    volume = desk.groups["music"].volume
    assert strip_of(desk).group == "music"
    assert volume is not None
    assert volume.points[0].value == 0.5
    assert desk.remembers


def test_every_default_is_a_setting_of_its_knob() -> None:
    """The table of effects agrees with itself."""
    for kind in KINDS.values():
        for knob in kind.knobs.values():
            assert knob.read(knob.default) == knob.default
