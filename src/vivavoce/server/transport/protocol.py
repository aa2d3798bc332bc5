"""HTTP/1.1, WebSockets and HTTP/2 on one port: the first bytes of a connection tell them apart.

It is for uvicorn: `vivavoce serve` has it, and so has whoever runs
`uvicorn --http vivavoce.server.transport.protocol:Protocol vivavoce.asgi:app`. Without it, the same
application speaks HTTP/1.1 and WebSocket alone.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState

from vivavoce.server.transport.http2 import PREFACE, Http2

MAX_MESSAGE: Final = 17 << 20
"""Bytes that a WebSocket message may have to be refused with a sentence; larger ones are cut.
More than the largest of any protocol, which refuses what is too large for itself."""

FIRST: Final = 60.0
"""Seconds that a client has to say something. Browsers open connections that they need later."""


class Protocol(asyncio.Protocol):
    """A connection until it is known what it speaks; made as uvicorn makes its own."""

    alpn_protocols: Final = ["h2", "http/1.1"]
    """What uvicorn offers with this protocol where it does TLS."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._parts = {
            "config": config,
            "server_state": server_state,
            "app_state": app_state,
            "_loop": _loop,
        }
        self._connections = server_state.connections
        self._loop = _loop or asyncio.get_running_loop()
        self._first = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclass of it.
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)  # type: ignore[arg-type]  # it knows only its own
        self._timer = self._loop.call_later(FIRST, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._forget()

    def data_received(self, data: bytes) -> None:
        self._first += data
        if len(self._first) >= len(PREFACE) or not PREFACE.startswith(self._first):
            self._hand_over(Http2 if self._first.startswith(PREFACE) else AutoHTTPProtocol)

    def shutdown(self) -> None:
        """The server stops."""
        self._transport.close()

    def _hand_over(self, kind: Any) -> None:
        self._forget()
        protocol: asyncio.Protocol = kind(**self._parts)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._first)

    def _forget(self) -> None:
        self._timer.cancel()
        self._connections.discard(self)
