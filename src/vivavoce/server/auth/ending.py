"""A request or a WebSocket that may be ended in the middle, whatever serves it."""

import asyncio
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.core.errors import VivavoceError
from vivavoce.server.auth import refusals
from vivavoce.server.auth.watch import End


class Watching(Protocol):
    """Whatever knows when something has to end."""

    def __call__(self, end: End, /) -> AbstractContextManager[Any]: ...


async def endable(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, watching: Watching
) -> None:
    """Serve it, until it is over or has to end: then its client is told, and `app` cancelled."""
    task = asyncio.current_task()
    assert task is not None
    others = task.cancelling()  # who else cancels this has to see it cancelled
    why: list[VivavoceError] = []
    told = _Told(scope, receive, send)

    def end(error: VivavoceError) -> None:
        why.append(error)
        task.cancel()

    try:
        with watching(end):
            await app(scope, receive, told.send)
        if why:
            await asyncio.sleep(0)  # it was over by itself, and is cancelled here
    except asyncio.CancelledError:
        for _ in why:
            task.uncancel()
        if not why or task.cancelling() > others:
            raise
    if why:
        await told.end(why[0])


class _Told:
    """What a client was told so far."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._begun = self._over = self._bounded = False

    async def send(self, message: Message) -> None:
        match message["type"]:
            case "http.response.start" | "websocket.accept" | "websocket.http.response.start":
                self._begun = True
                names = (name.lower() for name, _ in message.get("headers", ()))
                self._bounded = b"content-length" in names
            case "http.response.body" | "websocket.http.response.body":
                self._over = not message.get("more_body", False)
            case "websocket.close":
                self._begun = self._over = True
        await self._send(message)

    async def end(self, why: VivavoceError) -> None:
        """As far as it is not over. What has a length and lacks some of it is cut off."""
        if not self._begun:
            receive = _connect if self._scope["type"] == "websocket" else self._receive
            await refusals.refuse(self._scope, receive, self._send, why)
        elif self._over:
            pass
        elif self._scope["type"] == "websocket":
            with suppress(RuntimeError):  # it was gone in that very moment
                await refusals.farewell(self._scope, self._receive, self._send, why)
        elif not self._bounded:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _connect() -> Message:
    """What begins a WebSocket, which `app` may have read already."""
    return {"type": "websocket.connect"}
