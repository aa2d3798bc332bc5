"""The transcript of a recording as it is now, whether its session runs or has ended."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from vivavoce.core.errors import Held
from vivavoce.core.events import Numbered
from vivavoce.core.transcript import Transcript, fold
from vivavoce.library.recording import UNFINISHED
from vivavoce.library.repository import Repository
from vivavoce.live.hub import Hub

LOOK_EVERY: Final = 0.25  # seconds
LOOKS: Final = 80
"""Looks at a session that is on its way into the library, or to another process."""


class Reader:
    """Every recording's."""

    def __init__(self, hub: Hub, repository: Repository) -> None:
        self._hub = hub
        self._repository = repository

    async def transcript(self, owner: str, recording: str) -> Transcript:
        """Raises `NotFound`, `DiskError`, `Held`: another process has the session."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_EVERY)
            row = await self._repository.get(owner, recording)
            session = self._hub.running(recording)
            if session is not None and not session.broadcast.ended:
                return session.broadcast.transcript()
            if row.state not in UNFINISHED:
                return await self._repository.transcript(owner, recording)
            if session is None and (said := await self._hub.said(recording)) is not None:
                return fold(numbered.event for numbered in said)
        raise Held(f"Another process of this server has the session {recording}; try again.")

    async def events(self, owner: str, recording: str) -> AsyncGenerator[Numbered]:
        """From the first on; of a live session as they come, until it ends. Raises as above."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_EVERY)
            if (watched := await self._hub.watch(recording)) is not None:
                async for item in watched:
                    if isinstance(item, Numbered):
                        yield item
                return
            row = await self._repository.get(owner, recording)
            if row.state not in UNFINISHED:
                async for numbered in self._repository.events(owner, recording):
                    yield numbered
                return
        raise Held(f"Another process of this server has the session {recording}; try again.")
