import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
import uvicorn
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame, Frame, PingFrame, PriorityFrame, SettingsFrame
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from vivavoce.server.transport import http2 as http2_module
from vivavoce.server.transport import protocol
from vivavoce.server.transport.http2 import MAX_STREAMS, MAX_WAITING, Http2
from vivavoce.server.transport.http2_stream import WINDOW
from vivavoce.testing.http2 import Http2Client, http2

pytestmark = pytest.mark.anyio


REQUEST = [
    (":method", "GET"),
    (":scheme", "http"),
    (":authority", "test"),
    (":path", "/much?kib=65536"),
]

UNHEARD = (None,)
"""A connection that is closed before all is read is reset, and may take the last words along."""


class Routes:
    """What a test's application does, and what it has seen."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = 0
        self.received = bytearray()
        self.sent = 0
        self.over: asyncio.Queue[str] = asyncio.Queue()

    async def echo(self, request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            async for data in request.stream():
                yield data

        return StreamingResponse(body())

    async def told(self, request: Request) -> Response:
        return PlainTextResponse(
            f"{request.method} {request.url} {request.scope['http_version']} "
            f"{request.headers.get('host')} {request.cookies} {request['path']}"
        )

    async def read_late(self, request: Request) -> Response:
        self.begun += 1
        await self.go.wait()
        try:
            async for data in request.stream():
                self.received += data
        except ClientDisconnect:
            await self.over.put("disconnected")
            raise
        return PlainTextResponse(str(len(self.received)))

    async def much(self, request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            try:
                for _ in range(int(request.query_params["kib"])):
                    yield bytes(1024)
                    self.sent += 1024
            finally:
                await self.over.put("sent")

        return StreamingResponse(body())

    async def refuse(self, _request: Request) -> Response:
        return PlainTextResponse("no", 401)

    async def fail(self, _request: Request) -> Response:
        raise ValueError("a test's")

    async def fail_later(self, _request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"so far"
            raise ValueError("a test's")

        return StreamingResponse(body())


class Served:
    def __init__(self, routes: Routes, server: uvicorn.Server, port: int) -> None:
        self.routes, self.server, self.port = routes, server, port

    def client(self) -> AbstractAsyncContextManager[Http2Client]:
        return http2("127.0.0.1", self.port)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A small application on a real socket."""
    routes = Routes()
    app = Starlette(
        routes=[
            Route(f"/{name}", getattr(routes, name), methods=["GET", "HEAD", "POST"])
            for name in ("echo", "told", "read_late", "much", "refuse", "fail", "fail_later")
        ]
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=protocol.Protocol, lifespan="off", log_config=None, timeout_graceful_shutdown=30
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    yield Served(routes, server, listening.getsockname()[1])
    routes.go.set()
    server.should_exit = True
    await running


async def test_an_answer_streams_while_its_request_does(served: Served) -> None:
    async with served.client() as client:
        stream = client.request("/echo")
        assert (await client.until(stream)).status == 200  # before anything is sent
        await client.send(stream, b"one")
        assert (await client.until(stream, body=3)).body == b"one"
        await client.send(stream, b"two", end=True)
        answer = await client.until(stream, end=True)
    assert (answer.body, answer.ended, answer.reset) == (b"onetwo", True, None)


async def test_megabytes_pass_both_ways_at_once(served: Served) -> None:
    data = bytes(range(256)) * (2 * MAX_WAITING // 256)
    async with served.client() as client:
        streams = [client.request("/echo") for _ in range(2)]
        await asyncio.gather(*(client.send(stream, data, end=True) for stream in streams))
        for stream in streams:
            answer = await client.until(stream, end=True)
            assert (answer.body == data, answer.ended) == (True, True)


async def test_a_farewell_halfway_goes_on_being_served(served: Served) -> None:
    async with served.client() as client:
        stream = client.request("/echo")
        await client.until(stream)
        client.leave()
        for word in (b"alfa ", b"bravo ", b"charlie"):
            await client.send(stream, word)
        await client.until(stream, body=18)
        await client.send(stream, b".", end=True)
        answer = await client.until(stream, end=True)
        assert (answer.body, answer.ended) == (b"alfa bravo charlie.", True)
        await client.gone()  # nothing more will be asked for
    assert client.farewell is None


async def test_what_a_route_is_told(served: Served) -> None:
    async with served.client() as client:
        answer = await client.get(
            "/told?a=b%20c", ("cookie", "a=1"), ("cookie", "b=2"), ("host", "test")
        )
        assert answer.body.decode() == (
            "GET http://test/told?a=b%20c 2 test {'a': '1', 'b': '2'} /told"
        )
        assert answer.headers["content-length"] == str(len(answer.body))
        assert "date" in answer.headers
        head = await client.get("/told", method="HEAD")
        assert (head.status, head.body, head.ended) == (200, b"", True)


async def test_a_path_that_is_none(served: Served) -> None:
    async with served.client() as client:
        answer = await client.get("*", method="OPTIONS")
    assert answer.status == 400
    assert (
        answer.body == b"A request needs a method in ASCII, and a path in ASCII that begins with /."
    )


async def test_a_query_that_is_none(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """The log of accesses could not write it."""
    async with served.client() as client:
        client.machine.config.validate_outbound_headers = False
        answer = await client.get("/told?\u00fc")
        assert (answer.status, b"ASCII" in answer.body) == (400, True)
    assert "Traceback" not in caplog.text


async def test_who_is_not_read_from_waits(served: Served) -> None:
    """The server holds a window of each, and of all of them what one connection may have."""
    async with served.client() as client:
        many = 2 * MAX_WAITING // WINDOW
        streams = [client.request("/read_late") for _ in range(many)]
        sending = [asyncio.create_task(client.send(s, bytes(WINDOW), end=True)) for s in streams]
        done, waiting = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < MAX_WAITING // WINDOW:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        await client.get("/told")  # whatever else the server had to say has been read
        assert client.machine.outbound_flow_control_window == 0
        served.routes.go.set()
        await asyncio.gather(*sending)
        for stream in streams:
            assert (await client.until(stream, end=True)).status == 200
    assert len(served.routes.received) == many * WINDOW


async def test_who_does_not_read_is_waited_for(served: Served) -> None:
    async with served.client() as client:
        client.generous = False
        window = client.machine.local_settings.initial_window_size
        stream = client.request("/much?kib=4096", end=True)
        await client.until(stream, body=window)
        await client.get("/told", method="HEAD")
        assert served.routes.sent < 2 * window
        client.machine.reset_stream(stream)
        client.flush()
        assert await served.routes.over.get() == "sent"
    assert served.routes.sent < 2 * window


async def test_what_came_before_a_client_went_is_given_first(served: Served) -> None:
    async with served.client() as client:
        stream = client.request("/read_late")
        await client.send(stream, b"last words")
        await client.get("/told")
        client.machine.reset_stream(stream)
        client.flush()
        await client.get("/told")
        served.routes.go.set()
        assert await served.routes.over.get() == "disconnected"
    assert served.routes.received == b"last words"


async def test_an_answer_before_the_request_is_whole(served: Served) -> None:
    async with served.client() as client:
        stream = client.request("/refuse")
        answer = await client.until(stream, end=True)
        assert (answer.status, answer.body, answer.ended) == (401, b"no", True)
        await client.get("/told")
        assert answer.reset == ErrorCodes.NO_ERROR


async def test_a_client_that_asks_first_is_told_to_go_on(served: Served) -> None:
    served.routes.go.set()
    async with served.client() as client:
        stream = client.request("/read_late", ("expect", "100-continue"))
        await client.send(stream, b"four", end=True)
        answer = await client.until(stream, end=True)
    assert (answer.informed, answer.status, answer.body) == ([100], 200, b"4")


async def test_a_failing_application(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    async with served.client() as client:
        assert (await client.get("/fail")).status == 500
        answer = await client.get("/fail_later")
        assert (answer.body, answer.reset) == (b"so far", ErrorCodes.INTERNAL_ERROR)
        assert (await client.get("/told")).status == 200
    assert caplog.text.count("ValueError: a test's") == 2


async def test_a_server_that_stops_lets_what_runs_end(served: Served) -> None:
    async with served.client() as client:
        stream = client.request("/echo")
        await client.until(stream)
        served.server.should_exit = True
        await client.see(lambda: client.farewell is not None)
        refused = await client.get("/told")
        assert refused.reset == ErrorCodes.REFUSED_STREAM
        await client.send(stream, b"last words", end=True)
        answer = await client.until(stream, end=True)
        assert (answer.body, answer.ended) == (b"last words", True)
        assert await client.gone() == ErrorCodes.NO_ERROR


async def test_too_many_requests_at_once(served: Served) -> None:
    async with served.client() as client:
        client.machine.remote_settings.max_concurrent_streams = 2 * MAX_STREAMS
        for _ in range(MAX_STREAMS + 1):
            client.request("/read_late")
        assert await client.gone() in (ErrorCodes.PROTOCOL_ERROR, *UNHEARD)
    assert served.routes.begun <= MAX_STREAMS


async def test_requests_that_are_given_up_at_once(served: Served) -> None:
    async with served.client() as client:
        for _ in range(5 * MAX_STREAMS):
            client.machine.reset_stream(client.request("/read_late"))
            client.flush()
        assert await client.gone() in (ErrorCodes.ENHANCE_YOUR_CALM, *UNHEARD)
    assert served.routes.begun <= MAX_STREAMS


@pytest.mark.parametrize("frame", [PingFrame(), SettingsFrame(), DataFrame(1), PriorityFrame(7)])
async def test_frames_without_end(served: Served, frame: Frame) -> None:
    async with served.client() as client:
        client.request("/read_late")
        client.writer.write(frame.serialize() * 4000)
        assert await client.gone() in (ErrorCodes.ENHANCE_YOUR_CALM, *UNHEARD)


async def test_who_asks_and_does_not_read_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = asyncio.Event()  # its side of the line

    class Told(Http2):
        def pause_writing(self) -> None:
            super().pause_writing()
            full.set()

    monkeypatch.setattr(protocol, "Http2", Told)
    monkeypatch.setattr(http2_module, "MAX_UNSENT", 1000)
    machine = H2Connection()
    machine.initiate_connection()
    machine.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1})
    machine.increment_flow_control_window(2**30)
    machine.send_headers(1, REQUEST, end_stream=True)
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1)
    writer.write(machine.data_to_send())
    await full.wait()
    writer.write(PingFrame().serialize())
    assert await served.routes.over.get() == "sent"
    writer.transport.abort()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What a connection does every `ASK` seconds; the test says when."""
    found: list[Callable[[], None]] = []

    class Looked(Http2):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            found.append(self._looked)

    monkeypatch.setattr(protocol, "Http2", Looked)
    return found


async def test_who_is_silent_is_asked(served: Served, looks: list[Callable[[], None]]) -> None:
    async with served.client() as client:
        stream = client.request("/echo")
        await client.until(stream)
        for asked in range(1, 5):
            looks[0]()  # it has said something
            looks[0]()
            await client.see(lambda asked=asked: client.pings == asked)  # type: ignore[misc]
            await client.get("/told")
        await client.send(stream, b"still here", end=True)
        assert (await client.until(stream, end=True)).body == b"still here"


async def test_who_does_not_answer_is_gone(served: Served, looks: list[Callable[[], None]]) -> None:
    async with served.client() as client:
        client.request("/read_late")
        await client.get("/told")
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(3):
            looks[0]()
        served.routes.go.set()
        assert await served.routes.over.get() == "disconnected"


async def test_a_connection_that_is_not_used_is_closed(
    served: Served, looks: list[Callable[[], None]]
) -> None:
    async with served.client() as client:
        await client.get("/told")
        for seen in range(int(http2_module.IDLE / http2_module.ASK)):
            looks[0]()
            await client.get("/told", method="HEAD") if not seen else None
        assert await client.gone() == ErrorCodes.NO_ERROR
