"""The gate: every request and every WebSocket passes it, or is refused.

What is not in the table of `scopes.py` is refused. Who was let in is told to whatever comes
after in `scope["state"]["principal"]`, and when their key ends, so does the connection.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from vivavoce.config import Settings
from vivavoce.core.errors import BadCredentials, Forbidden, NotFound, Throttled, VivavoceError
from vivavoce.server.auth import refusals, sessions
from vivavoce.server.auth.ending import Watching, endable
from vivavoce.server.auth.here import address, is_here
from vivavoce.server.auth.principal import LOCAL
from vivavoce.server.auth.scopes import MISSING, WS, asked, rule
from vivavoce.server.auth.scrub import credential
from vivavoce.server.auth.watch import End

if TYPE_CHECKING:
    from vivavoce.server.auth.auth import Auth
    from vivavoce.server.services import Services

ELSEWHERE: Final = (
    "This server has no keys, so it serves its own machine alone. Whoever runs it can ask for "
    "keys (VIVAVOCE_AUTH=keys), or open it to all (VIVAVOCE_OPEN_TO_ALL=true)."
)

INSIDE: Final = 10.0
"""Seconds in which a key is to come that may come inside."""

log = structlog.get_logger()


class Gate:
    """An ASGI middleware, inside the application: the parts are those of `scope["app"]`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._keys = settings.auth == "keys"
        self._open = settings.open_to_all
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        try:
            watching = await (self._let_in if self._keys else self._from_here)(scope)
        except VivavoceError as error:
            await refusals.refuse(scope, receive, send, error)
            return
        if watching is None:
            await self._app(scope, receive, send)
        else:
            await endable(self._app, scope, receive, send, watching)

    async def _from_here(self, scope: Scope) -> None:
        """Without keys. Raises `Forbidden` for other machines, where that was not wished for."""
        if not self._open and not is_here(scope.get("client")):
            if not self._warned:
                self._warned = True
                log.warning("somebody from another machine is refused", reason=ELSEWHERE)
            raise Forbidden(ELSEWHERE)
        scope["state"]["principal"] = LOCAL

    async def _let_in(self, scope: Scope) -> Watching | None:
        """Find out who asks. What is given knows when what they ask for has to end.

        Raises `NotFound` (it is not in the table), `BadCredentials`, `Forbidden`, `Throttled`,
        `DiskError`.
        """
        method, path = asked(scope)
        if (wanted := rule(method, path)) is None:
            raise NotFound(f"There is nothing at {path} for {method}.")
        came = credential(scope)
        if came is not None and came.place == "cookie" and not sessions.counts(scope):
            came = None
        try:
            found = None if came is None else await _auth(scope).identify(came, address(scope))
        except (BadCredentials, Throttled) as error:
            if wanted.need not in ("public", "inside"):
                raise
            found = None  # an old cookie does not keep anybody from signing in
            scope["state"]["wrong"] = error  # who asks inside says so in words of their own
        wanted.check(found)
        if found is not None:
            scope["state"]["principal"] = found
        if wanted.need == "inside":
            return partial(waiting, scope) if method == WS else None
        if wanted.need == "public" or found is None:
            return None
        return partial(_auth(scope).watch.over, found)


@contextmanager
def waiting(scope: Scope, end: End) -> Iterator[None]:
    """A key that is to come inside has to come soon."""

    def look() -> None:
        if "principal" not in scope["state"]:
            end(BadCredentials(MISSING))

    timer = asyncio.get_running_loop().call_later(INSIDE, look)
    try:
        yield
    finally:
        timer.cancel()


def _auth(scope: Scope) -> "Auth":
    parts: Services = scope["app"].state.services
    return parts.auth
