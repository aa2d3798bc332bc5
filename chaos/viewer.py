"""Somebody who watches a session from its first event to its last, and asks again."""

import asyncio
from contextlib import suppress

import httpx2
import msgspec

from chaos.progress import Progress
from chaos.record import Tape
from vivavoce.core.events import Ended, Numbered
from vivavoce.testing.sse import messages

PAUSE = 0.1
"""Seconds before it is asked for again."""


class Viewer:
    """Of the session whose client keeps `tape`; `base` is the server's address."""

    def __init__(self, tape: Tape, base: str, progress: Progress) -> None:
        self.delivered: list[Numbered] = []
        self._tape = tape
        self._base = base
        self._progress = progress

    async def watch(self) -> None:
        """Until it has seen the end."""
        while not (self.delivered and isinstance(self.delivered[-1].event, Ended)):
            await asyncio.sleep(PAUSE)
            if self._tape.session:
                with suppress(httpx2.HTTPError):
                    await self._follow()

    async def _follow(self) -> None:
        after = self.delivered[-1].n if self.delivered else 0
        async with httpx2.AsyncClient(base_url=self._base, timeout=60, trust_env=False) as http:
            async for message in messages(http, self._tape.session, after):
                if message.id is not None:
                    self.delivered.append(msgspec.convert(message.data, Numbered))
                    self._progress.moves += 1
