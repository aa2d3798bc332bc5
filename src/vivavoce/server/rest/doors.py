"""The streams that are read by links, which end when their link does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import structlog

from vivavoce.core.errors import OurError, VivavoceError
from vivavoce.library.shares import Share

log = structlog.get_logger()

LOOK_EVERY: Final = 2.0
"""Seconds between looks whether a link still holds: it may be withdrawn in another process."""

Check = Callable[[], Awaitable[object]]
"""Raises `PeerError` when a link does not hold any more."""


class Doors:
    """One look serves everybody who reads by the same link."""

    def __init__(self, every: float = LOOK_EVERY) -> None:
        self._every = every
        self._readers: dict[str, set[asyncio.Future[None]]] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def reading(self, share: Share, check: Check) -> AsyncIterator[asyncio.Future[None]]:
        """Inside, somebody reads by this link; the future is done when they no longer may."""
        closed = asyncio.get_running_loop().create_future()
        readers = self._readers.setdefault(share.id, set())
        if not readers:
            self._looking[share.id] = asyncio.create_task(self._look(share, check))
        readers.add(closed)
        try:
            yield closed
        finally:
            readers.discard(closed)
            if not readers:
                del self._readers[share.id]
                self._looking.pop(share.id).cancel()

    def close(self, share: str) -> None:
        """The link with this id is withdrawn."""
        for reader in self._readers.get(share, ()):
            if not reader.done():
                reader.set_result(None)

    async def _look(self, share: Share, check: Check) -> None:
        while (left := (share.expires_at - datetime.now(UTC)).total_seconds()) > 0:
            await asyncio.sleep(min(self._every, left))
            try:
                await check()
            except OurError as error:  # a full disk withdraws nothing
                log.warning("cannot look after a link", reason=error.message)
            except VivavoceError:
                break
            except Exception:  # not foreseen: the link is to end all the same when its time is over
                log.exception("cannot look after a link")
        self.close(share.id)
