"""Speech by level alone, on the same grid as Silero's: for engines that hear tones as words."""

import numpy as np
import numpy.typing as npt

from vivavoce.audio.pcm import Mono
from vivavoce.audio.vad import WINDOW

LOUD = 0.02  # RMS


class LevelStream:
    """Probability 1 where the window's level is above `LOUD`, else 0."""

    def __init__(self) -> None:
        self._rest: Mono = np.zeros(0, np.float32)

    def feed(self, pcm: Mono) -> npt.NDArray[np.float32]:
        samples = np.concatenate([self._rest, pcm])
        count = len(samples) // WINDOW
        windows = samples[: count * WINDOW].reshape(count, WINDOW)
        self._rest = samples[count * WINDOW :]
        levels: npt.NDArray[np.float32] = np.sqrt(np.mean(np.square(windows), axis=1))
        return (levels > LOUD).astype(np.float32)


class LevelVad:
    """Opens streams, as `Vad` does."""

    def open(self) -> LevelStream:
        return LevelStream()
