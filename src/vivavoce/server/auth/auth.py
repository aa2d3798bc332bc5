"""Who may, put together: the keys, the tokens, and the eye that is kept on both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from vivavoce.core.errors import BadCredentials, Throttled
from vivavoce.library.database import Tables
from vivavoce.library.keys import Keys
from vivavoce.server.auth import tokens
from vivavoce.server.auth.attempts import FREE_REQUESTS, Attempts
from vivavoce.server.auth.credentials import Credential
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import Principal
from vivavoce.server.auth.tokens import Tokens
from vivavoce.server.auth.watch import Watch
from vivavoce.server.transport.admission import within

IN_ADDRESS: Final = "A key does not belong in an address, which gets around; a token may be there."
OFTEN: Final = "Too many keys came from there that are none of this server's. Wait, then try again."
SIGNED_OUT: Final = "The cookie is not of a session here; sign in again."


@dataclass(frozen=True, slots=True)
class Auth:
    """What knows who may."""

    keys: Keyring
    tokens: Tokens
    watch: Watch
    unlimited: tuple[str, ...] = ()
    """Networks from which as many keys may fail as come."""
    of_requests: Attempts = field(default_factory=lambda: Attempts(free=FREE_REQUESTS))
    at_page: Attempts = field(default_factory=Attempts)

    async def identify(self, came: Credential, address: str | None) -> Principal:
        """Whose credential it is that came from there. Raises `BadCredentials`, `DiskError`, and
        `Throttled` where too many keys did that are none."""
        if came.is_token:
            return await self.tokens.read(came.text, page=came.place == "cookie")
        if came.place == "cookie":
            raise BadCredentials(SIGNED_OUT)
        if came.place == "address":
            raise BadCredentials(IN_ADDRESS)
        limited = address is not None and not within(address, self.unlimited)
        if limited and (wait := self.of_requests.wait(address)) > 0:
            raise Throttled(OFTEN, wait)
        try:
            found = await self.keys.authenticate(came.text)
        except BadCredentials:
            self.of_requests.failed(address)
            raise
        self.of_requests.succeeded(address)
        return found


@asynccontextmanager
async def authentication(tables: Tables, unlimited: tuple[str, ...] = ()) -> AsyncIterator[Auth]:
    """Of a server, while it runs. Raises `DiskError`."""
    kept = Keys(tables)
    keys = Keyring(kept)
    watch = Watch(keys)
    try:
        yield Auth(keys, Tokens(await kept.secret(tokens.NAME), keys), watch, unlimited)
    finally:
        await watch.close()
        await keys.close()
