"""A backup of a server that is at work, by the commands as people run them, killed in between."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.lowlevel import checkpoint

from tests.server.conftest import wav
from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.library.manifest import FolderSource, read_manifest
from vivavoce.live.restore import MARK
from vivavoce.testing.buckets import S3Server
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

SCRIPTED: dict[str, Any] = {"engine": "scripted", "hosts": 1, "max_sessions": 8, "grace_s": 600}
LIMIT = 280.0  # seconds; only for what hangs


def begin(data_dir: Path, *args: str, **settings: str) -> "subprocess.Popen[str]":
    """`vivavoce`, begun."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_")}
    kept |= {f"VIVAVOCE_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "vivavoce", *args, "--data-dir", str(data_dir)],
        cwd=data_dir.parent,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def run(data_dir: Path, *args: str, **settings: str) -> tuple[int | None, str]:
    """The exit code, and all that was said."""
    process = await asyncio.to_thread(begin, data_dir, *args, **settings)
    out, err = await asyncio.to_thread(process.communicate, timeout=LIMIT)
    assert "Traceback" not in err, err
    return process.returncode, out + err


async def killed_when(process: "subprocess.Popen[str]", seen: Callable[[], bool]) -> bool:
    """Kill it in the middle; False: it was through before."""
    while process.poll() is None and not seen():
        await checkpoint()
    process.kill()
    await asyncio.to_thread(process.communicate)
    return process.returncode != 0


@asynccontextmanager
async def load(http: httpx2.AsyncClient) -> AsyncIterator[list[str]]:
    """Uploads, edits and deletions without a pause."""
    made: list[str] = []

    async def work() -> None:
        turn = 0
        while True:
            turn += 1
            talk = wav(say(*WORDS[turn % 20 : turn % 20 + 3]))
            answer = await http.post("/recordings", params={"wait": "true"}, content=talk)
            id = answer.json()["id"]
            if turn % 3:
                edit = {"edits": [{"utterance": "u1", "text": f"turn {turn}", "base_revision": 0}]}
                await http.post(f"/recordings/{id}/edits", json=edit)
                made.append(id)
            else:
                await http.delete(f"/recordings/{id}")

    task = asyncio.create_task(work())
    try:
        yield made
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def api(server: ServerProcess) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"{server.url}api/v1", timeout=240, trust_env=False)


