"""A small application behind a real socket, with an `Admission` of a test's own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from vivavoce.server.transport.admission import STATE, Admission
from vivavoce.server.transport.protocol import Protocol

Address = tuple[str, int]

MUCH = bytes(1 << 16)


class Served:
    """Where it listens, and what its routes wait for."""

    def __init__(self, address: Address, admission: Admission, server: uvicorn.Server) -> None:
        self.address = address
        self.admission = admission
        self.server = server

    async def emptied(self) -> None:
        """Return when the last connection is gone."""
        await until(lambda: not self.admission.places)


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {len(await request.body())}")


async def much(_request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield MUCH
            await asyncio.sleep(0)  # a client that is gone holds nobody up

    return StreamingResponse(body())


async def echo(line: WebSocket) -> None:
    await line.accept()
    async for message in line.iter_text():
        await line.send_text(message)


async def torrent(line: WebSocket) -> None:
    await line.accept()
    with suppress(WebSocketDisconnect):
        while True:
            await line.send_bytes(MUCH)


class Waits:
    """It never answers."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


async def until(true: Callable[[], object]) -> None:
    """Return when it is."""
    while not true():  # noqa: ASYNC110  # what it asks has no event
        await asyncio.sleep(0.001)


@asynccontextmanager
async def serving(admission: Admission) -> AsyncIterator[Served]:
    """All connections are given back by the end."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Admission]]:
        yield {STATE: admission}

    app = Starlette(
        routes=[
            Route("/", hello, methods=["GET", "POST"]),
            Route("/waits", Waits(), methods=["GET", "POST"]),
            Route("/much", much),
            WebSocketRoute("/echo", echo),
            WebSocketRoute("/torrent", torrent),
        ],
        lifespan=lifespan,
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=Protocol,
        log_config=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield Served(listening.getsockname(), admission, server)
    finally:
        server.should_exit = True
        await running
        await until(lambda: not admission.places)


@asynccontextmanager
async def listening(app: ASGIApp, lifespan: Literal["on", "off"] = "on") -> AsyncIterator[str]:
    """Where an application listens as `vivavoce serve` would have it: `127.0.0.1:8000`."""
    sock = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Protocol, lifespan=lifespan, log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[sock]))
    await until(lambda: server.started or running.done())
    host, port = sock.getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        await running
