"""The tables that migrations make are the tables that the code means."""

import asyncio
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from vivavoce.core.errors import SettingError
from vivavoce.library.database import Tables
from vivavoce.library.found import Wanted
from vivavoce.library.migrations import upgrade
from vivavoce.library.postgres import Postgres
from vivavoce.library.schema import metadata
from vivavoce.library.sql import FILE, SqlRepository
from vivavoce.library.sqlite import Sqlite
from vivavoce.testing.postgres import PostgresServer

pytestmark = pytest.mark.anyio
TABLES = ("principals", "recordings", "events", "transcripts")


def statements(path: Path) -> list[tuple[str, str]]:
    """Every table, index and trigger, its SQL without what is only layout and order."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    found = [
        (name, "\n".join(sorted(filter(None, (p.strip(" \t()") for p in re.split(r"[,\n]", sql))))))
        for name, sql in rows
    ]
    connection.close()
    return sorted(entry for entry in found if entry[0] != "alembic_version")


def _ours(name: str | None, _kind: str, _parents: object) -> bool:
    """Not where the index of the search is kept."""
    return not str(name).removeprefix("ix_passages_").startswith("search")


def differences(connection: Connection) -> object:
    opts = {"compare_type": True, "include_name": _ours}
    return compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)


async def declared(tables: Tables) -> None:
    """Make them as the code means them."""
    async with tables.write() as db:
        await db.run_sync(metadata.create_all)


async def test_the_migrations_equal_the_metadata(tmp_path: Path, library: SqlRepository) -> None:
    async with library.tables.read() as db:
        assert await db.run_sync(differences) == []


async def test_a_file_has_the_same_made_either_way(tmp_path: Path) -> None:
    await upgrade(Sqlite(tmp_path / "migrated.db"))
    tables = Tables(Sqlite(tmp_path / "declared.db"))
    await declared(tables)
    await tables.close()
    # Alembic compares no check constraints, so the text of the tables is compared as well.
    assert statements(tmp_path / "migrated.db") == statements(tmp_path / "declared.db")


async def test_postgresql_has_the_same_made_either_way(postgres: PostgresServer) -> None:
    migrated, made = postgres.database(), "declared"
    postgres.sql(f"CREATE DATABASE {made}")
    tables = Tables(Postgres(postgres.url(made)))
    await declared(tables)
    await tables.close()
    postgres.sql("DROP TABLE alembic_version", migrated)
    try:
        assert postgres.dump(migrated) == postgres.dump(made)
    finally:
        postgres.drop(migrated)
        postgres.drop(made)


async def test_the_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "50% library?.db"
    await upgrade(Sqlite(path))
    before = statements(path)
    await upgrade(Sqlite(path))
    assert statements(path) == before


STARTER = """import asyncio, sys; from pathlib import Path
from vivavoce.library.sql import SqlRepository
asyncio.run(SqlRepository.open(Path(sys.argv[1]), *sys.argv[2:]))"""


async def start_together(*where: str) -> None:
    """Three processes that open the same library, which is not there yet."""
    command = [sys.executable, "-c", STARTER, *where]
    together = [
        await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE) for _ in range(3)
    ]
    assert [(await process.communicate())[1] for process in together] == [b""] * 3
    assert [process.returncode for process in together] == [0] * 3


async def test_several_processes_may_start_together(tmp_path: Path) -> None:
    await start_together(str(tmp_path))
    assert "transcripts" in dict(statements(tmp_path / FILE))


async def test_so_may_they_in_postgresql(postgres: PostgresServer, tmp_path: Path) -> None:
    postgres.sql("CREATE DATABASE together")
    try:
        await start_together(str(tmp_path), postgres.url("together"))
        assert postgres.sql("SELECT count(*) FROM transcripts", "together") == "0"
    finally:
        postgres.drop("together")


async def test_a_library_from_the_future_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    await upgrade(Sqlite(path))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(SettingError, match=r"library\.db was written by a newer version"):
        await upgrade(Sqlite(path))


async def test_a_file_that_is_no_library_is_named(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(SettingError, match=r"data_dir: .*library\.db cannot be used: file is not"):
        await upgrade(Sqlite(path))


async def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match=r"data_dir: .*file.library\.db cannot be used"):
        await upgrade(Sqlite(tmp_path / "file" / "library.db"))


async def test_a_library_of_the_first_version_keeps_all_it_has(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    await upgrade(Sqlite(path), "0001")
    assert "totals" not in dict(statements(path))
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("INSERT INTO principals VALUES ('local', 'local', '2026-11-01 00:00:00')")
        old.execute(
            "INSERT INTO recordings VALUES ('r', 'local', 'A talk', '2026-11-01 00:00:00', 'done',"
            " NULL, 1.5, 'en', 'e', 'm', 'audio/wav', 9, 'hello')"
        )
        old.execute("INSERT INTO events VALUES ('r', 1, 1, 'local', '{}')")
        old.execute("INSERT INTO transcripts VALUES ('r', 'local', 'hello', '{}')")
        before = [old.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES]
    await upgrade(Sqlite(path))
    with closing(sqlite3.connect(path)) as new:
        after = [new.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES]
        widths = [len(rows[0]) for rows in before]
        kept = [[row[:n] for row in rows] for rows, n in zip(after, widths, strict=True)]
        assert kept == before
        assert new.execute("SELECT count(*) FROM uses").fetchone() == (0,)
    assert "totals" in dict(statements(path))


SAID = """{"utterances": [{"id": "u1", "start": 16000, "end": 48000, "text": "Guten Tag, Zürich",
"engine": "e", "model": "m", "speaker": "S1"}], "markers": [], "gaps": [], "language": "de",
"title": null, "duration": 48000, "ended": "finished"}"""
FILE_BEGAN = (
    '{"type": "started", "session": "b", "engine": "e", "format": {"encoding": "container"}}'
)
MICROPHONE_BEGAN = '{"type": "started", "session": "a", "engine": "e", "format": {}}'


async def test_what_was_said_before_there_was_a_search_is_found(tmp_path: Path) -> None:
    path = tmp_path / FILE
    await upgrade(Sqlite(path), "0002")
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("INSERT INTO principals VALUES ('local', 'local', '2026-11-01 00:00:00')")
        for id, state, began in (
            ("a", "done", MICROPHONE_BEGAN),
            ("b", "done", FILE_BEGAN),
            ("c", "live", None),
        ):
            old.execute(
                "INSERT INTO recordings VALUES (?, 'local', 'Talk', ?, ?, NULL, 3, 'de', 'e',"
                " 'm', 'audio/wav', 9, 'Guten')",
                (id * 26, f"2026-11-01 00:00:0{ord(id) - 96}", state),
            )
            if began:
                row = id * 26, 1, 1, "local", began
                old.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)
                text = id * 26, "local", "Guten Tag, Zürich", SAID
                old.execute("INSERT INTO transcripts VALUES (?, ?, ?, ?)", text)
    library = await SqlRepository.open(tmp_path)
    hits = (await library.search("local", "zurich")).items
    assert [(hit.recording[0], hit.start) for hit in hits] == [("b", 1.0), ("a", 1.0)]
    assert (await library.search("somebody else", "zurich")).items == ()
    rows = (await library.page("local")).items
    told = [(row.id[0], row.mode, row.words, row.speakers, row.diarization) for row in rows]
    assert told == [
        ("c", "live", 0, (), False),
        ("b", "upload", 3, ("S1",), True),
        ("a", "live", 3, ("S1",), True),
    ]
    assert len((await library.page("local", wanted=Wanted(q="TÁLK"))).items) == 3
    await library.delete("local", "b" * 26)
    assert [hit.recording[0] for hit in (await library.search("local", "TAG")).items] == ["a"]
    await library.close()
