"""Items of a stream read before a reader asks for them: hours of events go out in few pieces."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from vivavoce.core.events import Interim, Numbered

AHEAD: Final = 256
"""Items that wait for a reader at most."""

Item = Numbered | Interim
Items = AsyncIterator[Item]


class Ahead:
    """Reads from now on; of interims in a row only the latest is kept. Cancel `reading`."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._found: list[Item] = []
        self._room = asyncio.Event()
        self.news = asyncio.get_running_loop().create_future()  # done: there is something
        self.reading = asyncio.create_task(self._read_ahead())

    def take(self) -> list[Item]:
        """What there is."""
        found, self._found = self._found, []
        if self.news.done():
            self.news = asyncio.get_running_loop().create_future()
        self._room.set()
        return found

    async def _read_ahead(self) -> None:
        async for item in self._items:
            if self._found and isinstance(self._found[-1], Interim) and isinstance(item, Interim):
                self._found.pop()
            self._found.append(item)
            if not self.news.done():
                self.news.set_result(None)
            if len(self._found) >= AHEAD:
                self._room.clear()
                await self._room.wait()
