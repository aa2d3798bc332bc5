"""Waking many who wait for the same, a few at a time.

Hundreds may watch a session. Were they all woken at once, whatever else has to be done, the
speaker's own words first of all, would wait until each of them has been sent its copy.
"""

import asyncio
from collections import deque
from typing import Final

AT_ONCE: Final = 8
"""Watchers woken between two looks at what else there is to do."""


class Turns:
    """As a bell: take `rung` first, then look at the state, then wait until it rings again."""

    def __init__(self) -> None:
        self.rung = 0  # how often
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._due = 0  # of those who wait, from the first on
        self._turning = False

    def ring(self) -> None:
        """Everybody who waits has a turn, soon."""
        self.rung += 1
        self._wake(len(self._waiting))

    async def after(self, rung: int) -> None:
        """Return when it has rung more often than this, and it is one's turn."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if rung != self.rung:
            self._wake(len(self._waiting))
        await turn

    def _wake(self, due: int) -> None:
        self._due = due
        if due and not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        for _ in range(min(AT_ONCE, self._due)):
            turn = self._waiting.popleft()
            self._due -= 1
            if not turn.done():  # else nobody waits any more
                turn.set_result(None)
        self._turning = self._due > 0
        if self._turning:
            asyncio.get_running_loop().call_soon(self._turn)
