"""The body of every request, bounded in size and in the time it may take, while it is read."""

from asyncio import get_running_loop, timeout
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.config import Settings
from vivavoce.core.errors import TooLarge, TooSlow
from vivavoce.server.auth.scopes import route

MOST: Final = 4 << 20
"""Bytes of a body, where whoever reads it has no bound of its own."""

PACE: Final = 1024
"""Bytes that have to come while `body_s` seconds are spent waiting for them."""

BOUNDED: Final = (
    "/api/v1/recordings",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/transcribe",
    "/summarise",
    "/save-transcript",
    "/send-email",
)
"""Paths that take files and long texts, and bound themselves."""

LIVE: Final = "/stream-transcription"
"""Whose body is somebody's speech, with all its pauses."""


class Bodies:
    """Middleware: whoever reads on is told by an error that it was too much or too slow."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._patience = settings.body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (path := route(scope)) != LIVE:
            most = None if path in BOUNDED else MOST
            receive = _Body(receive, most, self._patience).receive
        await self._app(scope, receive, send)


class _Body:
    def __init__(self, receive: Receive, most: int | None, patience: float) -> None:
        self._receive = receive
        self._most = most
        self._patience = patience
        self._whole = False
        self._size = 0
        self._left = patience  # seconds of waiting
        self._brought = 0  # bytes since they were as many as that

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()
        now = get_running_loop().time
        began = now()
        try:
            async with timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            self._whole = True  # nobody reads the rest
            raise TooSlow(
                f"The request's body brought less than {PACE} bytes in {self._patience:g} s."
            ) from None
        self._left = max(0.0, self._left - (now() - began))
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
            self._whole = self._whole or not message.get("more_body", False)
        return message

    def _count(self, size: int) -> None:
        self._brought += size
        if self._brought >= PACE:
            self._left, self._brought = self._patience, 0
        self._size += size
        if self._most is not None and self._size > self._most:
            self._whole = True
            raise TooLarge(f"The request's body is larger than {self._most >> 20} MiB.")
