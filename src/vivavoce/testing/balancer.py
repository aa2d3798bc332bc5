"""A balancer as plain as can be: each connection goes to the next server that takes it.

It carries bytes both ways and understands none of them, so nothing of a session sticks to a
server.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

CHUNK = 65536


class Balancer:
    """Before servers on ports of this machine, in turn. Use it as a context; it has a port of
    its own."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://localhost:{self._server.sockets[0].getsockname()[1]}/"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._came, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(task := asyncio.create_task(self._carry(reader, writer)))
        task.add_done_callback(self._open.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until either end is gone; the other then has what was on its way."""
        writers = [writer]
        try:
            if (found := await self._next()) is None:
                return
            there, back = found
            writers.append(back)
            ways = [asyncio.create_task(_pump(*way)) for way in ((reader, back), (there, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for each in writers:
                each.close()

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A line to the server whose turn it is, or the one after it; None: all are dead."""
        first = self._turn
        self._turn = (first + 1) % len(self._ports)
        for port in self._ports[first:] + self._ports[:first]:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
