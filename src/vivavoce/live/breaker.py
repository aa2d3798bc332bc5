"""A circuit breaker: whether an engine that failed is to be tried again, and when.

    closed      it works. `FAILURES` in a row, or a grave one, open it.
    open        it is left alone, for `FIRST` seconds.
    half-open   one may try. If that works it is closed; if it fails it is open for twice as
                long as the last time, `LONGEST` at the most.

Pure: it holds no timer and asks the clock it was given.
"""

from collections.abc import Callable
from typing import Literal

FAILURES = 3
FIRST = 1.0  # seconds
LONGEST = 60.0  # seconds

State = Literal["closed", "open", "half-open"]


class Breaker:
    """One engine's. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.reason = ""  # why it failed last
        self.errors = 0  # ever
        self._clock = clock
        self._failures = 0  # in a row, while closed
        self._pause = 0.0  # seconds; 0: closed
        self._until = 0.0  # when one may try
        self._trying = False

    @property
    def state(self) -> State:
        if not self._pause:
            return "closed"
        return "half-open" if self._clock() >= self._until else "open"

    @property
    def wait(self) -> float:
        """Seconds until somebody may try; 0: now."""
        return max(0.0, self._until - self._clock()) if self._pause else 0.0

    def take(self) -> bool:
        """Whether the caller may try now. When half-open, nobody else may until the outcome.

        A trial of which nothing is ever told is forgotten after `LONGEST`.
        """
        if self.state == "half-open":
            self._trying, self._until = True, self._clock() + LONGEST
            return True
        return self.state == "closed"

    def worked(self) -> None:
        """Somebody got an answer, whether it was the trial or not."""
        self._failures, self._pause, self._trying = 0, 0.0, False

    def failed(self, reason: str, *, grave: bool = False) -> None:
        """`grave`: it cost so much that nobody else should find out the same way."""
        self.reason = reason
        self.errors += 1
        if self._pause == 0:
            self._failures += 1
            if grave or self._failures >= FAILURES:
                self._open(FIRST)
        elif self._trying or self.state == "half-open":
            self._open(min(2 * self._pause, LONGEST))

    def _open(self, pause: float) -> None:
        self._pause, self._until, self._trying = pause, self._clock() + pause, False
