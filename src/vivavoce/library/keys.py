"""Keys by which programs and people are known, each with what it may.

A key is `vv_<id>_<secret>`. The secret is random, so a plain SHA-256 of the whole keeps it: who
reads the library's file learns whose keys there are, and cannot use them.
"""

import hashlib
import re
import secrets
import string
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Literal, get_args

import msgspec
from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.database import Tables
from vivavoce.library.owners import make_known
from vivavoce.library.schema import keys, principals
from vivavoce.library.schema import secrets as kept

Scope = Literal["transcribe", "read", "manage"]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

NAME: Final = 64
"""Characters of the name of a key, or of an owner."""

BATCH: Final = 500
"""Keys looked up at a time."""

_ALPHABET: Final = string.ascii_letters + string.digits  # a double click takes all of a key
_KEY: Final = re.compile(r"vv_([a-z0-9]{12})_[A-Za-z0-9]{40}", re.ASCII)


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one key may use; None: as much as the server's own settings say."""

    connections: int | None = None  # at once
    requests: int | None = None  # in a minute
    minutes: int | None = None  # of audio in a day (UTC)
    upload_mb: int | None = None  # of one upload, in MiB


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key, without its secret. Times are aware, UTC."""

    id: str
    owner: str
    name: str
    sha256: str  # hexadecimal, of the whole key
    scopes: tuple[Scope, ...]
    limits: Limits = Limits()
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None  # to the minute


def new_key() -> tuple[str, str]:
    """The id and the whole text of a new one."""
    id = "".join(secrets.choice(_ALPHABET).lower() for _ in range(12))
    return id, f"vv_{id}_{''.join(secrets.choice(_ALPHABET) for _ in range(40))}"


def id_of(text: str) -> str | None:
    """The id in a key; None: this is none."""
    match = _KEY.fullmatch(text)
    return match and match[1]


def key_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Keys:
    """The keys of a library; any number of processes may use the same.

    Every method may raise `DiskError`, which names the library.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, key: Key) -> None:
        """Keep a new one; its owner is made known."""
        async with self._tables.write() as db:
            await make_known(db, key.owner)
            await db.execute(insert(keys), _row(key))

    async def find(self, ids: Iterable[str]) -> list[Key]:
        """Those that there are, in no order."""
        wanted, found = list(ids), list[Key]()
        async with self._tables.read() as db:
            for start in range(0, len(wanted), BATCH):
                some = keys.c.id.in_(wanted[start : start + BATCH])
                found += [_key(row) for row in await db.execute(select(keys).where(some))]
        return found

    async def all(self) -> list[Key]:
        """Every one, the oldest first, revoked and expired ones too."""
        async with self._tables.read() as db:
            query = select(keys).order_by(keys.c.created_at, keys.c.id)
            return [_key(row) for row in await db.execute(query)]

    async def owners(self) -> list[str]:
        """Whose recordings there can be."""
        async with self._tables.read() as db:
            rows = await db.execute(select(principals.c.id).order_by(principals.c.id))
            return [row[0] for row in rows]

    async def revoke(self, id: str, at: datetime) -> Key:
        """Nobody gets in by it any more; the one that was revoked stays so. Raises `NotFound`."""
        change = update(keys).where(keys.c.id == id, keys.c.revoked_at.is_(None))
        async with self._tables.write() as db:
            await db.execute(change.values(revoked_at=at))
            if (row := (await db.execute(select(keys).where(keys.c.id == id))).first()) is None:
                raise NotFound(f"There is no key {id}.")
            return _key(row)

    async def used(self, id: str, at: datetime) -> None:
        """It was used then."""
        async with self._tables.write() as db:
            await db.execute(update(keys).where(keys.c.id == id).values(last_used_at=at))

    async def secret(self, name: str) -> bytes:
        """A random secret of this library's, made when it is first asked for: 32 bytes."""
        query = select(kept.c.value).where(kept.c.name == name)
        if (found := await self._secret(query)) is None:
            made = {"name": name, "value": secrets.token_hex(32)}
            with suppress(IntegrityError):  # another process was faster
                async with self._tables.write() as db:
                    await db.execute(insert(kept), made)
            found = await self._secret(query)
            assert found is not None
        return bytes.fromhex(found)

    async def _secret(self, query: Select[str]) -> str | None:
        async with self._tables.read() as db:
            return (await db.execute(query)).scalar_one_or_none()


def named(text: str, what: str) -> str:
    """A name of a key or an owner. Raises `PeerError` for what can be none."""
    name = text.strip()
    if not name or len(name) > NAME or not name.isprintable():
        raise PeerError(f"{what} has 1 to {NAME} characters that can be printed.")
    return name


def _row(key: Key) -> dict[str, Any]:
    return msgspec.structs.asdict(key) | {"limits": msgspec.json.encode(key.limits).decode()}


def _key(row: Row[Any]) -> Key:
    values = dict(row._mapping)
    return Key(**values | {"limits": msgspec.json.decode(values["limits"], type=Limits)})
