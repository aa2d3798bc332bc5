"""A client's line: what carries a dialect's messages, whatever it is made of."""

from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from vivavoce.dialects.base import Wire


class LineLost(Exception):
    """The other end is gone."""


class Line(Protocol):
    async def hear(self) -> Wire:
        """The next message. Raises `LineLost`."""
        ...

    async def say(self, wire: Wire) -> None:
        """Send a message; waits while the client does not read. Raises `LineLost`."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """End it, in the WebSocket's words (`code`) or whatever comes nearest."""
        ...


class WebSocketLine:
    """A WebSocket that has been accepted."""

    def __init__(self, ws: WebSocket) -> None:
        self._ws = ws

    async def hear(self) -> Wire:
        message = await self._ws.receive()
        if message["type"] == "websocket.disconnect":
            raise LineLost
        wire: Wire | None = message.get("bytes")
        return str(message["text"]) if wire is None else wire

    async def say(self, wire: Wire) -> None:
        try:
            if isinstance(wire, bytes):
                await self._ws.send_bytes(wire)
            else:
                await self._ws.send_text(wire)
        except WebSocketDisconnect as error:
            raise LineLost from error
        except RuntimeError as error:
            # What Starlette raises for a message after the close: ours was already said.
            raise LineLost from error

    async def close(self, code: int, reason: str) -> None:
        if self._ws.application_state is WebSocketState.CONNECTED:
            try:
                await self._ws.close(code, reason)
            except (WebSocketDisconnect, RuntimeError) as error:
                raise LineLost from error
