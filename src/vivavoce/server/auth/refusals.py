"""How somebody is refused who may not: in the manner that the clients of each protocol expect.

Over HTTP that is a status and a body in the protocol's own form. A WebSocket is accepted, told in
a message, and closed: what the answer to a handshake says reaches no page of a browser. Azure's
native SDKs are the exception, which know a wrong key by the handshake's status and nothing else.

Nothing of what was sent is looked at, and nothing of a credential is said or logged.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import Final

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from vivavoce.core.errors import BadCredentials, Forbidden, VivavoceError
from vivavoce.dialects import aws_transcribe as aws
from vivavoce.dialects import openai_realtime as openai
from vivavoce.dialects.aws_poc import AwsPocDialect
from vivavoce.dialects.base import Failed, Wire
from vivavoce.dialects.live_server import LiveServerDialect
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import SUBPROTOCOL
from vivavoce.dialects.openai_realtime_messages import Refused
from vivavoce.library.recording import new_id
from vivavoce.server import errors
from vivavoce.server.auth import sessions
from vivavoce.server.auth.scopes import route
from vivavoce.server.protocols import almost_real_time, aws_transcribe, azure_speech, openai_errors
from vivavoce.server.telemetry.access import refuse as note

log = structlog.get_logger()

PATIENCE: Final = 5.0
"""Seconds for what a client sends of itself."""


async def refuse(scope: Scope, receive: Receive, send: Send, error: VivavoceError) -> None:
    """Answer a request or a WebSocket, of which nothing was read yet, with this error."""
    path = route(scope)
    log.info("refused", code=error.code, reason=error.message)
    note(scope, error.code)
    if scope["type"] == "http":
        asked = HTTPConnection(scope)
        if isinstance(error, BadCredentials) and sessions.wants_page(asked):
            await sessions.redirect(asked)(scope, receive, send)
        else:
            await answer(path, error)(scope, receive, send)
        return
    await receive()  # that somebody wants to connect
    manner = _manner(scope, path)
    with suppress(OSError):  # who is gone meanwhile need not know
        if not manner.handshake:
            offered = scope.get("subprotocols", ())
            chosen = manner.subprotocol if manner.subprotocol in offered else None
            await send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
            await _spoken(receive, manner.first)
            await _told(send, manner, error)
        elif "websocket.http.response" in scope.get("extensions", {}):
            await errors.refusal(error, headers(error))(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": error.close, "reason": error.code})


async def farewell(scope: Scope, _receive: Receive, send: Send, error: VivavoceError) -> None:
    """Let somebody go who is connected already, and tell them why."""
    log.info("let go", code=error.code, reason=error.message)
    with suppress(OSError):
        await _told(send, _manner(scope, route(scope)), error)


async def _spoken(receive: Receive, messages: int) -> None:
    """Wait until somebody has sent so many messages, a moment at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for _ in range(messages):
                if (await receive())["type"] == "websocket.disconnect":
                    return


async def _told(send: Send, manner: "Manner", error: VivavoceError) -> None:
    for wire in manner.said(error):
        await send({"type": "websocket.send", "text" if isinstance(wire, str) else "bytes": wire})
    code, reason = manner.close(error)
    await send({"type": "websocket.close", "code": code, "reason": reason})


def answer(path: str, error: VivavoceError) -> Response:
    """The refusal of an HTTP request."""
    if openai_errors.concerns(path):
        return openai_errors.refusal(error, headers=headers(error))
    if path in AWS:
        return aws_transcribe.refusal(error)
    if path in PAGE:
        return JSONResponse({"error": error.message}, error.status, headers(error))
    return errors.refusal(error, headers(error))


def headers(error: VivavoceError) -> dict[str, str]:
    """What says how a key is shown, or when to come again."""
    if isinstance(error, BadCredentials):
        return {"WWW-Authenticate": "Bearer"}
    after = getattr(error, "after", None)  # seconds, of what is too often
    return {} if after is None else {"Retry-After": str(max(1, ceil(after)))}


def _paths(router: object) -> frozenset[str]:
    return frozenset(route.path for route in router.routes)  # type: ignore[attr-defined]


AWS: Final = _paths(aws_transcribe.router)
PAGE: Final = _paths(almost_real_time.router)
"""Of the almost real-time app, whose programs show the `error` of what they are answered."""


def _close(error: VivavoceError) -> tuple[int, str]:
    return error.close, error.code


def _openai_close(error: VivavoceError) -> tuple[int, str]:
    """As their service closes; 3000 and 3003 are what is registered for these two."""
    code = openai_errors.code(error)
    if isinstance(error, BadCredentials):
        return 3000, f"invalid_request_error.{code}"
    return (3003 if isinstance(error, Forbidden) else error.close), code


def _openai(error: VivavoceError) -> Sequence[Wire]:
    refused = Refused(error.message, openai_errors.code(error))
    return openai.OpenAIRealtimeDialect(new_id()).send(Failed(refused))


def _azure_close(error: VivavoceError) -> tuple[int, str]:
    """They show the reason of a close, and after this code they do not try again."""
    return azure_speech.INVALID, azure_speech.reason(error)


def _nothing(_error: VivavoceError) -> Sequence[Wire]:
    return ()


def _sentence(error: VivavoceError) -> Sequence[Wire]:
    return (error.message,)


@dataclass(frozen=True, slots=True)
class Manner:
    """What the clients at an address are told, and with which code and reason it closes."""

    said: Callable[[VivavoceError], Sequence[Wire]]
    subprotocol: str | None = None
    close: Callable[[VivavoceError], tuple[int, str]] = _close
    handshake: bool = False  # whether its status tells who is not connected yet
    first: int = 0  # messages that a client has to have sent, or it never sees why it is let go


LIVE_SERVER: Final = Manner(lambda error: LiveServerDialect("", time.time).send(Failed(error)))
AMAZON: Final = Manner(lambda error: (aws.said(error),))
AZURE: Final = Manner(_nothing, close=_azure_close, handshake=True)
AZURE_JAVASCRIPT: Final = Manner(_nothing, close=_azure_close, first=2)
"""It tells its app of a failure of its own where a close meets its `speech.config` or
`speech.context`."""
OTHER: Final = Manner(_nothing, handshake=True)

MANNERS: Final[Mapping[str, Manner]] = {
    "/api/v1/live": Manner(lambda error: NativeDialect().send(Failed(error)), SUBPROTOCOL),
    "/v1/realtime": Manner(_openai, openai.SUBPROTOCOL, _openai_close),
    "/ws": Manner(lambda error: AwsPocDialect().send(Failed(error))),
    "/ws/echo": Manner(_sentence),
    "/ws/transcribe": LIVE_SERVER,
    **dict.fromkeys((path for path in AWS if path.endswith("-websocket")), AMAZON),
    **dict.fromkeys(azure_speech.PATHS, AZURE),
}


def _manner(scope: Scope, path: str) -> Manner:
    asked = HTTPConnection(scope)
    if azure_speech.is_javascript(asked):
        return AZURE_JAVASCRIPT
    if azure_speech.is_sdk(asked):
        return AZURE
    if path.startswith("/ws/transcribe/"):
        return LIVE_SERVER
    return MANNERS.get(path, OTHER)
