"""`/ws/echo`: says back what it hears, and something by itself every few seconds.

For whoever looks for the proxy that breaks WebSockets: does it let them through, both kinds of
message, large ones, and does it cut a line on which nobody but the server speaks?
"""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.websockets import WebSocket

from vivavoce.core.errors import TooLarge
from vivavoce.server.line import Line, LineLost, WebSocketLine

PING: Final = "Ping!"
PING_EVERY: Final = 5.0  # seconds

MAX_MESSAGE: Final = 1 << 20
"""Bytes, or characters."""


async def echo(ws: WebSocket) -> None:
    """One connection, for as long as its client likes."""
    await ws.accept()
    await Echo(WebSocketLine(ws)).run()


class Echo:
    """Nothing waits here: a message is said back before the next is heard. `every`: seconds."""

    def __init__(self, line: Line, every: float = PING_EVERY) -> None:
        self._line = line
        self._every = every
        self._saying = asyncio.Lock()

    async def run(self) -> None:
        """Until the line is lost, or too large a message comes."""
        pinging = asyncio.create_task(self._ping())
        try:
            await self._echo()
        except LineLost:
            pass
        finally:
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)

    async def _echo(self) -> None:
        while len(message := await self._line.hear()) <= MAX_MESSAGE:
            await self._say(message)
        await self._line.close(TooLarge.close, TooLarge.code)

    async def _ping(self) -> None:
        with suppress(LineLost):
            while True:
                await asyncio.sleep(self._every)
                await self._say(PING)

    async def _say(self, message: str | bytes) -> None:
        async with self._saying:
            await self._line.say(message)
