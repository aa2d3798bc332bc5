"""A session of another server, for this one's viewers: one reader of Redis for all of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import structlog

from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import Ended, Interim, Numbered
from vivavoce.live.replicas.ending import end
from vivavoce.live.replicas.port import Item
from vivavoce.live.replicas.redis_log import Read, RedisError, RedisLog
from vivavoce.live.turns import Turns

log = structlog.get_logger()

AGAIN: Final = 1.0
"""Seconds until Redis is asked again after it failed."""


class Mirror:
    """Reads while somebody watches."""

    def __init__(self, log: RedisLog, session: str, live: Callable[[str], Awaitable[bool]]) -> None:
        """`live`: whether the session is still one."""
        self._log = log
        self._session = session
        self._live = live
        # As they were said: one that was said again, in a higher epoch, is here twice.
        self._events: list[Numbered] = []
        self._interim: Interim | None = None
        self._turns = Turns()
        self._over = False
        self._watchers = 0
        self._reading: asyncio.Task[None] | None = None

    @property
    def watched(self) -> bool:
        return self._watchers > 0

    async def watch(self, after: int, over: Callable[[], bool]) -> AsyncIterator[Item]:
        """Events above `after` and interims as they come, to the session's end or until `over`."""
        self._watchers += 1
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        try:
            async for item in self._items(after, over):
                yield item
        finally:
            self._watchers -= 1
            if not self._watchers:
                await self.close()

    async def close(self) -> None:
        """Whoever watches still sees what is here, and then the end."""
        self._over = True
        self._turns.ring()
        if self._reading is not None:
            await end(self._reading)

    async def _items(self, after: int, over: Callable[[], bool]) -> AsyncIterator[Item]:
        place, shown = 0, None
        while not over():
            rung, ended = self._turns.rung, self._over
            while place < len(self._events):
                numbered = self._events[place]
                place += 1
                if numbered.n > after:
                    yield numbered
                    if isinstance(numbered.event, Ended):
                        return
            if ended:
                return
            if self._interim is not shown:
                shown = self._interim
                if shown is not None:
                    yield shown
            await self._turns.after(rung)

    async def _read(self) -> None:
        read = Read([])
        try:
            while not read.over and not self._over:
                try:
                    read = await self._log.read(self._session, read)
                    if not read.items and not read.over and not await self._live(self._session):
                        break
                except (RedisError, VivavoceError) as error:
                    log.warning("cannot follow a session", session=self._session, reason=str(error))
                    read = read._replace(items=[])  # they were taken
                    await asyncio.sleep(AGAIN)
                self._take(read.items)
        finally:  # whatever comes here that we cannot read, nobody waits for more
            self._over = True
            self._turns.ring()

    def _take(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Interim):
                self._interim = item
            else:
                self._events.append(item)
                self._interim = None
        self._turns.ring()  # also when nothing came: who watches may have to stop
