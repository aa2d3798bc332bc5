"""Keys that come in the first message of a protocol instead of the request that opens it."""

from typing import TYPE_CHECKING

from starlette.types import Scope

from vivavoce.core.errors import BadCredentials
from vivavoce.server.auth.credentials import of_message
from vivavoce.server.auth.here import address
from vivavoce.server.auth.principal import Principal
from vivavoce.server.auth.scopes import MISSING, Need, Rule

if TYPE_CHECKING:
    from vivavoce.server.auth.auth import Auth


async def principal(scope: Scope, message: object, need: Need) -> Principal:
    """Who asks: whom the gate knew, or whose key is in the message; the gate is told.

    Raises `BadCredentials`, `Forbidden`, `Throttled`, `DiskError`.
    """
    state = scope["state"]
    who: Principal | None = state.get("principal")
    if who is None:
        if (came := of_message(message)) is None:
            raise state.get("wrong") or BadCredentials(MISSING)
        auth: Auth = scope["app"].state.services.auth
        who = await auth.identify(came, address(scope))
    Rule(scope["path"], need, {}).check(who)
    state["principal"] = who
    return who