async def everything(http: httpx2.AsyncClient, ids: list[str]) -> list[Any]:
    """All that can be read of some recordings."""
    found: list[Any] = []
    for id in ids:
        row = (await http.get(f"/recordings/{id}")).json()
        text = (await http.get(f"/recordings/{id}/transcript")).text
        audio = (await http.get(f"/recordings/{id}/audio")).content
        found.append((row, text, audio))
    return found


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that will be killed, and not come back."""
    (tmp_path / "lost").mkdir()
    server = ServerProcess(tmp_path / "lost", **SCRIPTED)
    server.start()
    yield server
    server.kill()


def parts_of(backup: Path) -> list[Path]:
    """What lies beside a backup that was finished."""
    return [path for path in backup.parent.glob("backup*") if path != backup]


async def test_a_server_at_work_comes_back_from_its_backup(
    launch: Launch, lost: ServerProcess, tmp_path: Path
) -> None:
    server = lost
    backup = tmp_path / "backup"
    new = tmp_path / "new" / "data"
    new.parent.mkdir()
    async with api(server) as http, open_wire(server.url) as wire:
        ready = await wire.start()
        frames = [say("alfa", "bravo"), silence(1), say("charlie"), say("delta")]
        for n, frame in enumerate(frames[:3]):
            await wire.frame(n, frame.tobytes())
        await wire.event("final")
        async with load(http) as made:
            while len(made) < 3:
                await checkpoint()
            begun = await asyncio.to_thread(begin, server.data_dir, "backup", str(backup))
            assert await killed_when(begun, lambda: any(backup.rglob("audio")))
            code, said = await run(new, "restore", str(backup))
            assert code == 1
            assert "is no backup, or one that was broken off" in said
            before = list(made)
            code, said = await run(server.data_dir, "backup", str(backup))
            assert (code, said.split()[0]) == (0, f"{backup}:")
            assert re.search(r", [12] of them live; ", said)  # an upload may be under way
        names = [name.split("/") for name in read_manifest(FolderSource(backup)).files]
        ids = {name[-2] for name in names if len(name) > 2}
        await wire.frame(3, frames[3].tobytes())
        await wire.until("ack", frame=3)
        there = await everything(http, before)
    server.kill()

    begun = await asyncio.to_thread(begin, new, "restore", str(backup))
    if await killed_when(begun, lambda: any(new.glob("live/*/frames"))):
        assert (new / MARK).exists()
        process = await asyncio.to_thread(begin, new, "serve", "--port", "0")
        _, err = await asyncio.to_thread(process.communicate, timeout=LIMIT)
        assert process.returncode
        assert "is being restored, or that was broken off" in err
        code, said = await run(new, "restore", str(backup))
        assert code == 0, said
    code, said = await run(new, "restore", str(backup))
    assert code == 1
    assert "is not empty" in said

    again = launch(data_dir=str(new), **SCRIPTED)
    async with api(again) as http, open_wire(again.url) as wire:
        assert await everything(http, before) == there
        hits = (await http.get("/search", params={"q": "turn"})).json()["items"]
        assert {hit["recording"]["id"] for hit in hits} >= set(before)
        resumed = await wire.resume(ready)
        assert resumed["next_frame"] == 3  # what came after the backup is the client's to send
        await wire.frame(3, frames[3].tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        assert " ".join(wire.finals) == "alfa bravo charlie delta"
        rows = (await http.get("/recordings", params={"limit": 200})).json()["items"]
        assert {row["id"] for row in rows} == ids
        assert "failed" not in [row["state"] for row in rows]
        assert {row["id"] for row in rows if row["state"] == "done"} >= {*before, ready["session"]}


async def test_the_next_backup_copies_what_is_new(launch: Launch, tmp_path: Path) -> None:
    server = launch(**SCRIPTED)
    backup = tmp_path / "backup"
    async with api(server) as http:
        talk = wav(say("alfa"), silence(20))
        one, two = [
            (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()["id"]
            for _ in range(2)
        ]
        await run(server.data_dir, "backup", str(backup))
        audio = backup / "blobs" / "recordings" / one / "audio"
        assert audio.read_bytes() == talk
        written = audio.stat().st_mtime_ns
        await http.delete(f"/recordings/{two}")
        three = (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()["id"]
        code, said = await run(server.data_dir, "backup", str(backup))
        assert code == 0
        total, copied = (int(word) for word in said.split() if word.isdecimal() and len(word) > 5)
        assert copied < total * 0.6
        assert audio.stat().st_mtime_ns == written
        names = {path.name for path in (backup / "blobs" / "recordings").iterdir()}
        assert names == {one, three}  # what was deleted is not kept by a backup
        assert len(list(backup.glob("library-*"))) == 1


async def test_a_tar_file_is_one_too(launch: Launch, tmp_path: Path) -> None:
    server = launch(**SCRIPTED)
    backup, new = tmp_path / "backup.tar", tmp_path / "new"
    async with api(server) as http, open_wire(server.url) as wire:
        talk = wav(say("alfa"))
        row = (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()
        await wire.start()
        await wire.frame(0, say("bravo").tobytes())
        await wire.until("ack", frame=0)
        code, said = await run(server.data_dir, "backup", str(backup))
        assert code == 0, said
        there = await everything(http, [row["id"]])
    assert parts_of(backup) == []
    code, said = await run(new, "restore", str(backup))
    assert code == 0, said
    again = launch(data_dir=str(new), **SCRIPTED)
    async with api(again) as http:
        assert await everything(http, [row["id"]]) == there


async def test_a_bucket_is_backed_up_and_restored_into_another(
    s3: S3Server, s3_url: str, launch: Launch, tmp_path: Path
) -> None:
    """The commands find it by the settings, as the server does."""
    backup, new = tmp_path / "backup", tmp_path / "new" / "data"
    new.parent.mkdir()
    prefix = urllib.parse.urlsplit(s3_url).path.strip("/")

    def kept(place: str) -> dict[str, bytes]:
        found = [key for key in s3.objects() if key.startswith(f"{place}/")]
        return {key.removeprefix(f"{place}/"): s3.read(key) for key in found}

    server = launch(blobs_url=s3_url, **SCRIPTED)
    async with api(server) as http:
        talks = [wav(say("alfa", "bravo")), wav(say("charlie"), silence(20))]
        ids = [
            (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()["id"]
            for talk in talks
        ]
        code, said = await run(server.data_dir, "backup", str(backup), blobs_url=s3_url)
        assert code == 0, said
        there = await everything(http, ids)
        await http.delete(f"/recordings/{ids[0]}")  # what is backed up is
    server.stop()
    before = kept(prefix)
    assert talks[1] in [audio for key, audio in before.items() if ids[1] in key]

    other = f"{s3_url}-new"
    code, said = await run(new, "restore", str(backup), blobs_url=other)
    assert code == 0, said
    assert kept(prefix) == before  # the old one is left alone
    assert set(talks) <= set(kept(f"{prefix}-new").values())
    code, said = await run(new, "restore", str(backup), blobs_url=other)
    assert (code, "is not empty" in said) == (1, True)

    again = launch(data_dir=str(new), blobs_url=other, **SCRIPTED)
    async with api(again) as http:
        assert await everything(http, ids) == there
        assert (await http.get("/search", params={"q": "bravo"})).json()["items"]
    assert not (new / "blobs").exists()
