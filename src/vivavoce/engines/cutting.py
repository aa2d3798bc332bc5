"""Which of the audio a service is sent, and where an utterance ends: our VAD and our cuts.

For services that transcribe what they are told to. Silence is not sent: it would be paid for,
and some models make words of it. The cuts are those of every windowed engine
(`core/segmenter.py`), so they do not depend on how fast the audio comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vivavoce.core.segmenter import WINDOW, Closed, Cut, Limits, Opened, Segmenter
from vivavoce.engines.base import Pcm
from vivavoce.engines.windowed import Vad


@dataclass(frozen=True, slots=True)
class Sound:
    """More of the open utterance."""

    pcm: Pcm


@dataclass(frozen=True, slots=True)
class Begin:
    """An utterance is open from this sample on."""

    start: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The open utterance is [start, end), and all of it was given."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Again:
    """What was given of the open utterance is void: it comes again, up to an earlier end."""


Step = Begin | Sound | Again | Commit


class Cutter:
    """One turn's. Positions count from its first sample."""

    def __init__(self, vad: Vad, limits: Limits) -> None:
        self._vad = vad
        self._segmenter = Segmenter(limits)
        self._samples = np.zeros(0, np.float32)  # from `_kept` on
        self._kept = self._judged = self._given = 0

    def feed(self, pcm: Pcm) -> Iterator[Step]:
        self._samples = np.concatenate([self._samples, pcm])
        for probability in self._vad.feed(pcm):
            window = self._between(self._judged, self._judged + WINDOW)
            self._judged += WINDOW
            level = float(np.sqrt(np.mean(np.square(window))))
            for cut in self._segmenter.feed(float(probability), level):
                yield from self._carry_out(cut)
        if self._segmenter.start is not None:
            yield from self._give(self._judged)
        self._forget()

    def flush(self) -> Iterator[Step]:
        """There is no more: what is open ends here."""
        for cut in self._segmenter.flush(self._kept + len(self._samples)):
            yield from self._carry_out(cut)

    def _carry_out(self, cut: Cut) -> Iterator[Step]:
        match cut:
            case Opened():
                self._given = cut.start
                yield Begin(cut.start)
            case Closed():
                if not cut.ended:  # it was cut before where we are
                    self._given = cut.start
                    yield Again()
                yield from self._give(cut.end)
                yield Commit(cut.start, cut.end)

    def _give(self, end: int) -> Iterator[Sound]:
        if end > self._given:
            yield Sound(self._between(self._given, end))
            self._given = end

    def _between(self, start: int, end: int) -> Pcm:
        return self._samples[start - self._kept : end - self._kept]

    def _forget(self) -> None:
        first = min(self._segmenter.needed, self._judged)
        if first > self._kept:
            self._samples = self._samples[first - self._kept :].copy()
            self._kept = first
