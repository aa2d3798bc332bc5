"""How late one session's words are, and what else it is counted by.

A delay is between two moments of this server: the sound comes, and what was said in it goes out.
So it is told of live sessions alone, and of raw samples, where a byte has its place in time.
"""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

from vivavoce.core import events
from vivavoce.core.events import AnyEvent, Ended, EngineSwitched, Interim
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.journal.journal import SessionHeader
from vivavoce.live.tally import Tally
from vivavoce.telemetry.traces import noted

MARK: Final = SAMPLE_RATE // 10
"""Samples between two that are remembered with the moment when they came."""

MARKS: Final = 2048
"""Of those; a session that lags by more is late by at least so much."""


class Tallied:
    """One session's. `held` is how many bytes its journal had when this process took it up."""

    def __init__(
        self,
        header: SessionHeader,
        held: int,
        tally: Tally,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is in seconds."""
        format = header.format
        self._tally = tally
        self._clock = clock
        self._second = format.second if header.options.interims else 0  # bytes
        self._timed = self._second > 0
        self._size = self._first = held
        self._due = held if self._timed else 0
        self._step = self._second * MARK // SAMPLE_RATE
        self._marks: deque[tuple[int, float]] = deque(maxlen=MARKS)  # bytes, and when they came

    def arrived(self, size: int) -> None:
        """The journal has so many bytes now. Called for every frame."""
        self._tally.journalled += size - self._size
        self._size = size
        if self._timed and size >= self._due:
            self._marks.append((size, self._clock()))
            self._due = size + self._step

    def said(self, event: AnyEvent) -> None:
        """It goes out now."""
        match event:
            case Interim():
                self._late("interim", event.end)
            case events.Final():
                late = self._late("final", event.end)
                noted(
                    "utterance",
                    late or 0.0,
                    utterance=event.id,
                    start=event.start,
                    end=event.end,
                    engine=event.engine,
                    model=event.model,
                )
            case EngineSwitched():
                self._tally.switched[event.previous, event.engine] += 1
            case Ended():
                self._tally.ended[event.reason] += 1

    def _late(self, what: Literal["interim", "final"], end: int) -> float | None:
        """Seconds since the sample `end` came. Of what came to another process nothing is told."""
        place = end * self._second // SAMPLE_RATE
        if place <= self._first or not self._marks:
            return None
        late = max(0.0, self._clock() - self._came(place))
        self._tally.observe(what, late)
        return late

    def _came(self, place: int) -> float:
        """When the audio up to this byte did: in between two marks as if it had flowed."""
        after = bisect_left(self._marks, place, key=lambda mark: mark[0])
        size, moment = self._marks[max(0, after - 1)]
        if after == 0:
            return moment
        if after == len(self._marks):
            return moment + (place - size) / self._second
        later_size, later = self._marks[after]
        return moment + (later - moment) * (place - size) / (later_size - size)
