"""HTTP/2 beside uvicorn's own HTTP/1.1, for the clients that insist on it.

What an application may rely on is said in `http2_stream.py`. A connection that nobody uses is
closed after `IDLE` seconds; one that is used and silent is asked whether it is there, so that
a client that lost its power does not hold a session for ever.
"""

import asyncio
import functools
from typing import Any, Final, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from vivavoce.server.transport.admission import Place
from vivavoce.server.transport.http2_frames import MAX_FRAME, Flood, Frames
from vivavoce.server.transport.http2_stream import (
    WINDOW,
    BadRequest,
    Headers,
    Stream,
    Wire,
    answer,
    scope_of,
)

MAX_STREAMS: Final = 128
"""Requests at once on one connection; those that were reset count until they are over."""

MAX_WAITING: Final = 1 << 20
"""Bytes of all the requests' bodies on one connection that may wait for the application."""

MAX_UNSENT: Final = 1 << 20
"""Bytes that may wait for a client to read them. The answers' bodies stop far below; what is
left are answers to what the client asks of the connection itself."""

MAX_HEADERS: Final = 64 << 10  # bytes

ASK: Final = 20.0  # seconds of silence after which the client is asked; twice is too long
IDLE: Final = 60.0  # seconds without a request
LINGER: Final = 5.0  # seconds that a client has to read the last of what was said to it

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first, and nobody who speaks HTTP/1.1."""


NAMELESS: Final = {"type": "http", "method": "GET", "path": "", "query_string": b"", "headers": []}
"""Of a request that cannot be answered, what there is to log."""


class Http2(asyncio.Protocol):
    """A connection that begins with HTTP/2's preface; made as uvicorn makes its own."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        place: Place,
    ) -> None:
        self._place = place
        self._loop = _loop or asyncio.get_running_loop()
        self._config = config
        self._server = server_state
        self._app_state = app_state
        self._frames = Frames(self._loop.time)
        self._machine = machine()
        self._preface = len(PREFACE)  # bytes of it still to come
        self._running: dict[int, Stream] = {}
        self._leaving = False
        self._heard = True  # something, since the last look
        self._asked = False  # at the last look, whether the client is there
        self._unused = 0.0  # seconds without a request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclass of it.
        self._transport = cast(asyncio.Transport, transport)
        patience = self._place.admission.patience.stalled
        self._wire = Wire(self._machine, self._transport, patience)
        self._server.connections.add(self)  # type: ignore[arg-type]  # it knows only its own
        self._machine.initiate_connection()
        self._machine.increment_flow_control_window(MAX_WAITING - 65_535)  # what it begins with
        self._wire.flush()
        self._look = self._loop.call_later(ASK, self._looked)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._look.cancel()
        self._place.leave()
        self._server.connections.discard(self)
        for stream in self._running.values():
            stream.lost()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._heard = True
        preface, data = data[: self._preface], data[self._preface :]
        self._preface -= len(preface)
        try:
            for event in self._machine.receive_data(preface + self._frames.feed(data)):
                self._met(event)
        except Flood:
            self._farewell(ErrorCodes.ENHANCE_YOUR_CALM)
            self._close()
        except ProtocolError:
            self._wire.flush()  # the machine has put down what was wrong
            self._close()
        else:
            self._wire.flush()
            self._close_if_over()
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._wire.paused = True

    def resume_writing(self) -> None:
        self._wire.paused = False
        self._wake()

    def shutdown(self) -> None:
        """The server stops: what runs may end, and nothing new begins."""
        if not self._leaving and not self._transport.is_closing():
            self._leaving = True
            self._farewell(ErrorCodes.NO_ERROR)
            self._close_if_over()

    def _met(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._begin(event.stream_id, event.headers)
            case DataReceived():
                if (stream := self._running.get(event.stream_id)) is not None:
                    stream.heard(event.data, event.flow_controlled_length)
                else:
                    self._machine.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
            case StreamEnded():
                if (stream := self._running.get(event.stream_id)) is not None:
                    stream.heard_all()
            case StreamReset():
                if (stream := self._running.get(event.stream_id)) is not None:
                    stream.lost()
            case WindowUpdated(stream_id=number) if number:
                if (stream := self._running.get(number)) is not None:
                    stream.wake()
            case WindowUpdated() | RemoteSettingsChanged():
                self._wake()
            case ConnectionTerminated():
                self._close()

    def _begin(self, number: int, headers: Headers) -> None:
        if self._leaving or len(self._running) >= MAX_STREAMS:
            self._machine.reset_stream(number, ErrorCodes.REFUSED_STREAM)
            self._frames.spend()
            return
        app: ASGIApp = self._config.loaded_app
        try:
            scope = scope_of(headers, self._config.root_path)
        except BadRequest as error:
            scope, app = NAMELESS.copy(), answer(400, str(error).encode())
        scope.update(
            {
                "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
                "scheme": "https" if is_ssl(self._transport) else "http",
                "server": get_local_addr(self._transport),
                "client": get_remote_addr(self._transport),
                "state": self._app_state.copy(),
            }
        )
        stream = Stream(self._wire, number, scope, self._server.default_headers)
        self._running[number] = stream
        task = self._loop.create_task(stream.run(app))
        self._server.tasks.add(task)
        task.add_done_callback(functools.partial(self._over, number))

    def _over(self, number: int, task: asyncio.Task[None]) -> None:
        self._server.tasks.discard(task)
        self._server.total_requests += 1
        del self._running[number]
        self._close_if_over()

    def _close_if_over(self) -> None:
        if (self._leaving or self._frames.leaving) and not self._running:
            self._close()

    def _close(self) -> None:
        """Nothing more is said; a client that does not read what was said is not waited for."""
        for stream in self._running.values():
            stream.lost()
        self._transport.close()
        self._loop.call_later(LINGER, self._transport.abort)

    def _farewell(self, code: ErrorCodes) -> None:
        """Not by the machine, which would let nobody finish after it."""
        self._wire.flush()
        last = self._machine.highest_inbound_stream_id
        self._transport.write(GoAwayFrame(last_stream_id=last, error_code=code).serialize())

    def _wake(self) -> None:
        for stream in self._running.values():
            stream.wake()

    def _looked(self) -> None:
        """Every `ASK` seconds: is anybody there, and do they still want something?"""
        self._unused = 0.0 if self._running else self._unused + ASK
        if not self._heard and self._asked:
            self._transport.abort()
        elif self._unused >= IDLE:
            self._farewell(ErrorCodes.NO_ERROR)
            self._close()
        else:
            self._asked = not self._heard
            if self._asked:
                self._machine.ping(b"anybody?")
                self._wire.flush()
            self._heard = False
            self._look = self._loop.call_later(ASK, self._looked)


def machine() -> H2Connection:
    machine = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    machine.local_settings = Settings(
        client=False,
        initial_values={
            SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
            SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
            SettingCodes.MAX_FRAME_SIZE: MAX_FRAME,
            SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEADERS,
        },
    )
    return machine
