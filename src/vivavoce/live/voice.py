"""A session's spoken commands: in which utterances they are obeyed, and how."""

import asyncio
from collections.abc import Awaitable, Callable

from vivavoce.core.commands import Configure, Finish
from vivavoce.core.errors import DiskError, Gone
from vivavoce.core.events import AnyEvent, Final
from vivavoce.core.spoken import Action, Obeyed, obey, owed, spoken
from vivavoce.journal.journal import Journal
from vivavoce.live.broadcast import Broadcast

SWITCHES = 16
"""Times that they were switched on or off which are remembered: finals are never so far behind."""

AGAIN = 0.5
"""Seconds between two attempts on a full disk."""

Say = Callable[[AnyEvent], Awaitable[None]]


class Voice:
    """Places are samples; an utterance is obeyed if commands are on where it ends.

    What a command does is said as events after its final, so the log stays the truth.
    """

    def __init__(
        self, journal: Journal, broadcast: Broadcast, on: bool, language: str | None
    ) -> None:
        """`on`: from the first sample on. `language`: the session's, as it began."""
        self._journal = journal
        self._broadcast = broadcast
        self._switches = [(0, on)]
        self._language = language
        self.told: Callable[[Action, int], None] = lambda _action, _at: None
        self.heedless = False  # of being told to stop: in a replay that was obeyed already
        self.stopped = False  # because somebody said so
        self.unwanted = False  # nothing of the session is to be kept

    def switch(self, at: int, on: bool) -> None:
        """From here on commands are obeyed, or are not; a stream begun anew says so again."""
        earlier = [switch for switch in self._switches if switch[0] < at]
        self._switches = [*earlier, (at, on)][-SWITCHES:]

    def hears(self, final: Final) -> bool:
        """Whether this is a command to obey."""
        before = [on for place, on in self._switches if place < final.end]
        on = before[-1] if before else self._switches[0][1]
        return on and spoken(final.text, final.language or self._language) is not None

    async def obey(self, final: Final, say: Say) -> None:
        """Do what this says, where it is a command."""
        while self.hears(final) and not self.unwanted:
            try:
                transcript = self._broadcast.transcript()
            except DiskError:
                await asyncio.sleep(AGAIN)
                continue
            await self._carry_out(obey(transcript, final, self._language), final, say)
            return

    async def catch_up(self, say: Say) -> None:
        """Do what an earlier process was told in the last final, and had not done.

        Raises `DiskError` when the log cannot be read.
        """
        for control in self._journal.controls().until(self._journal.size):
            if isinstance(control.command, Configure):
                on = control.command.voice_commands
                self._switches = self._switches if on is None else [(0, on)]
        if self._switches == [(0, False)]:
            return
        events = [numbered.event for numbered in self._broadcast.after(0)]
        final = next((e for e in reversed(events) if isinstance(e, Final)), None)
        if final is not None and self.hears(final):
            await self._carry_out(owed(events, self._language), final, say)

    async def _carry_out(self, obeyed: Obeyed | None, final: Final, say: Say) -> None:
        if obeyed is None:
            return
        for event in obeyed.events:
            await say(event)
        if obeyed.events:
            self.told(obeyed.action, final.end)
        if obeyed.action == "stop" and not self.heedless:
            self.stopped = True
            await self._finish()

    async def _finish(self) -> None:
        """No more audio is wanted; what is said already is still given."""
        while not self.unwanted:
            try:
                self._journal.control(Finish())
                return
            except Gone:
                return
            except DiskError:
                await asyncio.sleep(AGAIN)
