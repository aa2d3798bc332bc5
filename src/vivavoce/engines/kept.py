"""The samples that may still be asked for: the newest of a stream, in one array."""

import numpy as np

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm

ROOM = 4 * SAMPLE_RATE
"""Samples for which there is room at first, and by how many it is made larger."""


class Kept:
    """Positions are samples since the session began. Adding costs what is added, no more."""

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self._room = np.empty(ROOM, np.float32)

    def add(self, pcm: Pcm) -> None:
        size = self.end - self.start
        if size + len(pcm) > len(self._room):
            self._resize(size + len(pcm))
        self._room[size : size + len(pcm)] = pcm
        self.end += len(pcm)

    def between(self, start: int, end: int) -> Pcm:
        """A view of them that holds until the next `add` or `forget`."""
        return self._room[start - self.start : end - self.start]

    def forget(self, before: int) -> None:
        """Drop those before this position."""
        size = self.end - before
        self._room[:size] = self._room[before - self.start : self.end - self.start]
        self.start = before
        if size + 2 * ROOM <= len(self._room):
            self._resize(size)

    def _resize(self, least: int) -> None:
        size = self.end - self.start
        room = np.empty(-(-least // ROOM) * ROOM, np.float32)
        room[:size] = self._room[:size]
        self._room = room
