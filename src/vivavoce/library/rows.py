"""A library's rows as text: out of whatever database it is in, and into any other.

What is written is what is there, by the names that the tables have at the schema's revision. So a
library can be written down by a newer version before it is brought up to date, read by one that
is newer still, and go from one kind of database to another. Gzipped JSON lines:

    {"table": "recordings", "columns": ["id", "owner", ...]}
    ["01j...", "local", ...]
"""

import gzip
import zlib
from collections.abc import AsyncGenerator, Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import DiskError, SettingError
from vivavoce.library.database import Tables
from vivavoce.library.recording import UNFINISHED
from vivavoce.library.schema import recordings

BATCH: Final = 500
"""Rows at a time."""


MOMENTARY: Final = ("leases",)
"""Tables about servers that run, and not about what is kept."""


class Header(msgspec.Struct, frozen=True):
    """Rows of this table follow."""

    table: str
    columns: tuple[str, ...]

    @property
    def about(self) -> int | None:
        """The column with the recording that a row is about."""
        name = "id" if self.table == "recordings" else "recording"
        return self.columns.index(name) if name in self.columns else None


class Rows:
    """All rows of one moment, to be written down. `schema` and `states` are known when they are:
    the revision of the schema, and the state of each recording.

    Of the recordings that are still live only those in `live` are written, whose sessions are
    written down too.
    """

    def __init__(self, tables: Tables, live: Collection[str]) -> None:
        self.schema = ""
        self.states: dict[str, str] = {}
        self._tables = tables
        self._live = live

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The file, a piece at a time. Raises `DiskError`, `SettingError`: there is no library."""
        packer = zlib.compressobj(level=1, wbits=31)  # as gzip does
        async with self._tables.read() as db:
            known, self.schema = await db.run_sync(_known, self._tables.database.setting)
            kept = known.tables["recordings"].c
            found = await db.stream(select(kept.id, kept.state).execution_options(yield_per=BATCH))
            self.states = {
                id: state
                async for id, state in found
                if state not in UNFINISHED or id in self._live
            }
            for table in known.sorted_tables:
                if table.name in MOMENTARY:
                    continue
                async for lines in self._lines(db, table):
                    yield packer.compress(lines)
        yield packer.flush()

    async def deleted(self) -> set[str]:
        """Recordings that were written down and are not there any more. Raises `DiskError`."""
        async with self._tables.read() as db:
            return self.states.keys() - set(await db.scalars(select(recordings.c.id)))

    async def _lines(self, db: AsyncConnection, table: Table) -> AsyncGenerator[bytes]:
        columns = [column for column in table.columns if column.computed is None]
        header = Header(str(table.name), tuple(str(column.name) for column in columns))
        yield msgspec.json.encode(header) + b"\n"
        about = header.about
        query = select(*columns).execution_options(yield_per=BATCH)
        async for rows in (await db.stream(query)).partitions():
            wanted = (
                row for row in rows if about is None or row[about] in self.states or not row[about]
            )
            yield b"".join(msgspec.json.encode(tuple(row)) + b"\n" for row in wanted)


async def read_rows(tables: Tables, path: Path, deleted: Collection[str]) -> None:
    """Put rows into tables that are of the same revision and empty, all or nothing; none that is
    about a recording that was `deleted`.

    Raises `DiskError`: it is not what `Rows` wrote.
    """
    async with tables.write() as db:
        known, _ = await db.run_sync(_known, tables.database.setting)
        try:
            for table, header, rows in _batches(path, known):
                about = header.about
                wanted = [
                    dict(zip(header.columns, row, strict=True))
                    for row in rows
                    if about is None or row[about] not in deleted
                ]
                if wanted:
                    await db.execute(insert(table), wanted)
        except (EOFError, gzip.BadGzipFile, msgspec.MsgspecError, KeyError, ValueError) as error:
            raise DiskError(f"{path} is damaged: {error}.") from error


async def count_rows(tables: Tables) -> int:
    """How many rows there are in all; 0 where there are no tables. Raises `DiskError`."""
    async with tables.read() as db:
        found = await db.run_sync(_tables)
        counts = [
            await db.execute(select(func.count()).select_from(t)) for t in found.sorted_tables
        ]
        return sum(count.scalar_one() for count in counts)


def _batches(path: Path, known: MetaData) -> Iterator[tuple[Table, Header, list[list[Any]]]]:
    header = Header("", ())
    rows: list[list[Any]] = []
    with gzip.open(path, "rb") as file:
        for line in file:
            if line.startswith(b"{"):
                if rows:
                    yield known.tables[header.table], header, rows
                header, rows = msgspec.json.decode(line, type=Header), []
                kinds = [known.tables[header.table].c[name].type for name in header.columns]
                continue
            row = msgspec.json.decode(line, type=list[Any])
            rows.append([_value(kind, value) for kind, value in zip(kinds, row, strict=True)])
            if len(rows) == BATCH:
                yield known.tables[header.table], header, rows
                rows = []
    if rows:
        yield known.tables[header.table], header, rows


def _value(kind: Any, value: Any) -> Any:
    if value is not None and isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value is not None and isinstance(kind, Date) else value


def _known(connection: Connection, setting: str) -> tuple[MetaData, str]:
    """The tables as they are there, and of which revision they are."""
    found = _tables(connection)
    if not found.tables:
        raise SettingError(f"{setting}: there is no library.")
    schema: str = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return found, schema


def _tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not _is_beside(name))
    return found


def _is_beside(table: str) -> bool:
    """Whether this is no table of ours: alembic's, or those in which SQLite keeps its index."""
    return table == "alembic_version" or table == "search" or table.startswith("search_")
