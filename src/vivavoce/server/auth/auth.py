"""Who may, put together: the keys, the tokens, and the eye that is kept on both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from vivavoce.library.database import Tables
from vivavoce.library.keys import Keys
from vivavoce.server.auth import tokens
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.tokens import Tokens
from vivavoce.server.auth.watch import Watch


@dataclass(frozen=True, slots=True)
class Auth:
    keys: Keyring
    tokens: Tokens
    watch: Watch


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
