"""`vivavoce search`, on a library that a server would have left."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vivavoce.core.events import Final, Numbered
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.sql import SqlRepository


async def filled(data: Path) -> str:
    repository = await SqlRepository.open(data)
    id, at = new_id(), datetime(2026, 11, 20, tzinfo=UTC)
    title = "Über\tden \x1b[31mWald"
    await repository.create(
        Recording(id=id, owner="local", title=title, created_at=at, state="live")
    )
    start = 3725 * 16_000
    final = Final(id="u1", start=start, end=start + 1, text="So it goes", engine="e", model="m")
    await repository.seal(id, [Numbered(1, 1, final)], Changes(state="done"))
    await repository.close()
    return id


def test_what_was_said_is_found(run: Any, tmp_path: Path) -> None:
    id = asyncio.run(filled(tmp_path))
    where = ("--data-dir", str(tmp_path))
    header = "Recording\tTitle\tAt\tSaid\n"
    done = run("search", *where, "GOES", "so")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{header}{id}\tÜber den  [31mWald\t1:02:05\tSo it goes\n"
    assert run("search", *where, '"goes so"').stdout == header
    assert run("search", *where, "--", "-*(").stdout == header


def test_where_there_is_no_library_it_is_said(run: Any, tmp_path: Path) -> None:
    done = run("search", "x", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "There is no library in" in done.stderr
