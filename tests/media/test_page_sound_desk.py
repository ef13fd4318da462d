"""What the page declares of its sounds: groups, effects and lanes, as they are written."""

from collections.abc import Callable
from typing import Any

import pytest

ROOT = 'data-composition-id="main" data-width="640" data-height="360" data-duration="9"'


@pytest.fixture
def describe(player: Any) -> Callable[[str], dict[str, Any]]:
    """Return a function that opens a body and gives what the page says of itself."""

    def described(body: str) -> dict[str, Any]:
        player.open(body)
        found: dict[str, Any] = player.page.evaluate("__fanreel.describe()")
        return found

    return described


def test_of_two_groups_with_one_id_the_first_counts(describe: Any) -> None:
    """In its volume and effects as in whether it is heard."""
    found = describe(
        f"""<div {ROOT} data-fx-chain="M">
          <hf-audio-group id="g" data-volume="0.5" data-fx-chain="A"></hf-audio-group>
          <hf-audio-group id="g" data-volume="0.25" data-hidden></hf-audio-group>
          <hf-audio-group data-volume="0.125"></hf-audio-group>
          <audio src="a.wav" data-start="1" data-duration="1" data-audio-group="g"></audio>
        </div>"""
    )
    assert [(g["id"], g["volume"], g["fxChain"]) for g in found["audioGroups"]] == [("g", 0.5, "A")]
    assert found["media"][0]["audible"]
    assert found["master"]["fxChain"] == "M"


def test_lanes_run_at_the_speed_of_what_is_around(describe: Any) -> None:
    """From the clip's own start, also where its host begins amid it; groups are on root time."""
    found = describe(
        f"""<div {ROOT}>
          <div data-composition-id="inner" data-start="2" data-duration="3"
            data-playback-rate="2" data-playback-start="4" data-fx-chain="N">
            <hf-audio-group id="g"></hf-audio-group>
            <audio src="a.wav" data-start="3" data-duration="2" data-playback-rate="3"></audio>
          </div>
        </div>"""
    )
    [sound], [group] = found["media"], found["audioGroups"]
    assert (sound["startS"], sound["laneStartS"], sound["laneRate"]) == (2, 1.5, 2)
    assert (group["laneStartS"], group["laneRate"]) == (0, 1)
    assert found["master"]["fxChain"] is None


@pytest.mark.parametrize(("written", "errors"), [("3.981", 0), ("3.99", 1), ("-1", 1)])
def test_a_volume_goes_up_to_12_decibels(describe: Any, written: str, errors: int) -> None:
    """As documented for `data-volume` and lanes alike: 3.981."""
    sound = f'<audio src="a.wav" data-start="0" data-duration="1" data-volume="{written}"></audio>'
    found = describe(f"<div {ROOT}>{sound}</div>")
    assert len(found["errors"]) == errors
