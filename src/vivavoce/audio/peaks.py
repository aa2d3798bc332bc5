"""The loudness of a recording over its length, as a picture of it is drawn."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio.pcm import Mono
from vivavoce.core.types import SAMPLE_RATE

MOST: Final = 8192
"""The most values that are held or given, however long the recording: no screen is wider."""

_FINEST: Final = 160  # samples in a value of a short recording: 10 ms
_LOUDEST: Final = 255


class Peaks:
    """16 kHz mono samples in, at most `MOST` values out: the loudest sample of each stretch.

    When there are as many, neighbours become one, and a stretch is twice as long from there on.
    """

    def __init__(self) -> None:
        self._stretch = _FINEST
        self._values = np.zeros(MOST, np.float32)
        self._count = 0
        self._rest = np.zeros(0, np.float32)  # samples of a stretch that is not whole yet

    @property
    def rate(self) -> float:
        """Values for each second."""
        return SAMPLE_RATE / self._stretch

    @property
    def values(self) -> bytes:
        """A byte each, 0 (silence) to 255 (full scale); the last may be of a shorter stretch."""
        known = self._values[: self._count]
        if self._rest.size:
            known = np.append(known, np.abs(self._rest).max())
        levels: NDArray[np.uint8] = np.rint(np.clip(known, 0, 1) * _LOUDEST).astype(np.uint8)
        return levels.tobytes()

    def feed(self, samples: Mono) -> None:
        samples = np.concatenate((self._rest, samples))
        while len(samples) >= self._stretch:
            count = min(len(samples) // self._stretch, MOST - self._count)
            whole, samples = np.split(samples, [count * self._stretch])
            end = self._count + count
            self._values[self._count : end] = np.abs(whole).reshape(count, -1).max(axis=1)
            self._count = end
            if end == MOST:
                self._halve()
        self._rest = samples.copy()

    def _halve(self) -> None:
        self._count = MOST // 2
        self._values[: self._count] = self._values.reshape(self._count, 2).max(axis=1)
        self._stretch *= 2
