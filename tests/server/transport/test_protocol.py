import asyncio
import socket
from collections.abc import AsyncIterator

import httpx2
import pytest
import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from vivavoce.server.transport import protocol
from vivavoce.server.transport.http2 import PREFACE
from vivavoce.testing.http2 import http2

pytestmark = pytest.mark.anyio

Address = tuple[str, int]


async def version(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {request.scope['http_version']}")


async def echo(line: WebSocket) -> None:
    await line.accept()
    await line.send_text(await line.receive_text())
    await line.close()


@pytest.fixture
async def address(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Address]:
    """Where a small application listens. Nothing is logged by the end."""
    methods = ["GET", "POST", "PUT", "PATCH"]
    app = Starlette(routes=[Route("/", version, methods=methods), WebSocketRoute("/ws", echo)])
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=protocol.Protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    yield listening.getsockname()
    server.should_exit = True
    await running
    assert not server.server_state.connections
    assert "Traceback" not in caplog.text


async def test_each_is_spoken_to_in_its_own(address: Address) -> None:
    host, port = address
    async with http2(host, port) as client:
        assert (await client.get("/")).body == b"GET 2"
    async with httpx2.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as http:
        for method in ("GET", "POST", "PUT", "PATCH"):
            assert (await http.request(method, "/")).text == f"{method} 1.1"
    async with websockets.connect(f"ws://{host}:{port}/ws", proxy=None) as line:
        await line.send("hello")
        assert await line.recv() == "hello"


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", PREFACE])
async def test_first_bytes_that_come_one_by_one(address: Address, first: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    for byte in first:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)
    assert await reader.readexactly(9)
    writer.close()


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 99, b"PRI * HTTP/3.0\r\n\r\n"],
)
async def test_what_is_none_of_them(address: Address, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(garbage)
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_who_says_nothing_is_not_waited_for(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "FIRST", 0.05)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(PREFACE[:20])
    assert await reader.read() == b""
    writer.close()
