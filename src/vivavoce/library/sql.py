"""The repository in a SQLite file."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, delete, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import Use, seconds
from vivavoce.library import annotating
from vivavoce.library.database import async_engine, disk_trouble, writing
from vivavoce.library.migrations import upgrade
from vivavoce.library.recording import Changes, Page, Recording, preview
from vivavoce.library.repository import Make
from vivavoce.library.schema import events, principals, recordings, totals, transcripts, uses

FILE: Final = "library.db"
BATCH: Final = 500
"""Events read at a time."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"(\d{1,16})-([a-z0-9]{26})")
_decode_event: Final = msgspec.json.Decoder(AnyEvent).decode
_decode_transcript: Final = msgspec.json.Decoder(Transcript).decode


class SqlRepository:
    """Implements `Repository`. Any number of processes may use the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = async_engine(path)
        self._writer = writing(self._reader)

    @classmethod
    async def open(cls, data_dir: Path) -> "SqlRepository":
        """The library in a data directory, made or brought up to date first.

        Raises `SettingError` when the directory cannot be used.
        """
        path = data_dir / FILE
        await asyncio.to_thread(upgrade, path)
        return cls(path)

    async def close(self) -> None:
        await self._reader.dispose()

    async def create(self, recording: Recording) -> None:
        async with self._write() as db:
            await _known(db, recording.owner)
            values = msgspec.structs.asdict(recording)
            del values["uses"]  # a table of their own, and none so far
            await db.execute(insert(recordings), values)

    async def get(self, owner: str, recording: str) -> Recording:
        async with self._read() as db:
            return await _row(db, recording, owner)

    async def page(self, owner: str, limit: int = 50, cursor: str | None = None) -> Page:
        order = tuple_(recordings.c.created_at, recordings.c.id)
        query = select(recordings).where(recordings.c.owner == owner)
        if cursor is not None:
            query = query.where(order < tuple_(*_position(cursor)))
        newest = recordings.c.created_at.desc(), recordings.c.id.desc()
        async with self._read() as db:
            rows = (await db.execute(query.order_by(*newest).limit(limit + 1))).all()
            used = await _uses(db, [row.id for row in rows[:limit]])
        items = tuple(_recording(row, used[row.id]) for row in rows[:limit])
        return Page(items, _cursor(items[-1]) if len(rows) > limit else None)

    async def rename(self, owner: str, recording: str, title: str) -> Recording:
        async with self._write() as db:
            await _row(db, recording, owner)
            return await _change(db, recording, Changes(title=title))

    async def update(self, recording: str, changes: Changes) -> Recording:
        async with self._write() as db:
            return await _change(db, recording, changes)

    async def seal(
        self,
        recording: str,
        events: Sequence[Numbered],
        changes: Changes,
        uses: Sequence[Use] = (),
    ) -> Recording:
        transcript = fold(numbered.event for numbered in events)
        async with self._write() as db:
            row = await _row(db, recording)
            if row.state in ("done", "failed"):
                return row
            await _keep(db, row, events, transcript)
            await _keep_uses(db, row, uses)
            return await _change(db, recording, _with_text(changes, transcript))

    async def annotate(self, owner: str, recording: str, make: Make) -> list[Numbered]:
        async with self._write() as db:
            row = await _row(db, recording, owner)
            return await annotating.annotate(db, row, make)

    async def events(self, owner: str, recording: str, after: int = 0) -> AsyncIterator[Numbered]:
        await self.get(owner, recording)
        while batch := await self._events(recording, after):
            for numbered in batch:
                yield numbered
            after = batch[-1].n

    async def transcript(self, owner: str, recording: str) -> Transcript:
        query = select(transcripts.c.transcript).where(transcripts.c.recording == recording)
        async with self._read() as db:
            await _row(db, recording, owner)
            row = (await db.execute(query)).first()
        return Transcript() if row is None else _decode_transcript(row[0])

    async def delete(self, owner: str, recording: str) -> None:
        async with self._write() as db:
            await _row(db, recording, owner)
            await db.execute(delete(recordings).where(recordings.c.id == recording))

    async def count(self, owner: str, day: date, uses: Sequence[Use]) -> None:
        async with self._write() as db:
            await _count(db, owner, day, uses)

    async def usage(self, owner: str, since: date | None = None) -> list[tuple[date, Use]]:
        order = totals.c.day, totals.c.engine, totals.c.model
        query = select(*order, totals.c.samples).where(totals.c.owner == owner)
        if since is not None:
            query = query.where(totals.c.day >= since)
        async with self._read() as db:
            rows = await db.execute(query.order_by(*order))
            return [(row.day, _use(row)) for row in rows]

    async def unfinished(self) -> list[str]:
        open_states = recordings.c.state.in_(("live", "transcribing"))
        query = select(recordings.c.id).where(open_states).order_by(recordings.c.created_at)
        async with self._read() as db:
            return [row[0] for row in await db.execute(query)]

    async def check(self) -> None:
        async with self._write():
            pass  # to begin is to take the write lock, which an unwritable file refuses

    async def _events(self, recording: str, after: int) -> list[Numbered]:
        query = select(events.c.n, events.c.epoch, events.c.event)
        query = query.where(events.c.recording == recording, events.c.n > after)
        async with self._read() as db:
            rows = await db.execute(query.order_by(events.c.n).limit(BATCH))
            return [Numbered(n, epoch, _decode_event(event)) for n, epoch, event in rows]

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncConnection]:
        with disk_trouble(self.path):
            async with self._reader.begin() as db:
                yield db

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        with disk_trouble(self.path):
            async with self._writer.begin() as db:
                yield db


async def _row(db: AsyncConnection, recording: str, owner: str | None = None) -> Recording:
    query = select(recordings).where(recordings.c.id == recording)
    if owner is not None:
        query = query.where(recordings.c.owner == owner)
    if (row := (await db.execute(query)).first()) is None:
        raise NotFound(f"There is no recording {recording}.")
    return _recording(row, (await _uses(db, [recording]))[recording])


async def _change(db: AsyncConnection, recording: str, changes: Changes) -> Recording:
    values = {k: v for k, v in msgspec.structs.asdict(changes).items() if v is not UNSET}
    if values:
        await db.execute(update(recordings).where(recordings.c.id == recording).values(values))
    return await _row(db, recording)


async def _keep(
    db: AsyncConnection, recording: Recording, log: Sequence[Numbered], transcript: Transcript
) -> None:
    belongs = {"recording": recording.id, "owner": recording.owner}
    rows = [belongs | {"n": e.n, "epoch": e.epoch, "event": _json(e.event)} for e in log]
    if rows:
        await db.execute(insert(events), rows)
    await annotating.keep_transcript(db, recording, transcript)


async def _known(db: AsyncConnection, owner: str) -> None:
    known = select(principals.c.id).where(principals.c.id == owner)
    if (await db.execute(known)).first() is None:
        person = {"id": owner, "name": owner, "created_at": datetime.now(UTC)}
        await db.execute(insert(principals), person)


async def _uses(db: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[Use, ...]]:
    order = uses.c.recording, uses.c.engine, uses.c.model
    query = select(*order, uses.c.samples).where(uses.c.recording.in_(ids)).order_by(*order)
    found: dict[str, tuple[Use, ...]] = defaultdict(tuple)
    for row in await db.execute(query):
        found[row.recording] += (_use(row),)
    return found


def _use(row: Any) -> Use:
    return Use(row.engine, row.model, row.samples)


async def _keep_uses(db: AsyncConnection, recording: Recording, used: Sequence[Use]) -> None:
    belongs = {"recording": recording.id, "owner": recording.owner}
    if used:
        await db.execute(insert(uses), [belongs | msgspec.structs.asdict(use) for use in used])
    await _count(db, recording.owner, recording.created_at.date(), used)


async def _count(db: AsyncConnection, owner: str, day: date, used: Sequence[Use]) -> None:
    if not used:
        return
    await _known(db, owner)
    add = upsert(totals)
    more = {"samples": totals.c.samples + add.excluded.samples}
    add = add.on_conflict_do_update(index_elements=totals.primary_key.columns, set_=more)
    belongs = {"owner": owner, "day": day}
    await db.execute(add, [belongs | msgspec.structs.asdict(use) for use in used])


def _with_text(changes: Changes, transcript: Transcript) -> Changes:
    replace = msgspec.structs.replace
    if changes.preview is UNSET:
        changes = replace(changes, preview=preview(transcript))
    if changes.duration is UNSET:
        changes = replace(changes, duration=seconds(transcript.duration))
    return changes


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _recording(row: Row[Any], used: tuple[Use, ...]) -> Recording:
    return Recording(**row._mapping, uses=used)


def _cursor(recording: Recording) -> str:
    return f"{(recording.created_at - _EPOCH) // _MICROSECOND}-{recording.id}"


def _position(cursor: str) -> tuple[datetime, str]:
    if (match := _CURSOR.fullmatch(cursor)) is None:
        raise PeerError("The cursor is not one that a page of recordings gave.")
    return _EPOCH + int(match[1]) * _MICROSECOND, match[2]
