"""The list of recordings: one of them, or a page of those that are wanted."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.found import Wanted
from vivavoce.library.recording import Page, Recording
from vivavoce.library.schema import recordings, tags
from vivavoce.library.search import BLOCK, expression
from vivavoce.library.tags import tags_of
from vivavoce.library.terms import phrases, plain
from vivavoce.library.uses import uses_of

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"(\d{1,16})-([a-z0-9]{26})")

# A recording's passages have ids that lie together, so one of them says which it is.
_SAID: Final = """
    recordings.id IN (
        SELECT (SELECT recording FROM passages WHERE id >= found.block << :block
                ORDER BY id LIMIT 1)
        FROM (SELECT DISTINCT rowid >> :block AS block FROM search WHERE search MATCH :asked)
        AS found
    )
"""


async def one(db: AsyncConnection, recording: str, owner: str | None = None) -> Recording:
    """Raises `NotFound`, also when it is not the owner's, if one is named."""
    query = select(recordings).where(recordings.c.id == recording)
    if owner is not None:
        query = query.where(recordings.c.owner == owner)
    if (row := (await db.execute(query)).first()) is None:
        raise NotFound(f"There is no recording {recording}.")
    return (await _recordings(db, [row]))[0]


async def page(
    db: AsyncConnection, owner: str, limit: int, cursor: str | None, wanted: Wanted
) -> Page:
    """See `Repository.page`."""
    order = tuple_(recordings.c.created_at, recordings.c.id)
    query = select(recordings).where(recordings.c.owner == owner, *_where(wanted))
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


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    c = recordings.c
    found: list[ColumnElement[bool]] = [
        c.deleted_at.is_not(None) if wanted.deleted else c.deleted_at.is_(None)
    ]
    if wanted.tag is not None:
        found.append(c.id.in_(select(tags.c.recording).where(tags.c.tag == wanted.tag)))
    if wanted.q:
        found.append(_mentions(wanted.q))
    return found


def _mentions(q: str) -> ColumnElement[bool]:
    part = plain(q)  # the database knows this function too
    tagged = select(tags.c.recording).where(func.instr(func.plain(tags.c.tag), part) > 0)
    titled = func.instr(func.plain(recordings.c.title), part) > 0
    ways: list[Any] = [titled, recordings.c.id.in_(tagged)]
    if asked := phrases(q):
        ways.append(text(_SAID).bindparams(asked=expression(asked), block=BLOCK))
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
