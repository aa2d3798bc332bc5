"""HTTP/1.1 and WebSockets as uvicorn has them, with bounds on what a client may take its time for.

uvicorn trusts its clients: it waits for ever for the end of a header, for whoever does not read
an answer, and for the last of endless fragments; and of several requests that one client sends
at once it tells only the last that the client is gone.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import Any, Final

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from vivavoce.server.transport.admission import Place

MAX_HEADERS: Final = 64 << 10
"""Bytes of a request's headers, those after its body included."""

FRUITLESS: Final = MAX_HEADERS
"""Bytes that may come without a header's end or a piece of a body in them."""

IGNORED: Final = 4 << 20
"""Bytes of a body that still may come when its request is answered: a client that is cut in the
middle of it may not see the answer."""

PIPELINED: Final = 16
"""Requests that may wait for the answer to one before."""

FRAGMENTS: Final = 1 << 14
"""Pieces of one WebSocket message."""

PINGS: Final = 100
"""That a client may send while it does not read what it is told."""

State = dict[str, Any]
Loop = asyncio.AbstractEventLoop


class HeadersTooLarge(ValueError):
    """More than `MAX_HEADERS`, the request's address counted by itself."""


class Timer:
    """Something that is done unless it is stopped before."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        return self._handle is not None

    def start(self, seconds: float, do: Callable[[], object]) -> None:
        """No later than it was started before."""
        if self._handle is None:
            self._handle = self._loop.call_later(seconds, self._over, do)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _over(self, do: Callable[[], object]) -> None:
        self._handle = None
        do()


class Http1(HttpToolsProtocol):
    """A connection that begins as HTTP/1.1; made as uvicorn makes its own."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: State,
        _loop: Loop | None = None,
        *,
        place: Place,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._place = place
        if self.ws_protocol_class is not None:
            self.ws_protocol_class = functools.partial(WebSocket, place=place)  # type: ignore[assignment]
        self._answering: RequestResponseCycle | None = None  # where others wait, no longer `cycle`
        self._begun = False  # a request's headers are coming
        self._headers_size = 0
        self._fruitless = 0
        self._ignored = 0
        self._hurry = Timer(self.loop)
        self._stall = Timer(self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._place.leave()
        self._hurry.stop()
        self._stall.stop()
        super().connection_lost(exc)
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def data_received(self, data: bytes) -> None:
        self._fruitless += len(data)
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._hurry.stop()
        elif self._fruitless > FRUITLESS:
            self._say("431 Request Header Fields Too Large", "The request's headers have no end.")
        elif self._between:
            self._hurry_up()

    def on_message_begin(self) -> None:
        self._begun = True
        self._headers_size = self._ignored = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) >= MAX_HEADERS:  # which its parser has no word for
            raise HeadersTooLarge

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers_size += len(name) + len(value)
        if self._headers_size > MAX_HEADERS:
            raise HeadersTooLarge
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._begun = False
        self._fruitless = 0
        self._hurry.stop()
        super().on_headers_complete()
        if len(self.pipeline) > PIPELINED:
            self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        self._answering = cycle
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def on_body(self, body: bytes) -> None:
        self._fruitless = 0
        if self.cycle.response_complete:
            self._ignored += len(body)
            if self._ignored > IGNORED:
                self.transport.close()
        super().on_body(body)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._begun and not self.transport.is_closing():  # the next one's headers
            self._unset_keepalive_if_required()
            self._hurry_up()

    def send_400_response(self, msg: str) -> None:
        if self._begun and len(self.url) >= MAX_HEADERS:
            self._say("414 URI Too Long", "The request's address is too long.")
        elif self._headers_size > MAX_HEADERS:
            self._say("431 Request Header Fields Too Large", "The request's headers are too large.")
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall.start(self._place.admission.patience.stalled, self.transport.abort)

    def resume_writing(self) -> None:
        self._stall.stop()
        super().resume_writing()

    @property
    def _between(self) -> bool:
        """No request is being answered: what comes now belongs to the next."""
        return self.cycle is None or self.cycle.response_complete

    def _hurry_up(self) -> None:
        self._hurry.start(self._place.admission.patience.headers, self._late)

    def _late(self) -> None:
        if self._begun:
            self._say("408 Request Timeout", "The request's headers took too long.")
        else:
            self.transport.close()

    def _say(self, status: str, sentence: str) -> None:
        """The last word, where it breaks no other off."""
        if self._between:
            self.transport.write(last_word(status, sentence))
        self.transport.close()


class WebSocket(WebSocketsSansIOProtocol):
    """What `Http1` becomes at a WebSocket's handshake."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: State,
        _loop: Loop | None = None,
        *,
        place: Place,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._place = place
        self._pings = 0  # since the client stopped reading
        self._stall = Timer(self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._place.leave()
        self._stall.stop()
        super().connection_lost(exc)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS:
            self.conn.fail(1009, f"a message in more than {FRAGMENTS} fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        super().handle_ping()
        if self._stall.runs:
            self._pings += 1
            if self._pings > PINGS:
                self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall.start(self._place.admission.patience.stalled, self.transport.abort)

    def resume_writing(self) -> None:
        self._pings = 0
        self._stall.stop()
        super().resume_writing()


def last_word(status: str, sentence: str, *headers: str) -> bytes:
    """An answer after which the connection is closed."""
    lines = (
        f"HTTP/1.1 {status}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(sentence.encode())}",
        *headers,
        "connection: close",
    )
    return ("\r\n".join(lines) + f"\r\n\r\n{sentence}").encode()
