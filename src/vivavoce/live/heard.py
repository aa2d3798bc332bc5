"""When audio last began to come, by which protocol: for who connects a program and wonders."""

import time
from collections.abc import Mapping

MOST = 64
"""Protocols that are remembered; there are about ten."""


class Heard:
    """A protocol is named after the module of its dialect, or after its route."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def note(self, protocol: str) -> None:
        """A session's first audio is here."""
        if protocol in self._last or len(self._last) < MOST:
            self._last[protocol] = time.time()

    @property
    def last(self) -> Mapping[str, float]:
        """Seconds of the Unix epoch."""
        return self._last
