"""A client that speaks HTTP/2 frame by frame, and does no more than it is told."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    PingReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from hyperframe.frame import GoAwayFrame

from vivavoce.server.transport.http2_frames import Frames


@dataclass(slots=True)
class Answer:
    """What has come of one so far. `reset` is the error's number."""

    status: int | None = None
    informed: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    came: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None

    @property
    def body(self) -> bytes:
        return bytes(self.came)


class Http2Client:
    """`machine` may be used directly; `flush` writes what it has to say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.machine = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.farewell: int | None = None  # the error of the server's GOAWAY
        self.closed = False
        self.pings = 0  # of the server's
        self.generous = True  # gives its window back as it reads
        self.reader, self.writer = reader, writer
        self._answers: dict[int, Answer] = defaultdict(Answer)
        self._news = asyncio.Condition()

    def flush(self) -> None:
        self.writer.write(self.machine.data_to_send())

    def request(
        self, path: str, *headers: tuple[str, str], method: str = "POST", end: bool = False
    ) -> int:
        """Begin one; returns its stream."""
        number = self.machine.get_next_available_stream_id()
        first = [(":method", method), (":scheme", "http"), (":authority", "test"), (":path", path)]
        self.machine.send_headers(number, [*first, *headers], end_stream=end)
        self.flush()
        return number

    async def send(self, number: int, data: bytes, *, end: bool = False) -> None:
        """Returns when the server's windows have let all of it out."""
        left = memoryview(data)
        while left:
            async with self._news:
                await self._news.wait_for(lambda: self._window(number) > 0 or self.closed)
            if self.closed:
                raise ConnectionResetError
            room = min(self._window(number), self.machine.max_outbound_frame_size)
            self.machine.send_data(number, left[:room])
            left = left[room:]
            self.flush()
            await self.writer.drain()
        if end:
            self.machine.end_stream(number)
            self.flush()

    def leave(self) -> None:
        """Say that nothing more will be asked for, as AWS's JavaScript client does."""
        self.writer.write(self.machine.data_to_send() + GoAwayFrame().serialize())

    async def until(self, number: int, *, body: int = 0, end: bool = False) -> Answer:
        """The answer when its first line is there, `body` bytes of it, or all of it."""
        found = self._answers[number]

        def there() -> bool:
            over = found.ended or found.reset is not None or self.closed
            return over or (not end and found.status is not None and len(found.came) >= body)

        async with self._news:
            await self._news.wait_for(there)
        return found

    async def get(self, path: str, *headers: tuple[str, str], method: str = "GET") -> Answer:
        return await self.until(self.request(path, *headers, method=method, end=True), end=True)

    async def gone(self) -> int | None:
        """When the server has closed the connection: the error that it gave, if it gave one."""
        await self.see(lambda: self.closed)
        return self.farewell

    async def see(self, what: Callable[[], bool]) -> None:
        """Returns when something has come that makes it so."""
        async with self._news:
            await self._news.wait_for(what)

    def _window(self, number: int) -> int:
        with suppress(Exception):  # it is closed
            return self.machine.local_flow_control_window(number)
        return 1

    async def read(self) -> None:
        """As long as the connection is there."""
        frames = Frames(asyncio.get_running_loop().time)
        with suppress(OSError):
            while data := await self.reader.read(65_536):
                events = self.machine.receive_data(frames.feed(data))
                async with self._news:
                    if frames.leaving:  # which this machine would end all streams for
                        self.farewell = ErrorCodes.NO_ERROR
                    for event in events:
                        self._met(event)
                    self._news.notify_all()
                self.flush()
        async with self._news:
            self.closed = True
            self._news.notify_all()

    def _met(self, event: object) -> None:
        match event:
            case ResponseReceived():
                answer = self._answers[event.stream_id]
                answer.headers = _text(event.headers)
                answer.status = int(answer.headers[":status"])
            case InformationalResponseReceived():
                self._answers[event.stream_id].informed.append(int(_text(event.headers)[":status"]))
            case DataReceived():
                self._answers[event.stream_id].came += event.data
                if self.generous:
                    self.machine.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
            case StreamEnded():
                self._answers[event.stream_id].ended = True
            case StreamReset():
                self._answers[event.stream_id].reset = event.error_code
            case PingReceived():
                self.pings += 1
            case ConnectionTerminated():
                self.farewell = event.error_code


def _text(headers: Iterable[tuple[str | bytes, str | bytes]]) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers}  # the machine decodes them


@asynccontextmanager
async def http2(
    host: str, port: int, context: ssl.SSLContext | None = None
) -> AsyncIterator[Http2Client]:
    """A connection that has begun. `context`: for TLS, with what it offers there."""
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    client = Http2Client(reader, writer)
    client.machine.initiate_connection()
    client.flush()
    reading = asyncio.create_task(client.read())
    try:
        yield client
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
