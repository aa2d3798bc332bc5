"""`vivavoce audit`, with the embedded engine, beside a running server."""

import asyncio
import re
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vivavoce.client import Recordings, connect
from vivavoce.testing.process import ServerProcess


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Any:
    process = ServerProcess(tmp_path_factory.mktemp("audited"), finals="tiny")
    process.start()
    yield process
    process.stop()


async def upload(server: ServerProcess, clip: Path) -> str:
    async with Recordings(server.url) as recordings:
        return (await recordings.upload(clip, wait=True)).id


def spoil(server: ServerProcess, id: str) -> None:
    """As if live transcription had left a word out and made one up."""
    with sqlite3.connect(server.data_dir / "library.db") as library:
        rows = library.execute("SELECT n, event FROM events WHERE recording = ?", (id,)).fetchall()
        for n, event in rows:
            said = msgspec.json.decode(event)
            if said["type"] in ("final", "revised"):
                words = said["text"].split()
                said["text"] = " ".join([words[0], *words[2:], "indeed"])
                said["words"] = []
                library.execute(
                    "UPDATE events SET event = ? WHERE recording = ? AND n = ?",
                    (msgspec.json.encode(said).decode(), id, n),
                )
    library.close()


def test_words_lost_and_made_up_are_told_with_their_times(
    run: Any, audited: ServerProcess, clip: Path
) -> None:
    where = ("--data-dir", str(audited.data_dir))
    good = asyncio.run(upload(audited, clip))
    done = run("audit", good, *where)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 changed, 0 lost, 0 invented (0.0% lost, 0.0% invented of 14 words)" in done.stdout
    assert "Two readings by the same model" in done.stdout

    spoil(audited, good)
    done = run("audit", "--all", *where)
    assert done.returncode == 0
    assert re.search(
        r"^ *0:0\d\.\d  Produced \[-the-\] block books, which", done.stdout, re.MULTILINE
    )
    assert "{+indeed+}" in done.stdout
    assert "13 the same, 0 changed, 1 lost, 1 invented (7.1% lost, 7.1% invented" in done.stdout

    later = run("audit", "--all", "--since", "2999-01-01", *where)
    assert (later.returncode, later.stdout) == (0, "")
    assert later.stderr == "There is no recording to audit.\n"


async def live(server: ServerProcess, run: Any) -> Any:
    async with connect(server.url) as session:
        await session.send(bytes(3200))
        named = ("audit", session.id, "--data-dir", str(server.data_dir))
        return await asyncio.to_thread(run, *named)


def test_a_live_one_is_refused(run: Any, audited: ServerProcess) -> None:
    done = asyncio.run(live(audited, run))
    assert (done.returncode, done.stdout) == (1, "")
    assert "is still live; audit it when it has ended." in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["x", "--all"], ["x", "--since", "2026-01-01"]])
def test_what_is_meant_must_be_said(run: Any, arguments: list[str]) -> None:
    done = run("audit", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("vivavoce: ")
    assert "--all" in done.stderr
