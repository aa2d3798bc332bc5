"""Takes what is secret out of an address before anybody writes it down.

It goes first, and changes the scope itself: the server's own log, which is written from it when
the answer begins, then has nothing of it either.
"""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from vivavoce.server.auth.credentials import Credential, find, scrubbed

FOUND: Final = "credential"
"""Where in the state of a scope what came is kept."""


class Scrub:
    """An ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            query = scope.get("query_string", b"")
            found = find(scope["headers"], query, scope.get("subprotocols", ()))
            scope.setdefault("state", {})[FOUND] = found
            scope["query_string"] = scrubbed(query)
        await self._app(scope, receive, send)


def credential(scope: Scope) -> Credential | None:
    """What a request came with."""
    found: Credential | None = scope["state"][FOUND]
    return found
