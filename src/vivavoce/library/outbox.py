"""What is to be sent to others and was not taken yet, so that it outlives the server.

A parcel that is being sent is due again a while later: if nobody says how it went, because the
server was killed, it is sent once more. So each arrives at least once, and may arrive twice.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Update, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.database import Tables, of
from vivavoce.library.listing import one, there
from vivavoce.library.owners import make_known
from vivavoce.library.schema import outbox, webhooks

Channel = Literal["email", "webhook"]
State = Literal["waiting", "sent", "failed"]

LEASE: Final = timedelta(minutes=3)
"""How long a sender has for one attempt; more than any takes."""

WAITING: Final = 1000
"""Parcels that may wait for one address; what comes when so many do is dropped."""

LISTED: Final = 100
"""Parcels that a list has at most, the newest ones."""


class TooOften(PeerError):
    """More than may be sent in an hour."""

    code, status, retryable = "too_often", 429, True


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One thing for one address. Times are aware, UTC."""

    id: str
    owner: str
    channel: Channel
    address: str  # of an e-mail's reader, or a webhook's URL
    kind: str  # an event's name; empty for an e-mail
    body: str  # JSON, for the channel alone; empty once it is sent or given up
    created_at: datetime
    due_at: datetime
    recording: str | None = None  # that it is about; deleted with it
    webhook: str | None = None  # that it is for; deleted with it
    state: State = "waiting"
    attempts: int = 0
    message: str | None = None  # why the last attempt came to nothing


