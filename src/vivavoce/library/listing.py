"""The list of recordings: one of them, or a page of those that are wanted."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.database import Database, of
from vivavoce.library.found import Wanted
from vivavoce.library.recording import Page, Recording
from vivavoce.library.schema import recordings, tags
from vivavoce.library.tags import tags_of
from vivavoce.library.terms import phrases, plain
from vivavoce.library.uses import uses_of

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"(\d{1,16})-([a-z0-9]{26})")
_TOLD: Final = [c for c in recordings.c if c.name != "plain_title"]
"""Columns of which a `Recording` is made."""


async def one(db: AsyncConnection, recording: str, owner: str | None = None) -> Recording:
    """Raises `NotFound`, also when it is not the owner's, if one is named."""
    return await _one(db, select(*_TOLD), recording, owner)


async def held(db: AsyncConnection, recording: str, owner: str | None = None) -> Recording:
    """The same, and nobody else changes it until the end of the transaction."""
    return await _one(db, select(*_TOLD).with_for_update(), recording, owner)


async def there(db: AsyncConnection, recording: str, owner: str | None = None) -> bool:
    """Whether there is one, which nobody deletes until the end of the transaction."""
    query = _which(select(recordings.c.id), recording, owner)
    found = await db.execute(query.with_for_update(read=True, key_share=True))
    return found.first() is not None


async def _one(
    db: AsyncConnection, query: Select[Any], recording: str, owner: str | None
) -> Recording:
    if (row := (await db.execute(_which(query, recording, owner))).first()) is None:
        raise NotFound(f"There is no recording {recording}.")
    return (await _recordings(db, [row]))[0]


def _which(query: Select[Any], recording: str, owner: str | None) -> Select[Any]:
    query = query.where(recordings.c.id == recording)
    return query if owner is None else query.where(recordings.c.owner == owner)


async def page(
    db: AsyncConnection, owner: str, limit: int, cursor: str | None, wanted: Wanted
) -> Page:
    """See `Repository.page`."""
    order = tuple_(recordings.c.created_at, recordings.c.id)
    query = select(*_TOLD).where(recordings.c.owner == owner, *_where(of(db), wanted))
    if cursor is not None:
        query = query.where(order < tuple_(*_position(cursor)))
    newest = recordings.c.created_at.desc(), recordings.c.id.desc()
    rows = (await db.execute(query.order_by(*newest).limit(limit + 1))).all()
    items = await _recordings(db, rows[:limit])
    return Page(tuple(items), _cursor(items[-1]) if len(rows) > limit else None)


async def binned(db: AsyncConnection, before: datetime, limit: int) -> list[tuple[str, str]]:
    """See `Repository.binned`."""
    at = recordings.c.deleted_at
    query = select(recordings.c.owner, recordings.c.id).where(at <= before).order_by(at)
    return [(row.owner, row.id) for row in await db.execute(query.limit(limit))]


def _where(database: Database, wanted: Wanted) -> list[ColumnElement[bool]]:
    c = recordings.c
    found: list[ColumnElement[bool]] = [
        c.deleted_at.is_not(None) if wanted.deleted else c.deleted_at.is_(None)
    ]
    if wanted.tag is not None:
        found.append(c.id.in_(select(tags.c.recording).where(tags.c.tag == wanted.tag)))
    if wanted.q:
        found.append(_mentions(database, wanted.q))
    return found


def _mentions(database: Database, q: str) -> ColumnElement[bool]:
    part = plain(q)
    titled = recordings.c.plain_title.contains(part, autoescape=True)
    tagged = select(tags.c.recording).where(tags.c.plain.contains(part, autoescape=True))
    ways = [titled, recordings.c.id.in_(tagged)]
    if asked := phrases(q):
        ways.append(database.mentioned(asked))
    return or_(*ways)


async def _recordings(db: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Recording]:
    ids = [row.id for row in rows]
    used, tagged = await uses_of(db, ids), await tags_of(db, ids)
    return [Recording(**row._mapping, uses=used[row.id], tags=tagged[row.id]) for row in rows]


def _cursor(recording: Recording) -> str:
    return f"{(recording.created_at - _EPOCH) // _MICROSECOND}-{recording.id}"


def _position(cursor: str) -> tuple[datetime, str]:
    if (match := _CURSOR.fullmatch(cursor)) is None:
        raise PeerError("The cursor is not one that a page of recordings gave.")
    return _EPOCH + int(match[1]) * _MICROSECOND, match[2]
