"""One WebSocket connection in any dialect: the glue between a socket, a dialect and a seat."""

import asyncio
from contextlib import suppress

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from vivavoce.core.commands import Audio, Start
from vivavoce.core.errors import (
    BadMessage,
    FrameGap,
    OurError,
    PeerError,
    TooLarge,
    VivavoceError,
)
from vivavoce.dialects.base import Answer, Bye, Dialect, Failed, Request, Resume, Say, Wire
from vivavoce.dialects.native import NativeDialect
from vivavoce.live.hub import Hub
from vivavoce.live.seat import Seat
from vivavoce.server.services import Services

OPENING = 30.0
"""Seconds that a client has for its first message."""

log = structlog.get_logger()


async def live(ws: WebSocket) -> None:
    """`/api/v1/live`: the native protocol."""
    services: Services = ws.app.state.services
    await Connection(ws, NativeDialect(), services.hub).run()


class Connection:
    """One client's line. When it is lost, the session waits for a resume."""

    def __init__(self, ws: WebSocket, dialect: Dialect, hub: Hub, owner: str = "local") -> None:
        self._ws = ws
        self._dialect = dialect
        self._hub = hub
        self._owner = owner
        self._sending = asyncio.Lock()
        self._gap: int | None = None  # the missing frame that the client was told of

    async def run(self) -> None:
        """Until the session or the line ends."""
        await self._ws.accept(subprotocol=self._subprotocol())
        try:
            seat = await self._open()
            try:
                await self._serve(seat)
            finally:
                seat.leave()
        except VivavoceError as error:
            await self._refuse(error)
        except WebSocketDisconnect:
            pass

    def _subprotocol(self) -> str | None:
        name = self._dialect.subprotocol
        return name if name in self._ws.scope.get("subprotocols", ()) else None

    async def _open(self) -> Seat:
        try:
            async with asyncio.timeout(OPENING):
                request = await self._first()
        except TimeoutError:
            raise BadMessage(f"No message came within {OPENING:.0f} s.") from None
        if isinstance(request, Resume):
            seat = await self._hub.resume(request)
        elif isinstance(request, Start):
            seat = await self._hub.start(request, self._owner)
        else:
            raise BadMessage("The first message must start or resume a session.")
        try:
            await self._send(seat.ready)
        except BaseException:
            seat.leave()
            raise
        return seat

    async def _first(self) -> Request:
        """The first request that is for us and not answered by the dialect itself."""
        while True:
            for request in self._dialect.receive(await self._receive()):
                if not isinstance(request, Say):
                    return request
                await self._say(request.message)

    async def _serve(self, seat: Seat) -> None:
        reading = asyncio.create_task(self._read(seat))
        answering = asyncio.create_task(self._answer(seat))
        try:
            done, _ = await asyncio.wait((reading, answering), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (reading, answering):
                task.cancel()
            await asyncio.gather(reading, answering, return_exceptions=True)

    async def _read(self, seat: Seat) -> None:
        while True:
            for request in self._dialect.receive(await self._receive()):
                if isinstance(request, Say):
                    await self._say(request.message)
                elif not seat.over:  # else it was on its way already when this ended
                    await self._carry_out(seat, request)

    async def _carry_out(self, seat: Seat, request: Request) -> None:
        assert not isinstance(request, Say)
        if isinstance(request, Resume):
            raise BadMessage("This connection has a session already.")
        if self._gap is not None and not isinstance(request, Audio):
            return  # its place is after frames that are still to come, and it comes again
        try:
            await seat.send(request)
            if isinstance(request, Audio) and request.frame == self._gap:
                self._gap = None
        except FrameGap as gap:
            # What was on its way when the first gap was told comes to the same gap.
            if self._gap != gap.expected:
                self._gap = gap.expected
                await self._send(Failed(gap))

    async def _answer(self, seat: Seat) -> None:
        async for answer in seat.answers():
            await self._send(answer)
            if isinstance(answer, Bye):
                await self._close(answer.close, answer.reason)

    async def _receive(self) -> Wire:
        message = await self._ws.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1005)
        wire: Wire | None = message.get("bytes")
        if wire is None:
            wire = str(message["text"])
        if len(wire) > self._dialect.max_message:
            raise TooLarge(
                f"A message of {len(wire)} bytes came; {self._dialect.max_message} is the most."
            )
        return wire

    async def _send(self, answer: Answer) -> None:
        for wire in self._dialect.send(answer):
            await self._say(wire)

    async def _say(self, wire: Wire) -> None:
        async with self._sending:
            if isinstance(wire, bytes):
                await self._ws.send_bytes(wire)
            else:
                await self._ws.send_text(wire)

    async def _refuse(self, error: VivavoceError) -> None:
        """Say what is wrong, then close as the error says. The session may be resumed."""
        if isinstance(error, OurError):
            log.warning("refused", code=error.code, reason=error.message)
        else:
            assert isinstance(error, PeerError)
            log.info("refused", code=error.code, reason=error.message)
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._send(Failed(error))
            await self._close(error.close, error.code)

    async def _close(self, code: int, reason: str) -> None:
        if self._ws.application_state is WebSocketState.CONNECTED:
            await self._ws.close(code, reason)
