"""Whether the cores have room for dearer finals: what live work there was of late."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MEMORY = 5.0  # seconds over which the load is averaged

ROOM, SHORT = 0.5, 0.8
"""Live calls for each host, waiting or being answered: up to the first there is room again,
over the second there is none. Between them it stays as it was. They are further apart than
what dearer finals add to the load (a third, for Moonshine), so it does not swing."""

FULL = 2.0  # calls for each host, above which more are no worse: the way back is not longer


class Room:
    """Of so many hosts. `clock` is in seconds."""

    def __init__(self, hosts: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._hosts = hosts
        self._clock = clock
        self._calls = 0  # live ones, asked and not answered
        self._load = 0.0
        self._since = clock()
        self._enough = True

    @property
    def enough(self) -> bool:
        """Whether there is room now."""
        self._pass()
        self._enough = self._load < (SHORT if self._enough else ROOM)
        return self._enough

    @contextmanager
    def call(self) -> Iterator[None]:
        """A live call, from being asked to being answered: one that waits counts as well."""
        self._pass()
        self._calls += 1
        try:
            yield
        finally:
            self._pass()
            self._calls -= 1

    def _pass(self) -> None:
        now = self._clock()
        fades = math.exp((self._since - now) / MEMORY)
        self._load = self._load * fades + min(self._calls / self._hosts, FULL) * (1 - fades)
        self._since = now
