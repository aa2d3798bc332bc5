"""Keys for servers that ask for them, made as `vivavoce keys create` makes them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vivavoce.library.database import Tables
from vivavoce.library.keys import SCOPES, Key, Keys, Limits, Scope, key_hash, new_key
from vivavoce.library.sql import SqlRepository


async def add_key(
    tables: Tables,
    *scopes: Scope,
    owner: str = "ada",
    expires_in: timedelta | None = None,
    revoked: bool = False,
    limits: Limits | None = None,
) -> str:
    """The text of a new key with these scopes, or with all."""
    id, text = new_key()
    now = datetime.now(UTC)
    key = Key(
        id=id,
        owner=owner,
        name="of a test",
        sha256=key_hash(text),
        scopes=scopes or SCOPES,
        limits=limits or Limits(),
        created_at=now,
        expires_at=None if expires_in is None else now + expires_in,
    )
    keys = Keys(tables)
    await keys.add(key)
    if revoked:
        await keys.revoke(id, now)
    return text


async def library_key(
    data_dir: Path, *scopes: Scope, owner: str = "ada", limits: Limits | None = None
) -> str:
    """The same in the library of a data directory, whether or not a server runs on it."""
    repository = await SqlRepository.open(data_dir)
    try:
        return await add_key(repository.tables, *scopes, owner=owner, limits=limits)
    finally:
        await repository.close()


def made_key(data_dir: Path, *scopes: Scope, owner: str = "ada") -> str:
    """`library_key` for who has no event loop, or one that is somebody else's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, library_key(data_dir, *scopes, owner=owner)).result()
