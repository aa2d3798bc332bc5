"""A session with a server, whatever its protocol, over as many connections as it takes.

A `Talk` decides what is said; here are the sockets and the waiting.
"""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from vivavoce.client.errors import Unreachable
from vivavoce.client.inbox import Inbox
from vivavoce.client.talk import Said, State, Talk
from vivavoce.core.errors import Gone, VivavoceError
from vivavoce.core.events import AnyEvent
from vivavoce.dialects.base import Wire

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between attempts to reach a lost server."""

T = TypeVar("T", bound=Talk)


class Conversation(ABC, Generic[T]):
    """Send audio, read events."""

    def __init__(self, url: str, talk: T) -> None:
        self._url = url
        self._protocol = talk
        self._inbox = Inbox()
        self._error: Exception | None = None
        self._finished = False
        self._changed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent or will come."""
        return self._error is not None or self._protocol.state is State.OVER

    async def send(self, pcm: bytes) -> None:
        """Send audio, in pieces of any size. Waits while too much of it is kept here.

        A lost connection is not an error here. Raises the `VivavoceError` that ended the session.
        """
        await self._until(lambda: self._protocol.room)
        self._require_open()
        self._protocol.audio(pcm)
        self._changed.set()

    async def finish(self) -> None:
        """No more audio. The events go on until the last words."""
        if not self._finished:
            self._require_open()
            self._say_finish()
            self._finished = True
            self._changed.set()

    def __aiter__(self) -> AsyncIterator[AnyEvent]:
        return self

    async def __anext__(self) -> AnyEvent:
        """The next event, or the latest interim. Ends with the session."""
        await self._until(lambda: bool(self._inbox))
        if self._inbox:
            self._changed.set()
            return self._inbox.take()
        if self._error:
            raise self._error
        raise StopAsyncIteration

    async def opened(self) -> None:
        """Wait until there is a session. Raises why there is none."""
        await self._until(lambda: self._protocol.begun)
        if self._error:
            raise self._error

    async def until_lost(self) -> None:
        """Wait until there is no line to the server, or the session is over."""
        await self._until(lambda: not self.connected)

    async def until_connected(self) -> None:
        """Wait until the server has taken the session up, or the session is over."""
        await self._until(lambda: self.connected)

    async def drained(self) -> None:
        """Wait until the session is over, passing over its events."""
        async for _ in self:
            pass

    async def run(self) -> None:
        """Keep a line to the server until the session is over."""
        try:
            await self._keep_connected()
        except Exception as error:
            self._error = error
        finally:
            self._changed.set()

    @abstractmethod
    async def _open_line(self) -> ClientConnection:
        """Raises `Unreachable`, or the `PeerError` that another attempt cannot mend."""

    @abstractmethod
    def _say_finish(self) -> None: ...

    async def _pause(self) -> bool:
        """Wait until there may be more to send. False: there will not be, nor to read."""
        await self._next_change()
        return True

    async def _keep_connected(self) -> None:
        clock = asyncio.get_running_loop().time
        pause, deadline = FIRST_PAUSE, 0.0
        while not self.over:
            headway = self._protocol.headway
            trouble = await self._one_line()
            if self.over:
                return
            if self._protocol.headway > headway:
                pause, deadline = FIRST_PAUSE, clock() + self._protocol.grace
            if clock() >= deadline:
                raise trouble
            # Clients that lost the same server must not all come back at once.
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _one_line(self) -> VivavoceError:
        """Use one connection as long as it lasts. Returns what was wrong with it."""
        try:
            line = await self._open_line()
        except Unreachable as error:
            return error
        async with line:
            await self._converse(line)
        self._tell(self._protocol.disconnected(line.close_code or 1006))
        return self._protocol.error or Unreachable(f"The connection to {self._url} broke.")

    async def _converse(self, line: ClientConnection) -> None:
        opening = self._protocol.connected()
        self._changed.set()
        with suppress(ConnectionClosed):  # also what came before a line broke is read
            writer = asyncio.create_task(self._write(line, opening))
            try:
                await self._read(line)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _read(self, line: ClientConnection) -> None:
        async for message in line:
            self._tell(self._protocol.receive(message))
            if self._protocol.state is State.OVER:
                return
            await self._until(lambda: not self._inbox.full)

    async def _write(self, line: ClientConnection, opening: Wire) -> None:
        await line.send(opening)
        while True:
            while (wire := self._protocol.take()) is not None:
                await line.send(wire)
            if not await self._pause():
                await line.close()
                return

    def _tell(self, said: Said) -> None:
        for each in said:
            self._inbox.put(each)
        self._changed.set()

    def _require_open(self) -> None:
        if self._error:
            raise self._error
        if self._finished or self.over:
            raise Gone("The session is finished, so nothing more can be sent.")

    async def _until(self, ready: Callable[[], bool]) -> None:
        while not ready() and not self.over:
            await self._next_change()

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


C = TypeVar("C", bound=Conversation[Any])


@asynccontextmanager
async def conversing(session: C) -> AsyncIterator[C]:
    """Open the session, and see to its end.

    Leaving the block finishes it and waits for its end; leaving it by an exception just hangs
    up. Raises `Unreachable`, or the error the server refused the session with.
    """
    runner = asyncio.create_task(session.run())
    try:
        await session.opened()
        yield session
        if not session.over:
            await session.finish()
            await session.drained()
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
