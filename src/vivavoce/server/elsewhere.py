"""Requests about a live session that another server has: that one answers them.

Middleware behind all that guards the application: who asks is known by now, and is passed on, so
the other server need not ask again. Whatever changes a session goes this way, be it an edit or
the audio of a client without WebSockets; what only reads finds it here (`Hub.watch`).
"""

import re
from typing import Final

import msgspec
import structlog
from fastapi import FastAPI
from starlette.datastructures import State
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.core.errors import VivavoceError
from vivavoce.server.auth.principal import Principal, of
from vivavoce.server.auth.refusals import refuse
from vivavoce.server.auth.scopes import route
from vivavoce.server.errors import UNFORESEEN, refusal
from vivavoce.server.services import Services

log = structlog.get_logger()

CHANGES: Final = frozenset({"POST", "PUT", "PATCH"})

_ABOUT: Final = re.compile(r"/api/v1/(?:recordings|live)/([0-9a-z]{26})/")


class Passed(msgspec.Struct, frozen=True):
    """A request, as one server passes it to another."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    principal: Principal
    body: bytes


class Answered(msgspec.Struct, frozen=True):
    """What came of it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Elsewhere:
    def __init__(self, app: ASGIApp, state: State) -> None:
        """`state` gets the application as it is behind its guards."""
        self._app = state.inner = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        about = _ABOUT.match(route(scope)) if scope.get("method") in CHANGES else None
        try:
            said = None if about is None else await _asked(scope, receive, about[1])
        except ClientDisconnect:
            return  # nobody waits for an answer
        except VivavoceError as error:
            await refuse(scope, receive, send, error)
            return
        if said is None:
            await self._app(scope, receive, send)
        else:
            await _send(said, send)


async def _asked(scope: Scope, receive: Receive, session: str) -> Answered | None:
    """What the server that has the session says; None: it is this one's to say, and nothing of
    the body was read. Raises what the body's reader raises, `Held`, `DiskError`."""
    parts: Services = scope["app"].state.services
    if parts.hub.running(session) is not None:
        return None
    if (ask := await parts.replicas.way_to(session)) is None:
        return None
    body = await Request(scope, receive).body()
    said = await ask(msgspec.msgpack.encode(_passed(scope, body)))
    return msgspec.msgpack.decode(said, type=Answered)


async def answer(app: FastAPI, request: bytes) -> bytes:
    """What this server says to a request that another one passed on."""
    passed = msgspec.msgpack.decode(request, type=Passed)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await app.state.inner(_scope(app, passed), _again(passed.body), send)
    except Exception:  # not foreseen: all else is answered in there
        log.exception("another server's request failed")
        failed = refusal(UNFORESEEN)
        return _packed(failed.status_code, failed.raw_headers, bytes(failed.body))
    body = b"".join(message.get("body", b"") for message in sent)
    return _packed(sent[0]["status"], list(sent[0]["headers"]), body)


def _packed(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    return msgspec.msgpack.encode(Answered(status, headers, body))


def _passed(scope: Scope, body: bytes) -> Passed:
    return Passed(
        method=scope["method"],
        path=route(scope),
        query=scope["query_string"],
        headers=list(scope["headers"]),
        principal=of(scope),
        body=body,
    )


def _scope(app: FastAPI, passed: Passed) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": passed.method,
        "path": passed.path,
        "raw_path": passed.path.encode(),
        "root_path": "",
        "query_string": passed.query,
        "headers": passed.headers,
        "client": None,
        "server": None,
        "app": app,
        "state": {"principal": passed.principal},
    }


def _again(body: bytes) -> Receive:
    """A body that another server has read."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        return {"type": "http.disconnect"}

    return receive


async def _send(answered: Answered, send: Send) -> None:
    start = {"status": answered.status, "headers": answered.headers}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": answered.body})
