"""A bell that wakes everybody who waits for it now."""

import asyncio


class Bell:
    """No ring is remembered: look at the state first, and wait only when it is not yet so."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        await self._event.wait()

    def next(self) -> asyncio.Event:
        """Set by the next ring: for those who must await something between look and wait."""
        return self._event
