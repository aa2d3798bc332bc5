"""Links by which people without an account read one recording.

A link holds a token, of which only the SHA-256 is kept: who reads the library's file cannot
open what was shared.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.database import Tables
from vivavoce.library.listing import held
from vivavoce.library.recording import new_id
from vivavoce.library.retention import check_text
from vivavoce.library.schema import recordings, shares

MOST: Final = 50
"""Links to one recording; those that have expired make room for new ones."""

UNKNOWN: Final = "There is no such link, or it was withdrawn."


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One link. Its token is known to those who were given it, and to nobody here."""

    id: str
    owner: str
    recording: str
    created_at: datetime  # aware, UTC
    expires_at: datetime
    audio: bool  # whether who has it may listen too


class TooManyShares(PeerError):
    """As many links as one recording may have."""

    code, status = "too_many", 409


class Shares:
    """The links of a library; any number of processes may use the same database.

    Every method may raise `DiskError`, which names the library.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def create(
        self, owner: str, recording: str, created: datetime, expires: datetime, *, audio: bool
    ) -> tuple[Share, str]:
        """A new link and its token, which is told this once.

        Raises `NotFound` (no such recording), `TooManyShares`.
        """
        token = secrets.token_urlsafe(24)
        share = Share(
            id=new_id(),
            owner=owner,
            recording=recording,
            created_at=created,
            expires_at=expires,
            audio=audio,
        )
        async with self._tables.write() as db:
            await _make_room(db, share)
            await db.execute(insert(shares), {**_row(share), "token_sha256": _hash(token)})
        return share, token

    async def of(self, owner: str, recording: str) -> list[Share]:
        """The links to a recording, the newest first, expired ones too."""
        query = select(shares).where(shares.c.owner == owner, shares.c.recording == recording)
        async with self._tables.read() as db:
            return [_share(row) for row in await db.execute(query.order_by(shares.c.id.desc()))]

    async def found(self, token: str) -> Share:
        """The link with this token, expired or not. Raises `NotFound`."""
        query = select(shares).where(shares.c.token_sha256 == _hash(token))
        async with self._tables.read() as db:
            if (row := (await db.execute(query)).first()) is None:
                raise NotFound(UNKNOWN)
            return _share(row)

    async def holding(self, asked: Collection[str]) -> set[str]:
        """Of these links those that were not withdrawn, and whose recording is not in the bin."""
        query = (
            select(shares.c.id)
            .join(recordings, recordings.c.id == shares.c.recording)
            .where(shares.c.id.in_(asked), recordings.c.deleted_at.is_(None))
        )
        async with self._tables.read() as db:
            return set((await db.execute(query)).scalars())

    async def withdraw(self, owner: str, share: str) -> None:
        """Nobody reads by this link any more. Raises `NotFound`."""
        gone = delete(shares).where(shares.c.owner == owner, shares.c.id == share)
        async with self._tables.write() as db:
            if not (await db.execute(gone)).rowcount:
                raise NotFound(f"There is no link {share}.")


async def _make_room(db: AsyncConnection, share: Share) -> None:
    check_text(await held(db, share.recording, share.owner))
    to_it = select(shares.c.id).where(shares.c.recording == share.recording)
    if len((await db.execute(to_it)).all()) < MOST:
        return
    past = shares.c.recording == share.recording, shares.c.expires_at <= share.created_at
    if not (await db.execute(delete(shares).where(*past))).rowcount:
        raise TooManyShares(f"A recording has {MOST} links at most; withdraw one first.")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _row(share: Share) -> dict[str, object]:
    return msgspec.structs.asdict(share)


def _share(row: Row[tuple[object, ...]]) -> Share:
    values = dict(row._mapping)
    del values["token_sha256"]
    return Share(**values)
