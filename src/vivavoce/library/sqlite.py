"""A library in a SQLite file.

Several server processes share the file: the write-ahead log lets readers read while one
writes, and a writer waits its turn.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    String,
    Table,
    TextualSelect,
    event,
    func,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vivavoce.library.database import BUSY, Writing, known
from vivavoce.library.schema import Utc, recordings
from vivavoce.library.search import BLOCK
from vivavoce.library.terms import Phrase

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY * 1000}",
    "PRAGMA foreign_keys = ON",
    # A sealed session's journal is deleted, so its commit must survive a power cut.
    "PRAGMA synchronous = FULL",
    # Deleting deletes: what was said is overwritten, not only unlinked.
    "PRAGMA secure_delete = ON",
)

# `CROSS JOIN` has the index of the search looked at first.
_HITS: Final = """
    SELECT p.id, p.recording, p.utterance, p.start, p."end", p.text, p.starts,
           r.title, r.created_at
    FROM search CROSS JOIN passages AS p ON p.id = search.rowid
    CROSS JOIN recordings AS r ON r.id = p.recording
    WHERE search MATCH :asked AND search.rowid < :below
    AND p.owner = :owner AND r.deleted_at IS NULL
    ORDER BY search.rowid DESC LIMIT :limit
"""

# A recording's passages have ids that lie together, so one of them says which it is.
_MENTIONED: Final = """
    SELECT (SELECT recording FROM passages WHERE id >= found.block << :bits ORDER BY id LIMIT 1)
    AS recording
    FROM (SELECT DISTINCT rowid >> :bits AS block FROM search WHERE search MATCH :asked) AS found
"""

_CHANGES: Final = text("SELECT total_changes()")
_MERGE: Final = text("INSERT INTO search (search, rank) VALUES ('merge', :pages)")
_MERGED: Final = 500
"""Pages of the index that `tidy` writes in one transaction."""


class Sqlite:
    """Implements `Database`."""

    setting = "data_dir"

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def where(self) -> str:
        return str(self.path)

    @property
    def now(self) -> ColumnElement[float]:
        days: ColumnElement[float] = func.julianday("now") - 2440587.5
        return days * 86400.0

    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        url = URL.create("sqlite+aiosqlite", database=str(self.path))
        engine = known(create_async_engine(url), self)
        _prepare(engine)
        return engine, engine.execution_options(vivavoce_writes=True)

    def reason(self, error: Exception) -> str | None:
        if isinstance(error, (IntegrityError, ProgrammingError)):
            return None  # faults of ours, not of the disk
        if isinstance(error, (DatabaseError, sqlite3.Error, OSError)):  # raw: while connecting
            return str(getattr(error, "orig", None) or error)
        return None

    async def prepare(self) -> None:
        await asyncio.to_thread(self._make)

    async def check(self, db: AsyncConnection) -> None:
        pass  # to begin was to take the write lock, which an unwritable file refuses

    async def alone(self, db: AsyncConnection, what: str) -> None:
        pass  # whoever writes is

    def insert(self, table: Table) -> Any:
        return insert(table)

    def hits(self, asked: Sequence[Phrase]) -> TextualSelect:
        return text(_HITS).bindparams(asked=_expression(asked)).columns(created_at=Utc)

    def mentioned(self, asked: Sequence[Phrase]) -> ColumnElement[bool]:
        values = {"asked": _expression(asked), "bits": BLOCK}
        found = text(_MENTIONED).bindparams(**values)
        return recordings.c.id.in_(found.columns(recording=String))

    async def tidy(self, writing: Writing) -> None:
        """The index keeps words in its older parts until these are put together, which is done
        here a little at a time. 5 million words take about a second."""
        pages = -_MERGED  # negative: begin with all there is
        changed = 2
        while changed > 1:
            async with writing() as db:
                before = (await db.execute(_CHANGES)).scalar_one()
                await db.execute(_MERGE, {"pages": pages})
                changed = (await db.execute(_CHANGES)).scalar_one() - before
            if pages < 0:
                pages, changed = _MERGED, 2

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=BUSY)) as raw:
            # A property of the file, so once is enough; it cannot change in a transaction.
            raw.execute("PRAGMA journal_mode = WAL")


def _expression(asked: Sequence[Phrase]) -> str:
    """What was asked for, in the index's words."""
    return " ".join(f'"{" ".join(phrase.terms)}"{"*" * phrase.prefix}' for phrase in asked)


def _prepare(engine: AsyncEngine) -> None:
    """Transactions begin where we say. By default the driver begins one only at the first
    write, so that what was read before it may be stale, and never for a schema change."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that becomes a writer fails at once when somebody wrote in between; who
        # means to write takes the write lock first and waits for it.
        writes = connection.get_execution_options().get("vivavoce_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
