"""How much one address and one key may ask for: middleware before and after the gate.

How many *connections* an address has is counted beneath HTTP, where they cost least
(`transport/admission.py`).
"""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from vivavoce.config import Settings
from vivavoce.core.errors import Throttled, VivavoceError
from vivavoce.server.allowed import Most
from vivavoce.server.auth.principal import Principal
from vivavoce.server.auth.refusals import refuse
from vivavoce.server.rates import Rates
from vivavoce.server.transport.admission import group, within

ASKING = ("http", "websocket")


SOON = 5.0
"""Seconds after which a connection may be free again."""


class AddressLimits:
    """Requests a minute from one address, whoever they are of."""

    def __init__(self, app: ASGIApp, settings: Settings, rates: Rates) -> None:
        self._app = app
        self._most = settings.requests_per_minute
        self._unlimited = settings.unlimited_networks
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client") if scope["type"] in ASKING else None
        if client and not within(client[0], self._unlimited):
            try:
                await self._rates.request("address", group(client[0]), self._most)
            except Throttled as error:
                await refuse(scope, receive, send, error)
                return
        await self._app(scope, receive, send)


class KeyLimits:
    """Requests a minute and connections at once with one key. Where there are no keys everybody
    is the same, and is not limited as if they were one."""

    def __init__(self, app: ASGIApp, settings: Settings, rates: Rates) -> None:
        self._app = app
        self._settings = settings
        self._rates = rates
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: Principal | None = scope.get("state", {}).get("principal")
        if scope["type"] not in ASKING or found is None or found.key is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._admit(found, found.key)
        except VivavoceError as error:
            await refuse(scope, receive, send, error)
            return
        self._open[found.key] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[found.key] -= 1
            if not self._open[found.key]:
                del self._open[found.key]

    async def _admit(self, found: Principal, key: str) -> None:
        most = Most.of(found, self._settings)
        await self._rates.request("key", key, most.requests)
        if self._open[key] >= most.connections:
            raise Throttled(f"{most.connections} connections are open with this key already.", SOON)
        self._rates.allow(found.id, most.minutes)
