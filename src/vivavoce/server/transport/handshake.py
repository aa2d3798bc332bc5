"""TLS as a connection's own step, so that it is counted before a key is computed for it.

asyncio, told to serve TLS, says nothing of a connection until it is secure: whoever opens
thousands and never shakes hands would be seen by nobody.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

from vivavoce.server.transport.admission import Admission, Entry
from vivavoce.server.transport.protocol import REFUSAL

HANDSHAKE: Final = 15.0
"""Seconds that a client has until its line is secure."""

Secured = Callable[[Entry], asyncio.Protocol]
"""What a connection speaks that is secure."""


class Handshakes:
    """Of one port. `new` is what it listens with, as for a port without TLS."""

    def __init__(self, context: ssl.SSLContext, admission: Admission, secured: Secured) -> None:
        self._context = context
        self._admission = admission
        self._secured = secured
        self._running: set[asyncio.Task[None]] = set()

    def new(self) -> asyncio.Protocol:
        return _Counted(self)

    async def stop(self) -> None:
        """Those that are not done yet are broken off."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def begin(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and take its socket over: what it was accepted with reads no TLS."""
        entry = self._admission.enter(transport)
        if entry.welcome:
            found = transport.get_extra_info("socket")
            own = socket.socket(found.family, found.type, found.proto, socket.dup(found.fileno()))
            task = asyncio.create_task(self._shake(own, entry), name="handshake")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _shake(self, own: socket.socket, entry: Entry) -> None:
        own.setblocking(False)
        gone = True
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._secured(entry),
                own,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE if entry.place is not None else REFUSAL,
            )
            gone = transport is None or transport.is_closing()
        except OSError:
            pass  # the client's: no TLS, none that we speak, too slow, hung up
        finally:
            if gone:
                entry.leave()


class _Counted(asyncio.Protocol):
    """A connection as it is accepted, for a moment."""

    def __init__(self, handshakes: Handshakes) -> None:
        self._handshakes = handshakes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        try:
            self._handshakes.begin(transport)
        finally:
            transport.abort()  # type: ignore[attr-defined]  # it lets go of its own handle alone
