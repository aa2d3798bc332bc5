"""Which server has which live session: a row for each, until the session is in the library.

A lease lapses `LASTS` seconds after it was last renewed, by the database's own clock, so no two
servers' clocks are compared. Beside it lies what another server has to know to go on with the
session: its header, and on which volume its journal is.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, delete, select, update

from vivavoce.core.errors import Held
from vivavoce.library.database import Tables, of
from vivavoce.library.schema import leases

LASTS: Final = 5.0
"""Seconds for which a server that says nothing keeps a session."""

RENEW_EVERY: Final = 1.0  # seconds

_TAKING: Final = "+"
"""After the holder's name while it does not have the journal yet."""


class Lease(msgspec.Struct, frozen=True):
    """Of one session. `header` is what its journal begins with, as JSON."""

    session: str
    holder: str  # empty: nobody
    volume: str
    header: str
    lapsed: bool = False
    taken: bool = False  # it is about to be opened, on `volume` or on another


class Leases:
    """As one server process, `holder`, sees them. Every method may raise `DiskError`."""

    def __init__(self, tables: Tables, holder: str) -> None:
        self._tables = tables
        self.holder = holder

    async def find(self, session: str) -> Lease | None:
        """None: it is not live anywhere."""
        async with self._tables.read() as db:
            query = select(
                leases.c.holder,
                leases.c.volume,
                leases.c.header,
                (leases.c.until <= of(db).now).label("lapsed"),
            )
            row = (await db.execute(query.where(leases.c.session == session))).first()
            if row is None:
                return None
            holder = row.holder.removesuffix(_TAKING)
            return Lease(
                session,
                holder,
                row.volume,
                row.header,
                lapsed=bool(row.lapsed),
                taken=holder != row.holder,
            )

    async def hold(self, session: str, volume: str, header: str) -> None:
        """Whose journal it opened has it, whatever the lease said."""
        async with self._tables.write() as db:
            add = of(db).insert(leases)
            values = {"holder": self.holder, "volume": volume, "until": of(db).now + LASTS}
            add = add.on_conflict_do_update(index_elements=[leases.c.session], set_=values)
            await db.execute(add.values(session=session, header=header, **values))

    async def take(self, session: str) -> None:
        """Have it, where nobody has, to open its journal or to make it anew: nobody else does
        either meanwhile. Raises `Held`."""
        async with self._tables.write() as db:
            free = leases.c.session == session, leases.c.until <= of(db).now
            change = update(leases).where(*free)
            taken = change.values(holder=self.holder + _TAKING, until=of(db).now + LASTS)
            if not (await db.execute(taken.returning(leases.c.session))).first():
                raise _held(session)

    async def keep(self, session: str, volume: str) -> None:
        """Hold what was taken, now that it is open. Raises `Held` where that took too long, and
        another has it."""
        async with self._tables.write() as db:
            taken = leases.c.session == session, leases.c.holder == self.holder + _TAKING
            values = {"holder": self.holder, "volume": volume, "until": of(db).now + LASTS}
            kept = update(leases).where(*taken).values(**values)
            if not (await db.execute(kept.returning(leases.c.session))).first():
                raise _held(session)

    async def renew(self) -> set[str]:
        """All that are held by this process still; they are now for another while, as are those
        that it is about to open."""
        async with self._tables.write() as db:
            own = update(leases).where(self._own)
            rows = await db.execute(
                own.values(until=of(db).now + LASTS).returning(leases.c.session)
            )
            return {row[0] for row in rows}

    async def free(self, session: str) -> None:
        """Whoever wants it may have it, if it is held by this process still."""
        async with self._tables.write() as db:
            own = leases.c.session == session, self._own
            await db.execute(update(leases).where(*own).values(holder="", until=of(db).now))

    async def end(self, session: str) -> None:
        """It is live no more."""
        async with self._tables.write() as db:
            await db.execute(delete(leases).where(leases.c.session == session))

    async def lapsed(self, seconds: float) -> list[str]:
        """Sessions that nobody has had for so long."""
        async with self._tables.read() as db:
            left = leases.c.until <= of(db).now - seconds
            return [row[0] for row in await db.execute(select(leases.c.session).where(left))]

    async def live(self, sessions: Iterable[str]) -> set[str]:
        """Which of these some server has, or had when it died."""
        wanted = list(sessions)
        async with self._tables.read() as db:
            query = select(leases.c.session).where(leases.c.session.in_(wanted))
            return {row[0] for row in await db.execute(query)}

    @property
    def _own(self) -> ColumnElement[bool]:
        return leases.c.holder.in_((self.holder, self.holder + _TAKING))


def _held(session: str) -> Held:
    return Held(f"Another server has the session {session}; try again.")
