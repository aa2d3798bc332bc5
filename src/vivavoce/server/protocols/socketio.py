"""Socket.IO at `/socket.io/`, for clients of the Azure sample web app.

Websocket and polling, Engine.IO 4. Who sends faster than it is read waits: handlers are
awaited before the next packet is read.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import socketio
import structlog
from engineio.payload import Payload
from fastapi import FastAPI
from socketio import exceptions
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from vivavoce.core.errors import VivavoceError
from vivavoce.dialects.azure_app import MAX_MESSAGE, AzureAppDialect
from vivavoce.live.hub import Hub
from vivavoce.server.auth import inside
from vivavoce.server.auth.principal import Principal
from vivavoce.server.browsers.origins import Origins
from vivavoce.server.browsers.policy import is_secure
from vivavoce.server.connection import Connection
from vivavoce.server.protocols.socketio_line import SocketLine
from vivavoce.server.services import Owner, Services

CLOSING = 2.0
"""Seconds that clients have to take the goodbye when the server stops."""

PACKETS = 10_000
"""In one POST of a polling client, which has at most `MAX_MESSAGE` bytes. Engine.IO would lose
the whole of one with more than 16: a client that was held up for four seconds sends as many."""

log = structlog.get_logger()


class Packet(socketio.packet.Packet):  # type: ignore[misc]  # it has no types
    """With one binary part at most: those of a packet that is not whole yet are kept in memory."""

    def decode(self, encoded_packet: str) -> int | None:
        parts: int | None = super().decode(encoded_packet)
        if parts and parts > 1:
            raise ValueError("too many binary parts")
        return parts


class SocketIO:
    """An ASGI application. `origins`: the pages that may read what it says by polling."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._closed = False
        self._carried: dict[str, tuple[SocketLine, asyncio.Task[None]]] = {}
        # What a peer sends wrong is not our error, and its log would be a traceback each time.
        quiet = logging.getLogger("vivavoce.socketio")
        quiet.setLevel(logging.CRITICAL)
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            async_handlers=False,
            serializer=Packet,
            max_http_buffer_size=MAX_MESSAGE,
            cors_allowed_origins=self._allowed,
            cors_credentials=False,
            logger=quiet,
            engineio_logger=quiet,
        )
        self._server.on("connect", self._connected)
        self._server.on("disconnect", self._disconnected)
        self._server.on("*", self._came)
        Payload.max_decode_packets = PACKETS

    def mount(self, app: FastAPI) -> None:
        app.mount("/socket.io", self)
        app.add_api_route("/test-emit", self._test_emit, include_in_schema=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._closed:
            await _refuse(scope, receive, send, HTTPStatus.SERVICE_UNAVAILABLE)
            return
        if scope["type"] == "websocket" and (first := self._handshake(scope)) is not None:
            scope["state"] = first["state"]  # whose key came before, or is still to come
        try:
            await self._server.handle_request(scope, receive, send)
        except (ValueError, TypeError, LookupError) as error:  # bytes that are no packet
            log.info("refused", code="bad_message", reason=str(error))
            await _refuse(scope, receive, send, HTTPStatus.BAD_REQUEST)
        if scope.get("method") == "POST":
            self._release(scope)

    async def aclose(self) -> None:
        """Let every client go, in a way that makes it come back, and take no more."""
        if self._closed:
            return
        self._closed = True
        leaving = [self._server.eio.disconnect(sid) for sid in list(self._server.eio.sockets)]
        if leaving:  # one that does not read would never be done
            _, stuck = await asyncio.wait(map(asyncio.ensure_future, leaving), timeout=CLOSING)
            for task in stuck:
                task.cancel()
        await self._server.shutdown()
        await asyncio.gather(*(task for _, task in self._carried.values()))

    async def _connected(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        if sid in self._carried:  # a client may send events of any name
            return
        scope = environ["asgi.scope"]
        try:
            who = await inside.principal(scope, auth, "transcribe")
        except VivavoceError as error:
            log.info("refused", code=error.code, reason=error.message)
            raise exceptions.ConnectionRefusedError(error.message, {"code": error.code}) from None
        services: Services = scope["app"].state.services
        line = SocketLine(self._server, sid, who.id)
        carrying = self._carry(sid, line, services, who)
        task = asyncio.create_task(carrying, name=f"socket.io {sid}")
        self._carried[sid] = line, task
        task.add_done_callback(lambda _: self._carried.pop(sid))

    async def _disconnected(self, sid: str, _reason: str = "") -> None:
        if sid in self._carried:
            self._carried[sid][0].lose()

    async def _came(self, event: str, sid: str, *data: Any) -> None:
        if sid in self._carried:
            await self._carried[sid][0].come(event, *data)

    async def _test_emit(self, owner: Owner) -> Response:
        for sid, (line, _) in list(self._carried.items()):
            if line.owner == owner and not line.behind:
                await self._server.emit("transcription", {"text": "Server test message"}, to=sid)
        return PlainTextResponse("Test message sent to all clients")

    async def _carry(self, sid: str, line: SocketLine, parts: Services, who: Principal) -> None:
        """While its client may: then it is disconnected."""
        ended = False

        def end(_why: VivavoceError) -> None:
            nonlocal ended
            ended = True
            line.lose()

        with parts.auth.watch.over(who, end):
            await _carry(line, parts.hub)
        if ended:
            await self._server.disconnect(sid)

    def _handshake(self, scope: Scope) -> Scope | None:
        """The request that opened what this goes on with, by another transport; None: nothing."""
        environ = self._server.environ.get(_sid(scope))
        found: Scope | None = environ and environ["asgi.scope"]
        return found

    def _release(self, scope: Scope) -> None:
        """Who polls has one request waiting and says goodbye by another: Engine.IO would leave
        the first waiting, and with it its client, and a server that is to stop."""
        socket = self._server.eio.sockets.get(_sid(scope))
        if socket is not None and socket.closed:
            socket.queue.put_nowait(None)

    def _allowed(self, origin: str | None, environ: dict[str, Any]) -> bool:
        secure = is_secure(HTTPConnection(environ["asgi.scope"]))
        if self._origins.allow(origin, environ.get("HTTP_HOST"), secure=secure):
            return True
        log.info("refused", code="origin", reason=f"{origin} is not an origin of ours.")
        return False


def _sid(scope: Scope) -> str:
    """What Engine.IO calls a client; empty: it is new."""
    query = str(scope["query_string"], "latin-1")
    return parse_qs(query).get("sid", [""])[0]


async def _carry(line: SocketLine, hub: Hub) -> None:
    """A socket's sessions. One that cannot be had is told; the next may be asked for."""
    while not line.over:
        try:
            await Connection(line, AzureAppDialect(), hub, line.owner).run()
        except Exception:
            log.exception("a Socket.IO session failed")


async def _refuse(scope: Scope, receive: Receive, send: Send, status: HTTPStatus) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse(status.phrase, status)(scope, receive, send)
