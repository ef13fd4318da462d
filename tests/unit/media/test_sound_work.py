"""A mix that is left for another process."""

from fractions import Fraction
from pathlib import Path

from fanreel.media.sound.desk import Desk, Strip
from fanreel.media.sound.effects.chain import Node, Preset
from fanreel.media.sound.lanes import Lane, Point
from fanreel.work.sound import SoundWork


def test_a_mix_for_later_is_what_was_planned(tmp_path: Path) -> None:
    """Plain strips too: neighbouring pieces of one sound are joined only where strips are equal."""
    lane = Lane(points=(Point(time_s=Fraction(1, 3), value=0.5, via=(0.2, 0.8)),))
    node = Node(
        kind="echo", settings={"delay": 0.25}, preset=Preset(name="hall", amount=0.5, lane=lane)
    )
    work = SoundWork(
        clips=(),
        desk=Desk(
            clips={"plain": Strip(), "echoing": Strip(chain=(node,), volume=lane, group="a")},
            groups={"a": Strip()},
        ),
        from_s=Fraction(1001, 30000),
        total_s=Fraction(1),
        audio_path="audio.m4a",
        codec="aac",
    )
    work.write(tmp_path / "later.json")
    assert SoundWork.read(tmp_path / "later.json") == work
