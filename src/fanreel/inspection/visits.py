"""The frames that planning looks at."""

from collections.abc import Sequence
from fractions import Fraction

from fanreel.files.plan_dir import Clip
from fanreel.timing.timeline import frame_count

# Besides the bounds of clips, so that what a page loads in between is recorded too.
_VISITS_PER_TIMELINE = 24
_MAX_VISITS = 240


def visits(clips: Sequence[Clip], total_frames: int, fps: Fraction) -> Sequence[int]:
    """Return the frames to look at, in order: the bounds of every clip and a regular grid."""
    step = max(1, total_frames // _VISITS_PER_TIMELINE)
    frames = set(range(0, total_frames, step))
    for clip in clips:
        end_s = clip.start_s + (clip.duration_s or 0)
        first, last = frame_count(clip.start_s, fps), frame_count(end_s, fps) - 1
        frames |= {first, last}
    return thinned(sorted(frame for frame in frames if 0 <= frame < total_frames), _MAX_VISITS)


def thinned(frames: Sequence[int], most: int) -> Sequence[int]:
    """Return at most *most* of *frames*, evenly."""
    return frames[:: max(1, -(-len(frames) // most))]
