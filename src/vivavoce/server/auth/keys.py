"""Which key is whose: looked up for every request, so it must cost next to nothing.

What the library says of a key is believed for `FRESH` seconds. So a key that is revoked is
refused within that time, in every process of the server.
"""

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from vivavoce.core.errors import BadCredentials, VivavoceError
from vivavoce.library.keys import Key, Keys, id_of, key_hash
from vivavoce.server.auth.principal import Principal

FRESH: Final = 2.0
"""Seconds."""

MOST: Final = 1024
"""Keys that are remembered; of more the longest unused is forgotten."""

USED_EVERY: Final = timedelta(minutes=1)
"""How exact the time of a key's last use is."""

UNKNOWN: Final = "This key is not known here."

NONE: Final = "0" * 64
"""What is no hash of any key."""

log = structlog.get_logger()


class Keyring:
    """`clock`: seconds of a clock that never goes back."""

    def __init__(self, keys: Keys, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._known: OrderedDict[str, tuple[Key, float]] = OrderedDict()
        self._noting: set[asyncio.Task[None]] = set()

    async def authenticate(self, text: str) -> Principal:
        """Whose key it is. Raises `BadCredentials`, `DiskError`."""
        if (id := id_of(text)) is None:
            raise BadCredentials(UNKNOWN)
        key = await self._find(id)
        # Compared in any case: how long it takes tells nobody which keys there are.
        same = hmac.compare_digest(key_hash(text), NONE if key is None else key.sha256)
        if key is None or not same:
            raise BadCredentials(UNKNOWN)
        return principal_of(checked(key))

    async def key(self, id: str) -> Key:
        """One that may be used now. Raises `BadCredentials`, `DiskError`."""
        if (key := await self._find(id)) is None:
            raise BadCredentials(UNKNOWN)
        return checked(key)

    async def ended(self, ids: Iterable[str]) -> dict[str, VivavoceError]:
        """Of these keys those that may not be used any more, and why. Raises `DiskError`."""
        wanted = list(ids)
        found = {key.id: key for key in await self._keys.find(wanted)}
        ended: dict[str, VivavoceError] = {}
        for id in wanted:
            try:
                if id not in found:
                    raise BadCredentials(UNKNOWN)
                checked(self._remember(found[id]))
            except BadCredentials as error:
                ended[id] = error
        return ended

    async def close(self) -> None:
        """Note down what is to be noted down."""
        await asyncio.gather(*self._noting, return_exceptions=True)

    async def _find(self, id: str) -> Key | None:
        key, at = self._known.get(id, (None, 0.0))
        if key is None or self._clock() - at >= FRESH:
            found = await self._keys.find([id])
            if not found:
                self._known.pop(id, None)
                return None
            key = self._remember(found[0])
        self._known.move_to_end(id)
        return key

    def _remember(self, key: Key) -> Key:
        self._known[key.id] = key, self._clock()
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        now = datetime.now(UTC)
        if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
            task = asyncio.create_task(self._note(key.id, now))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)
        return key

    async def _note(self, id: str, now: datetime) -> None:
        """Nobody waits for it, and nothing fails with it."""
        try:
            await self._keys.used(id, now)
        except VivavoceError as error:
            log.warning("cannot note down that a key was used", reason=error.message)


def checked(key: Key) -> Key:
    """The same. Raises `BadCredentials` for one that was revoked or has expired."""
    if key.revoked_at is not None:
        raise BadCredentials("This key was revoked.")
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        raise BadCredentials("This key has expired.")
    return key


def principal_of(key: Key) -> Principal:
    return Principal(key.owner, key.name, frozenset(key.scopes), key.id, key.limits)
