"""What a stream has been: the memory of echoes and of copies that come later."""

import numpy as np

from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import SOUND_RATE, Samples


class Past:
    """The samples of a stream up to now, as far back as *length*."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._kept = np.zeros((length + SOUND_RATE, 2), np.float32)
        self._end = length

    def add(self, samples: Samples) -> None:
        """Continue the stream; at most a second at once."""
        if self._end + len(samples) > len(self._kept):
            self._kept[: self._length] = self._kept[self._end - self._length : self._end].copy()
            self._end = self._length
        self._kept[self._end : self._end + len(samples)] = samples
        self._end += len(samples)

    def delayed(self, delays: Values, first: int) -> Samples:
        """Return what was *delays* samples before those from *first* (0: the next one to come)."""
        at = self._end + first + np.arange(len(delays)) - delays
        whole = np.floor(at).astype(np.int64)
        part = (at - whole).astype(np.float32)[:, np.newaxis]
        after = np.minimum(whole + 1, self._end - 1)
        sound: Samples = self._kept[whole] * (1 - part) + self._kept[after] * part
        return sound
