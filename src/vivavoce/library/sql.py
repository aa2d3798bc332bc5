"""The repository in a database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import DiskError, SettingError
from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import Use, seconds
from vivavoce.library import annotating, listing, tags
from vivavoce.library import search as searching
from vivavoce.library.database import Database, Tables
from vivavoce.library.found import Hits, Wanted
from vivavoce.library.migrations import upgrade
from vivavoce.library.owners import make_known
from vivavoce.library.recording import UNFINISHED, Changes, Page, Recording
from vivavoce.library.repository import Make
from vivavoce.library.retention import check_text
from vivavoce.library.schema import events, recordings, transcripts
from vivavoce.library.sqlite import Sqlite
from vivavoce.library.terms import plain
from vivavoce.library.uses import count_uses, keep_uses, total_uses

FILE: Final = "library.db"
BATCH: Final = 500
"""Events read at a time."""

_decode_event: Final = msgspec.json.Decoder(AnyEvent).decode
_decode_transcript: Final = msgspec.json.Decoder(Transcript).decode


class SqlRepository:
    """Implements `Repository`. Any number of processes may use the same database."""

    def __init__(self, database: Database) -> None:
        self.tables = Tables(database)
        """For whoever keeps tables of their own in the same database."""

    @classmethod
    async def open(cls, data_dir: Path, url: str | None = None) -> "SqlRepository":
        """The library in a data directory, or at a `postgresql://` address, made or brought up
        to date first.

        Raises `SettingError` when it cannot be used.
        """
        database = database_at(data_dir, url)
        await upgrade(database)
        return cls(database)

    async def close(self) -> None:
        await self.tables.close()

    async def create(self, recording: Recording) -> None:
        async with self.tables.write() as db:
            await make_known(db, recording.owner)
            values = msgspec.structs.asdict(recording) | _plain(recording.title)
            del values["uses"], values["tags"]  # tables of their own, and none so far
            await db.execute(insert(recordings), values)

    async def get(self, owner: str, recording: str) -> Recording:
        async with self.tables.read() as db:
            return await listing.one(db, recording, owner)

    async def page(
        self,
        owner: str,
        limit: int = 50,
        cursor: str | None = None,
        wanted: Wanted = Wanted(),  # noqa: B008  # it never changes
    ) -> Page:
        async with self.tables.read() as db:
            return await listing.page(db, owner, limit, cursor, wanted)

    async def search(
        self, owner: str, query: str, limit: int = 20, cursor: str | None = None
    ) -> Hits:
        async with self.tables.read() as db:
            return await searching.search(db, owner, query, limit, cursor)

    async def tags(self, owner: str) -> list[tuple[str, int]]:
        async with self.tables.read() as db:
            return await tags.count_tags(db, owner)

    async def retag(self, owner: str, recording: str, wanted: Sequence[str]) -> Recording:
        async with self.tables.write() as db:
            await tags.put_tags(db, await listing.held(db, recording, owner), wanted)
            return await listing.one(db, recording)

    async def bin(self, owner: str, recording: str, at: datetime | None) -> Recording:
        async with self.tables.write() as db:
            await listing.held(db, recording, owner)
            return await _change(db, recording, Changes(deleted_at=at))

    async def binned(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        async with self.tables.read() as db:
            return await listing.binned(db, before, limit)

    async def rename(self, owner: str, recording: str, title: str) -> Recording:
        async with self.tables.write() as db:
            await listing.held(db, recording, owner)
            return await _change(db, recording, Changes(title=title))

    async def update(self, recording: str, changes: Changes) -> Recording:
        async with self.tables.write() as db:
            return await _change(db, recording, changes)

    async def seal(
        self,
        recording: str,
        events: Sequence[Numbered],
        changes: Changes,
        uses: Sequence[Use] = (),
    ) -> Recording:
        transcript = fold(numbered.event for numbered in events)
        async with self.tables.write() as db:
            row = await listing.held(db, recording)
            if row.state in ("done", "failed"):
                return row
            await annotating.keep_events(db, row, events)
            await annotating.keep_transcript(db, row, transcript)
            await keep_uses(db, row, uses)
            length = Changes(duration=seconds(transcript.duration))
            return await _change(db, recording, Changes(**length.given | changes.given))

    async def annotate(self, owner: str, recording: str, make: Make) -> list[Numbered]:
        async with self.tables.write() as db:
            row = await listing.held(db, recording, owner)
            return await annotating.annotate(db, row, make)

    async def events(self, owner: str, recording: str, after: int = 0) -> AsyncIterator[Numbered]:
        check_text(await self.get(owner, recording))
        while batch := await self._events(recording, after):
            for numbered in batch:
                yield numbered
            after = batch[-1].n

    async def transcript(self, owner: str, recording: str) -> Transcript:
        query = select(transcripts.c.transcript).where(transcripts.c.recording == recording)
        async with self.tables.read() as db:
            check_text(await listing.one(db, recording, owner))
            row = (await db.execute(query)).first()
        return Transcript() if row is None else _decode_transcript(row[0])

    async def delete(self, owner: str, recording: str, tidy: bool = True) -> None:
        async with self.tables.write() as db:
            await listing.held(db, recording, owner)
            await db.execute(delete(recordings).where(recordings.c.id == recording))
        if tidy:
            with suppress(DiskError):  # it is deleted; the next deletion tidies up after both
                await self.tables.database.tidy(self.tables.write)

    async def count(self, owner: str, day: date, uses: Sequence[Use]) -> None:
        async with self.tables.write() as db:
            await count_uses(db, owner, day, uses)

    async def usage(self, owner: str, since: date | None = None) -> list[tuple[date, Use]]:
        async with self.tables.read() as db:
            return await total_uses(db, owner, since)

    async def unfinished(self) -> list[str]:
        open_states = recordings.c.state.in_(UNFINISHED)
        query = select(recordings.c.id).where(open_states).order_by(recordings.c.created_at)
        async with self.tables.read() as db:
            return [row[0] for row in await db.execute(query)]

    async def check(self) -> None:
        await self.tables.check()

    async def _events(self, recording: str, after: int) -> list[Numbered]:
        query = select(events.c.n, events.c.epoch, events.c.event)
        query = query.where(events.c.recording == recording, events.c.n > after)
        async with self.tables.read() as db:
            rows = await db.execute(query.order_by(events.c.n).limit(BATCH))
            return [Numbered(n, epoch, _decode_event(event)) for n, epoch, event in rows]


def database_at(data_dir: Path, url: str | None) -> Database:
    """Raises `SettingError` where PostgreSQL is asked for and its client is not installed."""
    if url is None:
        return Sqlite(data_dir / FILE)
    try:
        from vivavoce.library.postgres import Postgres  # an extra
    except ModuleNotFoundError as error:
        raise SettingError(
            "database_url: PostgreSQL needs a package: pip install 'vivavoce[postgres]'."
        ) from error
    return Postgres(url)


def _plain(title: str) -> dict[str, str]:
    return {"plain_title": plain(title)}


async def _change(db: AsyncConnection, recording: str, changes: Changes) -> Recording:
    if values := changes.given:
        if "title" in values:
            values |= _plain(values["title"])
        await db.execute(update(recordings).where(recordings.c.id == recording).values(values))
    return await listing.one(db, recording)
