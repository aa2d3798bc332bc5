"""What is deleted of recordings after a time: their audio, their text, or both.

A recording that has lost one of them stays in the list: its title, its length, its day. One that
has lost both goes. Times count from when a recording was made. A rule that it was given itself
only makes the time shorter; one that is to be kept has no rules.

What is deleted here is rows. Bytes go before: if a server dies between the two, it is all done
again, and doing it again changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import Deleted
from vivavoce.library import listing
from vivavoce.library.blobs import Blobs
from vivavoce.library.database import Tables
from vivavoce.library.recording import UNFINISHED, Recording, audio_key, folder
from vivavoce.library.schema import (
    diarizations,
    events,
    outbox,
    passages,
    recordings,
    shares,
    summaries,
    transcripts,
)

What = Literal["audio", "text"]

BESIDE: Final = ("session.json", "controls", "peaks")
"""Blobs that are nothing without the audio: what the client asked for, and how loud it is."""

SAID: Final = (events, transcripts, passages, summaries, shares, outbox)
"""Tables that hold what was said, or give it to others."""


class Rules(msgspec.Struct, frozen=True):
    """Days after which every recording loses something; None: never."""

    audio_days: int | None = None
    text_days: int | None = None

    def goes_at(self, recording: Recording, what: What) -> datetime | None:
        """When it goes; None: it stays, or is gone already."""
        if recording.keep or getattr(recording, f"{what}_gone_at") is not None:
            return None
        days: int | None = getattr(self, f"{what}_days")
        own: datetime | None = getattr(recording, f"{what}_until")
        ours = None if days is None else recording.created_at + timedelta(days=days)
        return min((at for at in (ours, own) if at is not None), default=None)


class Due(msgspec.Struct, frozen=True):
    """A recording, and what of it is to go now."""

    owner: str
    recording: str
    audio: bool
    text: bool
    last: bool  # nothing of it is left then
    live: bool  # its session never ended in the library


class Wish(msgspec.Struct, frozen=True):
    """How long a recording is to be kept by its own rule; UNSET: as it was, None: without one."""

    keep: bool | msgspec.UnsetType = msgspec.UNSET
    audio_days: int | msgspec.UnsetType | None = msgspec.UNSET
    text_days: int | msgspec.UnsetType | None = msgspec.UNSET


class Retention:
    """Any number of processes may use the same database. Every method may raise `DiskError`."""

    def __init__(self, tables: Tables, rules: Rules) -> None:
        self.rules = rules
        self._tables = tables

    async def wish(self, owner: str, recording: str, wish: Wish) -> Recording:
        """Give a recording its own rules. Raises `NotFound`."""
        async with self._tables.write() as db:
            row = await listing.one(db, recording, owner)
            if values := dict(_wished(row, wish)):
                await db.execute(_this(recording).values(values))
            return await listing.one(db, recording)

    async def due(self, now: datetime, limit: int, after: str = "") -> list[Due]:
        """Recordings that are to lose something, in the order of their ids, from above `after`."""
        c = recordings.c
        audio, text = (self._due(now, what) for what in ("audio", "text"))
        # Whoever is told apart is heard first.
        heard = diarizations.c.state.in_(("waiting", "running"))
        busy = c.id.in_(select(diarizations.c.recording).where(heard))
        columns = c.id, c.owner, c.state, c.audio_gone_at, c.text_gone_at
        query = (
            select(*columns, (audio & ~busy).label("audio"), text.label("text"))
            .where(c.id > after, c.keep.is_(False), or_(audio & ~busy, text))
            .order_by(c.id)
            .limit(limit)
        )
        async with self._tables.read() as db:
            return [_due(row) for row in await db.execute(query)]

    async def lose_audio(self, recording: str, at: datetime) -> bool:
        """Note that its audio is gone. False: it was noted, or the recording is gone."""
        async with self._tables.write() as db:
            return await _note(db, recording, audio_gone_at=at)

    async def lose_text(self, recording: str, at: datetime) -> bool:
        """Delete what was said in it, all or nothing. False: it was gone already."""
        async with self._tables.write() as db:
            noted = await _note(db, recording, text_gone_at=at, preview="", speakers=())
            for table in SAID:
                await db.execute(delete(table).where(table.c.recording == recording))
        if noted:
            await self._tables.database.tidy(self._tables.write)
        return noted

    def _due(self, now: datetime, what: What) -> ColumnElement[bool]:
        days: int | None = getattr(self.rules, f"{what}_days")
        ours: ColumnElement[bool] = false()
        if days is not None:
            ours = recordings.c.created_at <= now - timedelta(days=days)
        own = recordings.c[f"{what}_until"] <= now
        # A comparison with nothing is neither true nor false.
        own = recordings.c[f"{what}_until"].is_not(None) & own
        return recordings.c[f"{what}_gone_at"].is_(None) & or_(ours, own)


async def delete_audio(blobs: Blobs, recording: str) -> None:
    """Delete a recording's audio and what is nothing without it. Raises `DiskError`."""
    for key in (audio_key(recording), *(f"{folder(recording)}{name}" for name in BESIDE)):
        await blobs.remove(key)


def check_text(recording: Recording) -> None:
    """Raises `Deleted` where a rule has deleted its text."""
    if (at := recording.text_gone_at) is not None:
        raise Deleted(f"The text of the recording {recording.id} was deleted on {at:%Y-%m-%d}.")


def check_audio(recording: Recording) -> None:
    """Raises `Deleted` where a rule has deleted its audio."""
    if (at := recording.audio_gone_at) is not None:
        raise Deleted(f"The audio of the recording {recording.id} was deleted on {at:%Y-%m-%d}.")


async def _note(db: AsyncConnection, recording: str, **values: Any) -> bool:
    (gone, *_) = values
    there = recordings.c.id == recording, recordings.c[gone].is_(None)
    done = await db.execute(update(recordings).where(*there).values(values))
    return bool(done.rowcount)


def _this(recording: str) -> Any:
    return update(recordings).where(recordings.c.id == recording)


def _wished(row: Recording, wish: Wish) -> Iterator[tuple[str, Any]]:
    if wish.keep is not msgspec.UNSET:
        yield "keep", wish.keep
    for name, days in (("audio_until", wish.audio_days), ("text_until", wish.text_days)):
        if days is not msgspec.UNSET:
            yield name, until(row.created_at, days)


def until(created_at: datetime, days: int | None) -> datetime | None:
    """The own rule of a recording, from the days that somebody asks for."""
    return None if days is None else created_at + timedelta(days=days)


def _due(row: Any) -> Due:
    audio, text = bool(row.audio), bool(row.text)
    last = (audio or row.audio_gone_at is not None) and (text or row.text_gone_at is not None)
    live = row.state in UNFINISHED
    return Due(row.owner, row.id, audio, text, last, live)
