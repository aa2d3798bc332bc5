"""The gate: every request and every WebSocket passes it, or is refused.

What is not in the table of `scopes.py` is refused. Who was let in is told to whatever comes
after in `scope["state"]["principal"]`, and when their key ends, so does the connection.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from vivavoce.config import Settings
from vivavoce.core.errors import BadCredentials, Forbidden, NotFound, VivavoceError
from vivavoce.server.auth import refusals
from vivavoce.server.auth.credentials import Credential
from vivavoce.server.auth.ending import End, endable
from vivavoce.server.auth.principal import LOCAL, Principal
from vivavoce.server.auth.scopes import WS, Rule, rule
from vivavoce.server.auth.scrub import credential

if TYPE_CHECKING:
    from vivavoce.server.services import Services

MISSING: Final = "This server asks for a key: Authorization: Bearer <key>."
IN_ADDRESS: Final = "A key does not belong in an address, which gets around; a token may be there."
SIGNED_OUT: Final = "The cookie is not of a session here; sign in again."
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
        state = scope.setdefault("state", {})
        try:
            found = await self._let_in(scope) if self._keys else self._from_here(scope)
        except VivavoceError as error:
            await refusals.refuse(scope, receive, send, error)
            return
        if found is not None:
            state["principal"] = found
        if self._keys:
            watching = partial(self._watching, scope, found)
            await endable(self._app, scope, receive, send, watching)
        else:
            await self._app(scope, receive, send)

    def _from_here(self, scope: Scope) -> Principal:
        """Without keys. Raises `Forbidden` for other machines, where that was not wished for."""
        if not self._open and not is_here(scope.get("client")):
            if not self._warned:
                self._warned = True
                log.warning("somebody from another machine is refused", reason=ELSEWHERE)
            raise Forbidden(ELSEWHERE)
        return LOCAL

    async def _let_in(self, scope: Scope) -> Principal | None:
        """Who asks; None: nobody that we know, and that is no matter here.

        Raises `NotFound` (it is not in the table), `BadCredentials`, `Forbidden`, `DiskError`.
        """
        method, path = asked(scope)
        if (wanted := rule(method, path)) is None:
            raise NotFound(f"There is nothing at {path} for {method}.")
        came = credential(scope)
        try:
            found = None if came is None else await known(scope, came)
        except BadCredentials:
            if wanted.need != "public":
                raise
            found = None  # an old cookie does not keep anybody from signing in
        check(found, wanted)
        return found

    @contextmanager
    def _watching(self, scope: Scope, found: Principal | None, end: End) -> Iterator[None]:
        """See that a connection ends with the key of whom it was opened for."""
        if found is not None:
            with _parts(scope).auth.watch.over(found, end):
                yield
            return

        def look() -> None:
            if "principal" not in scope["state"]:
                end(BadCredentials(MISSING))

        inside = scope["type"] == "websocket"
        timer = asyncio.get_running_loop().call_later(INSIDE, look) if inside else None
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()


async def known(scope: Scope, came: Credential) -> Principal:
    """Whose it is. Raises `BadCredentials`, `DiskError`."""
    auth = _parts(scope).auth
    if came.is_token:
        return await auth.tokens.read(came.text, page=came.place == "cookie")
    if came.place == "cookie":
        raise BadCredentials(SIGNED_OUT)
    if came.place == "address":
        raise BadCredentials(IN_ADDRESS)
    return await auth.keys.authenticate(came.text)


def check(found: Principal | None, wanted: Rule) -> None:
    """Raises `BadCredentials` where somebody known is needed, `Forbidden` where another is."""
    if wanted.need in ("public", "inside"):
        return
    if found is None:
        raise BadCredentials(MISSING)
    if wanted.need != "known" and wanted.need not in found.scopes:
        raise Forbidden(f"This needs a key with the scope {wanted.need}, which yours has not.")
    if found.recording is not None and found.recording != wanted.recording:
        raise Forbidden("This token is for one recording, and for nothing else.")


def asked(scope: Scope) -> tuple[str, str]:
    """The method and the path as routes see it, without what the app is mounted under."""
    path: str = scope["path"]
    root = scope.get("root_path", "")
    if root and path.startswith(f"{root}/"):
        path = path.removeprefix(root)
    return (WS if scope["type"] == "websocket" else scope["method"]), path


def is_here(client: tuple[str, int] | None) -> bool:
    """Whether a client is on this machine. One without an address comes by a socket file, which
    a proxy stands in front of: nobody knows for whom."""
    try:
        address = ip_address(client[0].partition("%")[0]) if client else None
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and address.is_loopback


def _parts(scope: Scope) -> "Services":
    parts: Services = scope["app"].state.services
    return parts
