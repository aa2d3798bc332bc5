"""What is so of a library in a file alone."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from tests.library.test_search import kept
from vivavoce.core.errors import DiskError
from vivavoce.library.sql import FILE, SqlRepository

pytestmark = pytest.mark.anyio


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(tmp_path)
    yield repository
    await repository.close()


async def test_deleting_overwrites_the_words(library: SqlRepository, tmp_path: Path) -> None:
    ids = [await kept(library, f"xyzzy{n} plugh") for n in range(3)]
    await library.delete("local", ids[0], tidy=False)
    await library.delete("local", ids[1])
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (tmp_path / FILE).read_bytes()
    assert [f"xyzzy{n}".encode() in content for n in range(3)] == [False, False, True]


async def test_a_full_disk_is_a_disk_error_that_names_the_library(library: SqlRepository) -> None:
    id = await kept(library, "short")
    before = await library.get("local", id)
    async with library.tables._writer.connect() as connection:
        # The same answer that a full disk gives; the limit is this connection's own.
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(DiskError, match=r"library\.db cannot be used: database or disk is full"):
        await library.rename("local", id, "word " * 100_000)
    assert await library.get("local", id) == before


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


async def test_the_check_notices_a_library_that_is_none(tmp_path: Path) -> None:
    library = await SqlRepository.open(tmp_path)
    await library.check()
    await library.close()
    await anyio.to_thread.run_sync(replace_by_a_folder, tmp_path / FILE)
    with pytest.raises(DiskError, match="unable to open database file"):
        await library.check()
    await library.close()
