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

from vivavoce.core.errors import SettingError
from vivavoce.library.database import sync_engine
from vivavoce.library.migrations import _run, upgrade
from vivavoce.library.schema import metadata
from vivavoce.library.sql import FILE, SqlRepository

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


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Not the tables in which SQLite keeps the index of the search."""
    return kind != "table" or not str(name).startswith("search")


def test_the_migrations_equal_the_metadata(tmp_path: Path) -> None:
    upgrade(tmp_path / "migrated.db")
    migrated = sync_engine(tmp_path / "migrated.db")
    with migrated.connect() as connection:
        opts = {"compare_type": True, "include_name": _ours}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    migrated.dispose()
    declared = sync_engine(tmp_path / "declared.db")
    metadata.create_all(declared)
    declared.dispose()
    # Alembic compares no check constraints, so the text of the tables is compared as well.
    assert statements(tmp_path / "migrated.db") == statements(tmp_path / "declared.db")


def test_the_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "50% library?.db"
    upgrade(path)
    before = statements(path)
    upgrade(path)
    assert statements(path) == before


STARTER = "import sys; from pathlib import Path; from vivavoce.library.migrations import upgrade;"


def test_several_processes_may_start_together(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    command = [sys.executable, "-c", f"{STARTER} upgrade(Path(sys.argv[1]))", str(path)]
    together = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate(timeout=120)[1] for process in together] == [b""] * 3
    assert [process.returncode for process in together] == [0] * 3
    assert "transcripts" in dict(statements(path))


def test_a_library_from_the_future_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    upgrade(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(SettingError, match=r"library\.db was written by a newer version"):
        upgrade(path)


def test_a_file_that_is_no_library_is_named(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(SettingError, match=r"data_dir: .*library\.db cannot be used: file is not"):
        upgrade(path)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match=r"data_dir: .*file.library\.db cannot be used"):
        upgrade(tmp_path / "file" / "library.db")


def made_by(path: Path, revision: str) -> None:
    """A library as a version of then left it."""
    engine = sync_engine(path).execution_options(vivavoce_writes=True)
    with engine.begin() as connection:
        _run(connection, path, revision)
    engine.dispose()


def test_a_library_of_the_first_version_keeps_all_it_has(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    made_by(path, "0001")
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
    upgrade(path)
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


@pytest.mark.anyio
async def test_what_was_said_before_there_was_a_search_is_found(tmp_path: Path) -> None:
    path = tmp_path / FILE
    await asyncio.to_thread(made_by, path, "0002")
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
    await library.delete("local", "b" * 26)
    assert [hit.recording[0] for hit in (await library.search("local", "TAG")).items] == ["a"]
    await library.close()
