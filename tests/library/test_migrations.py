"""The tables that migrations make are the tables that the code means."""

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

TABLES = ("principals", "recordings", "events", "transcripts")


def statements(path: Path) -> list[tuple[str, str]]:
    """Every table and index, its SQL without what is only layout and order."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    found = [
        (name, "\n".join(sorted(line.strip(" \t,") for line in sql.splitlines())))
        for name, sql in rows
    ]
    connection.close()
    return sorted(entry for entry in found if entry[0] != "alembic_version")


def test_the_migrations_equal_the_metadata(tmp_path: Path) -> None:
    upgrade(tmp_path / "migrated.db")
    migrated = sync_engine(tmp_path / "migrated.db")
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
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


def test_a_library_of_the_first_version_keeps_all_it_has(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    engine = sync_engine(path).execution_options(vivavoce_writes=True)
    with engine.begin() as connection:
        _run(connection, path, "0001")
    engine.dispose()
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
        assert [new.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES] == before
        assert new.execute("SELECT count(*) FROM uses").fetchone() == (0,)
    assert "totals" in dict(statements(path))
