"""What a frame's time is said to have gone into."""

import time

import pytest

from fanreel.segments.times import SegmentRun, SegmentTimes, TimesNoted


def test_what_the_page_took_is_split_by_reason() -> None:
    """Script is what neither decoding nor the screen took; the first frame ends the opening."""
    noted = TimesNoted()
    time.sleep(0.02)
    begun_s = time.perf_counter()
    noted.frame(begun_s, begun_s + 0.1, decode_s=0.03, raster_s=0.05)
    noted.encoded(time.perf_counter() - 0.004)
    times = noted.times
    assert times.open_ms >= 20
    assert (times.script, times.decode, times.raster) == ([20.0], [30.0], [50.0])
    assert times.encode[0] == pytest.approx(4, abs=2)
    assert times.wait == [0.0]


def test_the_gap_between_two_frames_is_waiting() -> None:
    """Counted with the frame that was waited for."""
    noted = TimesNoted()
    for _ in range(2):
        begun_s = time.perf_counter()
        noted.frame(begun_s, begun_s, decode_s=0, raster_s=0)
        time.sleep(0.02)
    assert noted.times.wait[0] == 0
    assert noted.times.wait[1] >= 20


def test_videos_decoded_at_once_count_no_more_than_the_page_waited() -> None:
    """Two clips of 80 ms each, side by side, in 100 ms."""
    noted = TimesNoted()
    begun_s = time.perf_counter()
    noted.frame(begun_s, begun_s + 0.1, decode_s=0.16, raster_s=0)
    assert (noted.times.script, noted.times.decode) == ([0.0], [100.0])


def test_costs_name_frames_of_the_film() -> None:
    """Conversion counts as encoding; a frame of which not all is known is left out."""
    times = SegmentTimes(
        script=[1.0, 2.0], decode=[0.0, 3.0], raster=[4.0, 5.0], convert=[1.0, 1.0], encode=[6.0]
    )
    run = SegmentRun(worker=0, start_frame=120, end_frame=122, begin_s=0.0, times=times)
    assert run.frame_costs() == [
        (120, {"script": 1.0, "decode": 0.0, "raster": 4.0, "encode": 7.0})
    ]


@pytest.mark.parametrize("name", ["script", "decode", "raster", "convert", "encode"])
def test_a_frame_counts_when_every_list_tells_of_it(name: str) -> None:
    """The shortest decides, whichever it is: a child may have said anything."""
    lists = {each: [1.0, 2.0] for each in ("script", "decode", "raster", "convert", "encode")}
    times = SegmentTimes(**lists | {name: [3.0]})  # type: ignore[arg-type]
    assert times.frames == 1
    run = SegmentRun(worker=0, start_frame=7, end_frame=9, begin_s=0.0, times=times)
    assert [frame for frame, _ in run.frame_costs()] == [7]


@pytest.mark.parametrize("name", ["script", "decode", "raster", "convert", "encode", "wait"])
def test_no_list_tells_of_more_frames_than_there_are(name: str) -> None:
    """Whichever it is."""
    times = SegmentTimes(**{name: [1.0, 2.0, 3.0]})  # type: ignore[arg-type]
    assert [times.fit(frames) for frames in (2, 3, 4)] == [False, True, True]
