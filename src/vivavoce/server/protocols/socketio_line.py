"""One Socket.IO socket as a dialect's line. A message is an event as JSON text: `[name, data]`."""

import asyncio
from collections import deque
from typing import Any

import msgspec
import structlog
from socketio import AsyncServer

from vivavoce.dialects.base import Wire
from vivavoce.journal.bell import Bell
from vivavoce.server.line import LineLost

MOST_HEARD = 4 * 1024 * 1024
"""Characters of events that wait to be read, about 95 s of speech; then the client waits too."""

MOST_UNREAD = 64
"""Events that a client has not read yet; then nothing more is said until it reads."""

LOOK_AGAIN = 0.1
"""Seconds. Engine.IO does not say when a client has read something."""

log = structlog.get_logger()


class SocketLine:
    """A `Line`. Its socket stays when a dialect ends it: the next session may come on it."""

    def __init__(self, server: AsyncServer, sid: str, owner: str) -> None:
        self.owner = owner  # whose its sessions are
        self._server = server
        self._sid = sid
        self._engine_sid = server.manager.eio_sid_from_sid(sid, "/")
        self._heard: deque[str] = deque()
        self._waiting = 0  # characters of them
        self._lost = False
        self._changed = Bell()

    @property
    def over(self) -> bool:
        """Whether the socket is gone and all that came by it was read."""
        return self._lost and not self._heard

    @property
    def behind(self) -> bool:
        """Whether the client does not read what it is told."""
        socket = self._server.eio.sockets.get(self._engine_sid)
        return socket is not None and socket.queue.qsize() >= MOST_UNREAD

    async def come(self, *event: Any) -> None:
        """An event of the client; returns when there is room for it."""
        try:
            # What is sent as binary is base64 in this, which is how audio comes anyway.
            wire = msgspec.json.encode(event).decode()
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            log.info("refused", code="bad_message", reason=str(error))
            return
        while self._waiting >= MOST_HEARD and not self._lost:
            await self._changed.wait()
        self._heard.append(wire)
        self._waiting += len(wire)
        self._changed.ring()

    def lose(self) -> None:
        """The socket is gone. What came before is still heard."""
        self._lost = True
        self._changed.ring()

    async def hear(self) -> Wire:
        while not self._heard:
            if self._lost:
                raise LineLost
            await self._changed.wait()
        wire = self._heard.popleft()
        self._waiting -= len(wire)
        self._changed.ring()
        return wire

    async def say(self, wire: Wire) -> None:
        """Nothing where the socket is gone: `hear` says so, when all that came was heard."""
        while self.behind and not self._lost:  # noqa: ASYNC110  # there is no event to await
            await asyncio.sleep(LOOK_AGAIN)
        if not self._lost:
            name, data = msgspec.json.decode(wire)
            await self._server.emit(name, data, to=self._sid)

    async def close(self, code: int, reason: str) -> None:
        """The socket stays open, as with the servers that its clients know."""
