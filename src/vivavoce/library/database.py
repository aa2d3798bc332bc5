"""The port to the database of a library, and transactions on it.

Two kinds of database are behind it, a SQLite file (`sqlite.py`) and PostgreSQL (`postgres.py`).
What SQL says alike on both is said in the files of what is kept. There a write reads the rows
that it will change, or whose being there it counts on, with `with_for_update`, and asks for
`alone` where there is no such row: on PostgreSQL others write at the same time, on SQLite whoever
writes is alone anyhow.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Table, TextualSelect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vivavoce.core.errors import DiskError
from vivavoce.library.terms import Phrase

Writing = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""What begins a transaction that writes."""

BUSY: Final = 30
"""Seconds that a writer waits for another."""

_OPTION: Final = "vivavoce_database"


class Database(Protocol):
    """What one kind of database does in its own way."""

    @property
    def where(self) -> str:
        """What messages call it; nothing secret."""
        ...

    @property
    def setting(self) -> str:
        """The setting that says where it is."""
        ...

    @property
    def now(self) -> ColumnElement[float]:
        """Its clock: seconds since 1970."""
        ...

    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """For transactions that only read, which see one state from first to last, and for those
        that write. Both let go of what they have when the first is disposed of."""
        ...

    def reason(self, error: Exception) -> str | None:
        """Why it cannot be used; None: the fault is not the database's."""
        ...

    async def prepare(self) -> None:
        """What has to be before the first transaction. May raise what `reason` knows."""

    async def check(self, db: AsyncConnection) -> None:
        """Return if this transaction can write. May raise what `reason` knows."""

    async def alone(self, db: AsyncConnection, what: str) -> None:
        """Nobody else is alone with this until the end of the transaction."""

    def insert(self, table: Table) -> Any:
        """An insert that can be told what to do where the row is there already."""
        ...

    def hits(self, asked: Sequence[Phrase]) -> TextualSelect:
        """The passages of an owner, not in the bin, that have all that is asked for and an id
        below another, from above. Binds `owner`, `below` and `limit`."""
        ...

    def mentioned(self, asked: Sequence[Phrase]) -> ColumnElement[bool]:
        """Whether a recording of the list has a passage with all that is asked for."""
        ...

    async def tidy(self, writing: Writing) -> None:
        """Overwrite the words of what was deleted, where the search still holds them."""


def known(engine: AsyncEngine, database: Database, **options: Any) -> AsyncEngine:
    """The same engine, whose transactions know their database."""
    return engine.execution_options(**{_OPTION: database}, **options)


def of(db: AsyncConnection) -> Database:
    """The database of a transaction."""
    assert db.sync_connection is not None
    database: Database = db.sync_connection.get_execution_options()[_OPTION]
    return database


class Tables:
    """Transactions on a library's database, for what keeps tables of its own in it.

    The tables must be there and up to date. Both may raise `DiskError`.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._reader, self._writer = database.engines()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with trouble(self.database):
            async with self._reader.begin() as db:
                yield db

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        with trouble(self.database):
            async with self._writer.begin() as db:
                yield db

    async def check(self) -> None:
        """Return when the library can be written."""
        async with self.write() as db:
            await self.database.check(db)

    async def close(self) -> None:
        await self._reader.dispose()


@contextmanager
def trouble(database: Database) -> Iterator[None]:
    """Say what the database says as a `DiskError` that names it."""
    try:
        yield
    except Exception as error:
        if (reason := database.reason(error)) is None:
            raise
        raise DiskError(f"The library {database.where} cannot be used: {reason}.") from error
