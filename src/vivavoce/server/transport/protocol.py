"""HTTP/1.1, WebSockets and HTTP/2 on one port: the first bytes of a connection tell them apart.

It is for uvicorn: `vivavoce serve` has it, and so has whoever runs
`uvicorn --http vivavoce.server.transport.protocol:Protocol vivavoce.asgi:app`, or gunicorn with the
class in `worker.py`. Without it, the same application speaks HTTP/1.1 and WebSocket alone, and
does not count its connections.
"""

import asyncio
from typing import Any, Final, cast

from h2.errors import ErrorCodes
from hyperframe.frame import GoAwayFrame, SettingsFrame
from uvicorn.config import Config
from uvicorn.server import ServerState

from vivavoce.server.transport.admission import STATE, Admission, Entry
from vivavoce.server.transport.http1 import Http1, last_word
from vivavoce.server.transport.http2 import PREFACE, Http2

MAX_MESSAGE: Final = 17 << 20
"""Bytes that a WebSocket message may have to be refused with a sentence; larger ones are cut.
More than the largest of any protocol, which refuses what is too large for itself."""

FIRST: Final = 60.0
"""Seconds that a client has to say something. Browsers open connections that they need later."""

REFUSAL: Final = 1.0
"""Seconds that one for whom there is no place has to say what it wants, and to read why not."""

FULL: Final = last_word(
    "429 Too Many Requests",
    "There are too many connections from this address, or in all; try again in a moment.",
    "retry-after: 5",
)


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
        *,
        entry: Entry | None = None,
    ) -> None:
        """`entry`: of a connection that was counted before."""
        self._parts: dict[str, Any] = {
            "config": config,
            "server_state": server_state,
            "app_state": app_state,
            "_loop": _loop,
        }
        self._connections = server_state.connections
        self._loop = _loop or asyncio.get_running_loop()
        self._admission: Admission = app_state.get(STATE) or Admission()
        self._counted = entry
        self._first = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclass of it.
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)  # type: ignore[arg-type]  # it knows only its own
        self._entry = self._counted or self._admission.enter(transport)
        self._place = self._entry.place
        if self._place is not None:
            self._place.transport = transport  # the outermost, of those of one connection
        patience = FIRST if self._place is not None else REFUSAL if self._entry.telling else 0
        self._timer = self._loop.call_later(patience, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._forget()
        self._entry.leave()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._first += data
        if len(self._first) < len(PREFACE) and PREFACE.startswith(self._first):
            return
        http2 = self._first.startswith(PREFACE)
        if self._place is None:
            self._transport.write(_enough() if http2 else FULL)
            self._transport.close()
        elif http2:
            self._hand_over(Http2(**self._parts, place=self._place))
        else:
            self._hand_over(Http1(**self._parts, place=self._place))

    def shutdown(self) -> None:
        """The server stops."""
        self._transport.close()

    def _hand_over(self, protocol: asyncio.Protocol) -> None:
        self._forget()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._first)

    def _forget(self) -> None:
        self._timer.cancel()
        self._connections.discard(self)


def _enough() -> bytes:
    """The same in HTTP/2."""
    frames = SettingsFrame(0), GoAwayFrame(0, error_code=ErrorCodes.ENHANCE_YOUR_CALM)
    return b"".join(frame.serialize() for frame in frames)


SERVED: Final[dict[str, Any]] = {
    "http": Protocol,
    "access_log": False,  # we write our own lines
    "proxy_headers": False,  # we hear those that the settings name
    "ws_max_size": MAX_MESSAGE,
    "ws_per_message_deflate": False,  # it costs more than it saves, and bombs are made of it
}
"""How uvicorn is to serve, whoever starts it: for its `Config`."""
