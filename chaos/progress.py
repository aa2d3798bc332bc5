"""How far the speakers of a scene are: what blows wait for."""

import asyncio
from contextlib import suppress

from vivavoce.journal.bell import Bell


class Progress:
    """How many frames all speakers of a scene have put on a line for the first time."""

    def __init__(self) -> None:
        self.frames = 0
        self.refusals = 0
        self.moves = 0  # rises whenever anything is sent or heard
        self.over = False
        self._changed = Bell()

    def sent(self) -> None:
        self.frames += 1
        self.moves += 1
        self._changed.ring()

    def refused(self) -> None:
        self.refusals += 1
        self._changed.ring()

    def end(self) -> None:
        self.over = True
        self._changed.ring()

    async def reached(self, frames: int) -> None:
        """Return when so many are sent, or none will be any more."""
        while self.frames < frames and not self.over:
            await self._changed.wait()

    async def lasted(self, seconds: float) -> None:
        """Return when they have gone on for so long, or are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.over:
                    await self._changed.wait()

    async def refusal(self, count: int) -> None:
        """Return when a server has refused so many lines more, or nobody tries any more."""
        count += self.refusals
        while self.refusals < count and not self.over:
            await self._changed.wait()