class Outbox:
    """Any number of processes may use the same database. Every method may raise `DiskError`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, parcels: Sequence[Parcel], *, gather: bool = False) -> int:
        """Keep them, and say how many. Left out are those whose id is there already, whose
        recording or webhook is not, for whose address too many wait; with `gather` also those
        like one that waits and was not tried yet."""
        added = 0
        async with self._tables.write() as db:
            there_still = [parcel for parcel in parcels if await _about(db, parcel)]
            await of(db).alone(db, "outbox")
            for parcel in there_still:
                if await _wanted(db, parcel, gather):
                    await make_known(db, parcel.owner)
                    row = of(db).insert(outbox).values(msgspec.structs.asdict(parcel))
                    added += (await db.execute(row.on_conflict_do_nothing())).rowcount
        return added

    async def waiting(self, channel: Channel) -> int:
        """How many are still to be taken."""
        waits = outbox.c.channel == channel, outbox.c.state == "waiting"
        async with self._tables.read() as db:
            return (await db.execute(select(func.count()).where(*waits))).scalar_one()

    async def full(self, channel: Channel, address: str) -> bool:
        """Whether as many wait for an address as may."""
        async with self._tables.read() as db:
            return await _full(db, channel, address)

    async def limit(self, owner: str, channel: Channel, most: int, now: datetime) -> None:
        """Raises `TooOften` when the last hour brought `most` of this owner."""
        since = now - timedelta(hours=1)
        found = select(func.count()).where(
            outbox.c.owner == owner, outbox.c.channel == channel, outbox.c.created_at > since
        )
        async with self._tables.read() as db:
            if (await db.execute(found)).scalar_one() >= most:
                raise TooOften(f"This server sends {most} e-mails an hour; try again later.")

    async def due(self, channel: Channel, busy: Collection[str]) -> datetime | None:
        """When the next is, of those that are for no `busy` address; None: there is none."""
        next_one = select(func.min(outbox.c.due_at)).where(*_open(channel, busy))
        async with self._tables.read() as db:
            return (await db.execute(next_one)).scalar_one()

    async def claim(self, channel: Channel, busy: Collection[str], now: datetime) -> Parcel | None:
        """One that is due, the longest first; nobody else gets it for `LEASE`."""
        longest = (
            select(outbox)
            .where(*_open(channel, busy), outbox.c.due_at <= now)
            .order_by(outbox.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self._tables.write() as db:
            if (row := (await db.execute(longest)).first()) is None:
                return None
            parcel = _parcel(row)
            change = {"due_at": now + LEASE, "attempts": parcel.attempts + 1, "message": None}
            await db.execute(_of(parcel).values(change))
        return msgspec.structs.replace(parcel, **change)

    async def sent(self, parcel: Parcel) -> None:
        """It was taken."""
        await self._change(parcel, state="sent", message=None, body="")

    async def failed(self, parcel: Parcel, message: str) -> None:
        """It is given up."""
        await self._change(parcel, state="failed", message=message, body="")

    async def again(self, parcel: Parcel, message: str, at: datetime) -> None:
        """It was not taken, and is tried once more."""
        await self._change(parcel, message=message, due_at=at)

    async def get(self, owner: str, parcel: str) -> Parcel:
        """One of them. Raises `NotFound`."""
        query = select(outbox).where(outbox.c.owner == owner, outbox.c.id == parcel)
        async with self._tables.read() as db:
            if (row := (await db.execute(query)).first()) is None:
                raise NotFound(f"There is no message {parcel}.")
            return _parcel(row)

    async def of_recording(self, owner: str, recording: str, channel: Channel) -> list[Parcel]:
        """What was to be sent about a recording, the newest first."""
        own = outbox.c.recording == recording, outbox.c.channel == channel
        return await self._list(owner, *own)

    async def of_webhook(self, owner: str, webhook: str) -> list[Parcel]:
        """What was to be told to a webhook, the newest first."""
        return await self._list(owner, outbox.c.webhook == webhook)

    async def forget(self, before: datetime) -> None:
        """Delete what was sent or given up and is older."""
        old = outbox.c.state != "waiting", outbox.c.created_at < before
        async with self._tables.write() as db:
            await db.execute(delete(outbox).where(*old))

    async def _list(self, owner: str, *where: ColumnElement[bool]) -> list[Parcel]:
        query = select(outbox).where(outbox.c.owner == owner, *where)
        newest = outbox.c.created_at.desc(), outbox.c.id.desc()
        async with self._tables.read() as db:
            rows = await db.execute(query.order_by(*newest).limit(LISTED))
            return [_parcel(row) for row in rows]

    async def _change(self, parcel: Parcel, **values: Any) -> None:
        async with self._tables.write() as db:
            await db.execute(_of(parcel).values(values))


async def _about(db: AsyncConnection, parcel: Parcel) -> bool:
    """Whether what it is about, and what it is for, was not deleted meanwhile, nor is until the
    end of the transaction."""
    if parcel.recording is not None:
        if not await there(db, parcel.recording):
            return False
        # What an e-mail quotes may be deleted since; a webhook is told no words.
        if parcel.channel == "email" and (await one(db, parcel.recording)).text_gone_at:
            return False
    if parcel.webhook is None:
        return True
    query = select(webhooks.c.id).where(webhooks.c.id == parcel.webhook)
    held = await db.execute(query.with_for_update(read=True, key_share=True))
    return held.first() is not None


async def _wanted(db: AsyncConnection, parcel: Parcel, gather: bool) -> bool:
    if await _full(db, parcel.channel, parcel.address):
        return False
    if not gather:
        return True
    alike = (
        outbox.c.webhook == parcel.webhook,
        outbox.c.recording == parcel.recording,
        outbox.c.kind == parcel.kind,
        outbox.c.attempts == 0,
    )
    waiting = _waiting(parcel.channel, parcel.address)
    return not (await db.execute(waiting.where(*alike))).scalar_one()


async def _full(db: AsyncConnection, channel: Channel, address: str) -> bool:
    return (await db.execute(_waiting(channel, address))).scalar_one() >= WAITING


def _waiting(channel: Channel, address: str) -> Select[int]:
    """How many do."""
    there = outbox.c.channel == channel, outbox.c.address == address
    return select(func.count()).where(*there, outbox.c.state == "waiting")


def _open(channel: Channel, busy: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    waiting = outbox.c.channel == channel, outbox.c.state == "waiting"
    return (*waiting, outbox.c.address.not_in(busy)) if busy else waiting


def _of(parcel: Parcel) -> Update:
    return update(outbox).where(outbox.c.id == parcel.id)


def _parcel(row: Row[Any]) -> Parcel:
    return Parcel(**row._mapping)
