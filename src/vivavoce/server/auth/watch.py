"""Whoever is connected by a key that ends is let go of, within `LOOK_EVERY` seconds."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from vivavoce.core.errors import BadCredentials, OurError, VivavoceError
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import Principal

LOOK_EVERY: Final = 2.0
"""Seconds between looks: a key may be revoked in another process."""

log = structlog.get_logger()


class End(Protocol):
    """Says why something may not go on; said again as long as it does."""

    def __call__(self, why: VivavoceError, /) -> None: ...


@dataclass(frozen=True, eq=False, slots=True)
class _Connection:
    principal: Principal
    end: End


class Watch:
    """One look for all connections of this process."""

    def __init__(self, keys: Keyring, every: float = LOOK_EVERY) -> None:
        self._keys = keys
        self._every = every
        self._there: set[_Connection] = set()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def over(self, principal: Principal, end: End) -> Iterator[None]:
        """Inside, `end` is told when the principal's key, or their token, has ended; again at
        each look until it is left."""
        if principal.key is None and principal.until is None:
            yield  # there are no keys
            return
        connection = _Connection(principal, end)
        self._there.add(connection)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="keys")
        try:
            yield
        finally:
            self._there.discard(connection)

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._every)
                if not self._there:
                    return
                ended = await self._ended({c.principal.key for c in self._there} - {None})
                for connection in list(self._there):
                    if (why := _why(connection.principal, ended)) is not None:
                        connection.end(why)
        finally:
            self._looking = None

    async def _ended(self, keys: set[str | None]) -> dict[str, VivavoceError]:
        try:
            return await self._keys.ended([key for key in keys if key is not None])
        except OurError as error:  # a full disk revokes nothing
            log.warning("cannot look after keys", reason=error.message)
        except Exception:  # not foreseen: the next look is to come all the same
            log.exception("cannot look after keys")
        return {}


def _why(principal: Principal, ended: dict[str, VivavoceError]) -> VivavoceError | None:
    until = None if principal.lasting else principal.until
    if until is not None and until <= datetime.now(UTC):
        return BadCredentials("The token has expired.")
    return ended.get(principal.key or "")
