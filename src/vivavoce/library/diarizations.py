"""Who is to be told apart in which recordings, and how far that is: a queue that lasts.

A recording has one entry at most, and it goes with the recording. What waits is taken when the
recording has ended; what was under way when a server stopped waits again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Row, Update, func, select, update

from vivavoce.core.errors import Full, NotFound
from vivavoce.library.database import Tables, of
from vivavoce.library.listing import there
from vivavoce.library.schema import diarizations, recordings

State = Literal["waiting", "running", "done", "failed", "cancelled"]

MOST: Final = 500
"""Recordings that wait; one more is refused."""

ENDED: Final = ("done", "failed")
"""States of a recording whose audio is all there."""


class Diarization(msgspec.Struct, frozen=True, kw_only=True):
    """One recording's. `speakers`: how many there are, if somebody knows. `asked`: by a person,
    of a recording as it is, and not when it was begun."""

    recording: str
    owner: str
    state: State
    speakers: int | None
    asked: bool
    asked_at: datetime  # aware, UTC
    attempts: int = 0
    progress: float = 0.0  # 0 ... 1
    seconds_left: float | None = None
    message: str | None = None  # one sentence


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; what is `UNSET` stays as it is."""

    state: State | UnsetType = UNSET
    progress: float | UnsetType = UNSET
    seconds_left: float | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET


class Diarizations:
    """Every method may raise `DiskError`, which names the library."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def ask(
        self, owner: str, recording: str, speakers: int | None, *, asked: bool
    ) -> Diarization:
        """Let it wait, again if it was done. Raises `NotFound`, `Full`."""
        entry = Diarization(
            recording=recording,
            owner=owner,
            state="waiting",
            speakers=speakers,
            asked=asked,
            asked_at=datetime.now(UTC),
        )
        waiting = select(func.count()).where(diarizations.c.state == "waiting")
        values = msgspec.structs.asdict(entry)
        async with self._tables.write() as db:
            if not await there(db, recording, owner):
                raise NotFound(f"There is no recording {recording}.")
            await of(db).alone(db, "diarizations")
            if (await db.execute(waiting)).scalar_one() >= MOST:
                raise Full(f"{MOST} recordings wait for their speakers already; try later.")
            adding = of(db).insert(diarizations).values(values)
            key = diarizations.primary_key.columns
            await db.execute(adding.on_conflict_do_update(index_elements=key, set_=values))
        return entry

    async def get(self, owner: str, recording: str) -> Diarization | None:
        """None: nobody has asked."""
        query = select(diarizations).where(
            diarizations.c.owner == owner, diarizations.c.recording == recording
        )
        async with self._tables.read() as db:
            row = (await db.execute(query)).first()
        return None if row is None else _entry(row)

    async def waiting(self) -> int:
        """How many recordings wait."""
        query = select(func.count()).where(diarizations.c.state == "waiting")
        async with self._tables.read() as db:
            return (await db.execute(query)).scalar_one()

    async def pending(self) -> bool:
        """Whether there is something to be done, or was left half done."""
        ready = (diarizations.c.state == "waiting") & recordings.c.state.in_(ENDED)
        query = select(diarizations.c.recording).join(recordings)
        query = query.where(ready | (diarizations.c.state == "running")).limit(1)
        async with self._tables.read() as db:
            return (await db.execute(query)).first() is not None

    async def take(self) -> Diarization | None:
        """The next whose recording has ended, now running; None: nothing is to be done."""
        ready = diarizations.c.state == "waiting", recordings.c.state.in_(ENDED)
        query = select(diarizations).join(recordings).where(*ready)
        first = query.order_by(diarizations.c.asked_at, diarizations.c.recording).limit(1)
        first = first.with_for_update(of=diarizations, skip_locked=True)
        if not await self.pending():  # to look costs nobody a lock
            return None
        async with self._tables.write() as db:
            if (row := (await db.execute(first)).first()) is None:
                return None
            entry = msgspec.structs.replace(
                _entry(row), state="running", attempts=row.attempts + 1, progress=0.0
            )
            change = msgspec.structs.asdict(entry)
            await db.execute(_of(entry.recording).values(change))
        return entry

    async def step(self, entry: Diarization, step: Step) -> bool:
        """Write it down, if `entry` still runs. False: it was cancelled, asked for anew, or
        deleted."""
        values = {k: v for k, v in msgspec.structs.asdict(step).items() if v is not UNSET}
        same = diarizations.c.state == "running", diarizations.c.asked_at == entry.asked_at
        async with self._tables.write() as db:
            done = await db.execute(_of(entry.recording).where(*same).values(values))
            return bool(done.rowcount)

    async def cancel(self, owner: str, recording: str) -> None:
        """Of one that waits or runs; what is over stays as it is."""
        open_ = diarizations.c.owner == owner, diarizations.c.state.in_(("waiting", "running"))
        async with self._tables.write() as db:
            await db.execute(
                _of(recording).where(*open_).values(state="cancelled", seconds_left=None)
            )

    async def again(self, most: int) -> Sequence[str]:
        """Whoever may run them runs none now: what was under way waits again, or, after so many
        attempts, has failed. Returns those that failed."""
        running = diarizations.c.state == "running"
        spent = select(diarizations.c.recording).where(running, diarizations.c.attempts >= most)
        async with self._tables.write() as db:
            await of(db).alone(db, "diarizations")
            failed = [row.recording for row in await db.execute(spent)]
            why = "It was interrupted too often."
            over = update(diarizations).where(diarizations.c.recording.in_(failed))
            await db.execute(over.values(state="failed", message=why, seconds_left=None))
            await db.execute(
                update(diarizations).where(running).values(state="waiting", seconds_left=None)
            )
        return failed


def _of(recording: str) -> Update:
    return update(diarizations).where(diarizations.c.recording == recording)


def _entry(row: Row[tuple[object, ...]]) -> Diarization:
    return Diarization(**row._mapping)
