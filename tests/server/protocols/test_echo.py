"""The echo, over a line that is as slow as a test wants it."""

import asyncio

import pytest

from vivavoce.dialects.base import Wire
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.echo import MAX_MESSAGE, PING, Echo

pytestmark = pytest.mark.anyio


class Peer:
    """A client's end in this process; it hangs up when `coming` has None."""

    def __init__(self, *coming: Wire | None) -> None:
        self.coming: asyncio.Queue[Wire | None] = asyncio.Queue()
        self.said: asyncio.Queue[Wire] = asyncio.Queue()
        self.closed: int | None = None
        for wire in coming:
            self.coming.put_nowait(wire)

    async def hear(self) -> Wire:
        wire = await self.coming.get()
        if wire is None:
            raise LineLost
        return wire

    async def say(self, wire: Wire) -> None:
        self.said.put_nowait(wire)

    async def close(self, code: int, _reason: str) -> None:
        self.closed = code


async def test_what_it_hears_it_says() -> None:
    line = Peer("hello", b"\0\1", "", "x" * MAX_MESSAGE, None)
    await Echo(line, every=3600).run()
    said = [line.said.get_nowait() for _ in range(line.said.qsize())]
    assert said == ["hello", b"\0\1", "", "x" * MAX_MESSAGE]
    assert line.closed is None


async def test_it_speaks_by_itself() -> None:
    line = Peer()
    running = asyncio.create_task(Echo(line, every=0.01).run())
    assert [await line.said.get() for _ in range(3)] == [PING] * 3
    line.coming.put_nowait(None)
    await running


async def test_too_large_a_message_ends_it() -> None:
    line = Peer(bytes(MAX_MESSAGE + 1))
    await Echo(line, every=3600).run()
    assert (line.closed, line.said.qsize()) == (1009, 0)
