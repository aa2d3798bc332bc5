"""Who may, put together: the keys, the tokens, and the eye that is kept on both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from vivavoce.core.errors import BadCredentials
from vivavoce.library.database import Tables
from vivavoce.library.keys import Keys
from vivavoce.server.auth import tokens
from vivavoce.server.auth.credentials import Credential
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import Principal
from vivavoce.server.auth.tokens import Tokens
from vivavoce.server.auth.watch import Watch

IN_ADDRESS: Final = "A key does not belong in an address, which gets around; a token may be there."
SIGNED_OUT: Final = "The cookie is not of a session here; sign in again."


@dataclass(frozen=True, slots=True)
class Auth:
    """What knows who may."""

    keys: Keyring
    tokens: Tokens
    watch: Watch

    async def identify(self, came: Credential) -> Principal:
        """Whose credential it is. Raises `BadCredentials`, `DiskError`."""
        if came.is_token:
            return await self.tokens.read(came.text, page=came.place == "cookie")
        if came.place == "cookie":
            raise BadCredentials(SIGNED_OUT)
        if came.place == "address":
            raise BadCredentials(IN_ADDRESS)
        return await self.keys.authenticate(came.text)


@asynccontextmanager
async def authentication(tables: Tables) -> AsyncIterator[Auth]:
    """Of a server, while it runs. Raises `DiskError`."""
    kept = Keys(tables)
    keys = Keyring(kept)
    watch = Watch(keys)
    try:
        yield Auth(keys, Tokens(await kept.secret(tokens.NAME), keys), watch)
    finally:
        await watch.close()
        await keys.close()
