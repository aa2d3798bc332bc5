"""Before anything else is done with a request: is it asked for by a name of ours (`hosts.py`),
and not by a page of another site (`origins.py`)? What is answered has the headers of `policy.py`.
"""

from typing import ClassVar, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.core.errors import PeerError
from vivavoce.server import errors
from vivavoce.server.auth import refusals
from vivavoce.server.auth.scopes import route
from vivavoce.server.browsers import policy
from vivavoce.server.browsers.hosts import Hosts
from vivavoce.server.browsers.origins import SAFE, Origins

SHOWN: Final = 100
"""Characters of a header that are repeated in a sentence."""

log = structlog.get_logger()


class Misdirected(PeerError):
    """It was asked of a name that is not this server's."""

    code, status = "host", 421


class ForeignPage(PeerError):
    """A page of another site asked."""

    code: ClassVar[str] = "origin"
    status = 403


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, hosts: Hosts, origins: Origins) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["type"] == "http":  # a WebSocket has no use for them, and many messages
            send = _with_headers(send, policy.headers(connection))
        try:
            self._check(connection)
        except PeerError as error:
            log.info("refused", code=error.code, reason=error.message)
            await _refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check(self, connection: HTTPConnection) -> None:
        """Raises `Misdirected`, `ForeignPage`."""
        hosts = connection.headers.getlist("host")
        if len(hosts) > 1 or any(not self._hosts.know(host) for host in hosts if host):
            asked = ", ".join(hosts)[:SHOWN]
            raise Misdirected(
                f"This server is not known as {asked}; the setting trusted_hosts says how it is."
            )
        if connection.scope["type"] == "http" and connection.scope["method"] in SAFE:
            return
        secure, host = policy.is_secure(connection), hosts[0] if hosts else None
        for origin in connection.headers.getlist("origin"):
            if not self._origins.allow(origin, host, secure=secure):
                raise _foreign(origin)
        if "origin" not in connection.headers and not self._origins.names_it("null"):
            site = connection.headers.get("sec-fetch-site", "none")
            if site in ("cross-site", "same-site"):  # a browser that does not say of which page
                raise _foreign("other sites")


def _foreign(origin: str) -> ForeignPage:
    return ForeignPage(
        f"Pages of {origin[:SHOWN]} may not do this; the setting origins names who may."
    )


async def _refuse(error: PeerError, scope: Scope, receive: Receive, send: Send) -> None:
    """Over HTTP in the manner of each protocol. A WebSocket is not opened: a page of another site
    is to learn nothing, and a program by the status of the handshake."""
    if scope["type"] == "http":
        await refusals.answer(route(scope), error)(scope, receive, send)
        return
    await receive()  # that somebody wants to connect
    if "websocket.http.response" in scope.get("extensions", {}):
        await errors.refusal(error)(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": error.close, "reason": error.code})


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            found = MutableHeaders(scope={"headers": list(message.get("headers", ()))})
            for name, value in headers.items():
                found.setdefault(name, value)
            message = {**message, "headers": found.raw}
        await send(message)

    return sent
