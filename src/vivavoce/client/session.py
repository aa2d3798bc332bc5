"""A live session with a server, over as many connections as it takes.

`client/protocol.py` decides what is said; here are the sockets and the waiting.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from vivavoce.client.address import live_url
from vivavoce.client.errors import Unreachable
from vivavoce.client.inbox import Inbox
from vivavoce.client.line import open_line
from vivavoce.client.protocol import ClientProtocol, State
from vivavoce.core.errors import Gone, VivavoceError
from vivavoce.core.events import AnyEvent
from vivavoce.dialects.native_messages import (
    ConfigureMessage,
    Control,
    FinishMessage,
    FlushMessage,
    MarkMessage,
    StartMessage,
)

GRACE = 120.0
"""Seconds that a server without a word about it keeps a session for its client."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between attempts to reach a lost server."""


class Session:
    """Send audio, read events. Use `connect` to get one."""

    def __init__(self, url: str, start: StartMessage, *, bound: int) -> None:
        self._url = live_url(url)
        self._protocol = ClientProtocol(start, bound=bound)
        self._inbox = Inbox()
        self._error: Exception | None = None
        self._finished = False
        self._changed = asyncio.Event()

    @property
    def id(self) -> str:
        """The session's id, which is its recording's as well."""
        return self._protocol.ready.session if self._protocol.ready else ""

    @property
    def connected(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def unacknowledged(self) -> int:
        """Bytes of audio that the server has not said are safe."""
        return self._protocol.outbox.held

    @property
    def acknowledged(self) -> int:
        """Frames that the server has said are safe. `send` makes one of each piece, unless it
        is larger than the protocol's frames."""
        return self._protocol.outbox.oldest_frame

    async def send(self, pcm: bytes) -> None:
        """Send audio, in pieces of any size. Waits while too much is not acknowledged yet.

        A lost connection is not an error here: what was sent is kept and sent again.
        Raises the `VivavoceError` that ended the session.
        """
        await self._until(lambda: self._protocol.outbox.room)
        self._require_open()
        self._protocol.audio(pcm)
        self._changed.set()

    async def flush(self) -> None:
        """Ask for what was said so far to be made final now."""
        self._say(FlushMessage())

    async def mark(self, label: str = "") -> None:
        """Note this moment in the transcript."""
        self._say(MarkMessage(label=label))

    async def configure(
        self,
        *,
        language: str | None = None,
        endpoint_ms: int | None = None,
        max_utterance_ms: int | None = None,
        title: str | None = None,
    ) -> None:
        """Change what may change in mid-session. It holds at once, for the open utterance too;
        the title is the recording's."""
        self._say(
            ConfigureMessage(
                language=language,
                endpoint_ms=endpoint_ms,
                max_utterance_ms=max_utterance_ms,
                title=title,
            )
        )

    async def finish(self) -> None:
        """No more audio. The events go on until `Ended`."""
        if not self._finished:
            self._say(FinishMessage())
            self._finished = True

    def __aiter__(self) -> AsyncIterator[AnyEvent]:
        return self

    async def __anext__(self) -> AnyEvent:
        """The next event, or the latest interim. Ends after `Ended`, once all of it is kept.

        Should the server have been killed, events may come again in another reading: a
        `Final` replaces an earlier one of the same id.
        """
        await self._until(lambda: bool(self._inbox))
        if self._inbox:
            self._changed.set()
            return self._inbox.take()
        if self._error:
            raise self._error
        raise StopAsyncIteration

    async def opened(self) -> None:
        """Wait for the server's first answer. Raises why there is no session."""
        await self._until(lambda: bool(self.id))
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

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent or will come."""
        return self._error is not None or self._protocol.state is State.OVER

    async def run(self) -> None:
        """Keep a line to the server until the session is over."""
        try:
            await self._keep_connected()
        except Exception as error:
            self._error = error
        finally:
            self._changed.set()

    async def _keep_connected(self) -> None:
        clock = asyncio.get_running_loop().time
        pause, deadline = FIRST_PAUSE, 0.0
        while True:
            headway = self._protocol.headway
            trouble = await self._one_line()
            if self._protocol.state is State.OVER:
                return
            if self._protocol.headway > headway:
                pause, deadline = FIRST_PAUSE, clock() + self._grace()
            if clock() >= deadline:
                raise trouble
            # Clients that lost the same server must not all come back at once.
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _one_line(self) -> VivavoceError:
        """Use one connection as long as it lasts. Returns what was wrong with it."""
        try:
            line = await open_line(self._url)
        except Unreachable as error:
            return error
        async with line:
            await self._converse(line)
        self._protocol.disconnected(line.close_code or 1006)
        self._changed.set()
        return self._protocol.error or Unreachable(f"The connection to {self._url} broke.")

    async def _converse(self, line: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            await line.send(self._protocol.connected())
            writer = asyncio.create_task(self._write(line))
            try:
                await self._read(line)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _read(self, line: ClientConnection) -> None:
        async for message in line:
            if said := self._protocol.receive(message):
                self._inbox.put(said)
            self._changed.set()
            if self._protocol.state is State.OVER:
                return
            await self._until(lambda: not self._inbox.full)

    async def _write(self, line: ClientConnection) -> None:
        while True:
            while (wire := self._protocol.take()) is not None:
                await line.send(wire)
            await self._next_change()

    def _say(self, message: Control) -> None:
        self._require_open()
        self._protocol.control(message)
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

    def _grace(self) -> float:
        limits = self._protocol.ready.limits if self._protocol.ready else {}
        grace = limits.get("grace", GRACE)
        return float(grace) if isinstance(grace, int | float) else GRACE
