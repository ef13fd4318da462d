"""The page's only clock is the frame's time."""

from typing import Any

from playwright.sync_api import Browser

# A body that logs what it hears; `log` is read back by the tests.
LOG = "<script>window.log = []</script>"


def test_every_clock_reads_the_time_of_the_frame(player: Any) -> None:
    """Date, performance, the document timeline and events agree on frame / fps."""
    player.open("<p>clocks</p>", fps=25)
    assert player.at(
        50,
        """[Date.now(), +new Date(), performance.now(), document.timeline.currentTime,
            new Event("x").timeStamp, performance.timeOrigin, Date().slice(0, 15),
            new AudioContext().currentTime, Temporal.Now.instant().epochMilliseconds]""",
    ) == [2000, 2000, 2000, 2000, 2000, 0, "Thu Jan 01 1970", 2, 2000]
