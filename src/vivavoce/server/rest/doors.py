"""The streams that are read by links, which end when their link does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import structlog

from vivavoce.core.errors import OurError
from vivavoce.library.shares import Share

log = structlog.get_logger()

LOOK_EVERY: Final = 2.0
"""Seconds between looks whether links still hold: they may be withdrawn in another process."""

Holding = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Those of the links with these ids that hold."""


class Doors:
    """One look serves everybody who reads by a link."""

    def __init__(self, holding: Holding, every: float = LOOK_EVERY) -> None:
        self._holding = holding
        self._every = every
        self._readers: dict[str, set[asyncio.Future[None]]] = {}
        self._expiring: dict[str, datetime] = {}
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def reading(self, share: Share) -> AsyncIterator[asyncio.Future[None]]:
        """Inside, somebody reads by this link; the future is done when they no longer may."""
        closed = asyncio.get_running_loop().create_future()
        readers = self._readers.setdefault(share.id, set())
        readers.add(closed)
        self._expiring[share.id] = share.expires_at
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield closed
        finally:
            readers.discard(closed)
            if not readers:
                del self._readers[share.id], self._expiring[share.id]
            if not self._readers and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def close(self, share: str) -> None:
        """The link with this id is withdrawn."""
        for reader in self._readers.get(share, ()):
            if not reader.done():
                reader.set_result(None)

    async def _look(self) -> None:
        while True:
            left = (min(self._expiring.values()) - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(self._every if left <= 0 else min(self._every, left))
            asked = list(self._readers)
            try:
                holding = await self._holding(asked)
            except OurError as error:  # a full disk withdraws nothing
                log.warning("cannot look after links", reason=error.message)
                holding = asked
            except Exception:  # not foreseen: links are to end all the same when their time is over
                log.exception("cannot look after links")
                holding = asked
            for share in asked:
                expires = self._expiring.get(share)
                if share not in holding or (expires and expires <= datetime.now(UTC)):
                    self.close(share)
