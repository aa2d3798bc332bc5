"""The journal as the runner lets it be read: command by command, and with a clock for pauses."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from vivavoce.core.commands import Finish
from vivavoce.core.types import samples
from vivavoce.journal.controls import Control, ControlCommand
from vivavoce.journal.journal import Journal

PAUSE, LONGEST = 0.25, 5.0
"""Seconds without audio between two ticks, at first and at the most."""

RARER = 16
"""Of the seconds without audio so far, what passes until the next tick: many may be muted."""

PATIENCE = 1.0
"""Seconds without audio before time passes: a stalled line must not end a word."""


class PacedJournal:
    """A `Growth` that ends where the next command lies, and obeys it once that is read.

    The reader asks for more (`changed`) only when it has passed on everything before, so a
    flush comes after the last sample that came before it, whatever the engine's speed.
    """

    def __init__(
        self,
        journal: Journal,
        obey: Callable[[ControlCommand], Awaitable[None]],
        idle: Callable[[int], Awaitable[None]],
        attended: Callable[[], bool],
    ) -> None:
        """`attended`: whether a client is on the line. While it is lost no time passes, because
        more audio of this very word may be on its way."""
        self.size = 0
        self.complete = False
        self._journal = journal
        self._controls = journal.controls()
        self._waiting: deque[Control] = deque()
        self._heard = asyncio.get_running_loop().time()  # when something came last
        self._over = False  # whether the pause of a wait is
        self._obey = obey
        self._idle = idle
        self._attended = attended

    async def changed(self) -> None:
        """Let more be read, obeying the commands that lie here. Idle time is told in samples."""
        while not self.complete:
            await self._commands()
            limit = self._waiting[0].at if self._waiting else self._journal.size
            if self.complete or limit > self.size:
                self.size = limit
                # Also when it came while the reader was busy: what comes after it is not late yet.
                self._heard = asyncio.get_running_loop().time()
                return
            await self._wait()

    async def _commands(self) -> None:
        self._waiting.extend(self._controls.until(self._journal.size))
        while self._waiting and self._waiting[0].at <= self.size:
            command = self._waiting.popleft().command
            if isinstance(command, Finish):
                self.complete = True
                self._waiting.clear()
                return
            await self._obey(command)
            self._waiting.extend(self._controls.until(self._journal.size))

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        since, size = loop.time(), self._journal.size
        pause = min(max(PAUSE, (since - self._heard) / RARER), LONGEST)
        self._over = False
        timer = loop.call_later(pause, self._wake)  # a time-out would cost more, at every frame
        try:
            await self._journal.changed()
        finally:
            timer.cancel()
        now = loop.time()
        if not self._over or self._journal.size > size or not self._attended():
            self._heard = now  # who comes back has time to say something
            return
        # On a busy machine the wait may have been long, and what came not be read yet.
        idle = min(pause, now - max(since, self._heard + PATIENCE))
        if idle > 0:
            await self._idle(samples(idle))

    def _wake(self) -> None:
        self._over = True
        self._journal.wake()
