"""How the SQLite file is opened, and what its troubles are called.

Several server processes share the file: the write-ahead log lets readers read while one
writes, and a writer waits its turn.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vivavoce.core.errors import DiskError
from vivavoce.library.terms import plain

BUSY: Final = 30_000
"""Milliseconds that a writer waits for another process's transaction."""

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY}",
    "PRAGMA foreign_keys = ON",
    # A sealed session's journal is deleted, so its commit must survive a power cut.
    "PRAGMA synchronous = FULL",
    # Deleting deletes: what was said is overwritten, not only unlinked.
    "PRAGMA secure_delete = ON",
)


def async_engine(path: Path) -> AsyncEngine:
    """The engine that the repository uses."""
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)))
    _prepare(engine.sync_engine)
    return engine


def sync_engine(path: Path) -> Engine:
    """The same for migrations, which are synchronous."""
    engine = create_engine(URL.create("sqlite", database=str(path)))
    _prepare(engine)
    return engine


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The same engine for transactions that write."""
    return engine.execution_options(vivavoce_writes=True)


class Tables:
    """Transactions on the library's file, for what keeps tables of its own in it.

    The file must be there and up to date. Both may raise `DiskError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = async_engine(path)
        self._writer = writing(self._reader)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with disk_trouble(self.path):
            async with self._reader.begin() as db:
                yield db

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        with disk_trouble(self.path):
            async with self._writer.begin() as db:
                yield db

    async def close(self) -> None:
        await self._reader.dispose()


@contextmanager
def disk_trouble(path: Path) -> Iterator[None]:
    """Say what the database says as a `DiskError` that names the file."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise  # faults of ours, not of the disk
    except (DatabaseError, sqlite3.Error, OSError) as error:  # raw ones: while connecting
        reason = getattr(error, "orig", None) or error
        raise DiskError(f"The library {path} cannot be used: {reason}.") from error


def _prepare(engine: Engine) -> None:
    """Transactions begin where we say. By default the driver begins one only at the first
    write, so that what was read before it may be stale, and never for a schema change."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()
        # Titles are compared as words are: SQLite itself knows no case beyond ASCII.
        connection.create_function("plain", 1, plain, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that becomes a writer fails at once when somebody wrote in between; who
        # means to write takes the write lock first and waits for it.
        writes = connection.get_execution_options().get("vivavoce_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
