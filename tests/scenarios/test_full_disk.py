"""A disk that is full for a while: new audio is refused, what was acknowledged stays."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from vivavoce.engines.fake import say, silence
from vivavoce.testing.full_disk import FullDisk, Limited, Small, may_mount
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import encoded, open_wire

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[Limited, *([Small] if may_mount() else [])])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FullDisk]:
    disk = request.param(tmp_path)
    yield disk
    disk.release()


@pytest.fixture
def server(disk: FullDisk) -> Iterator[ServerProcess]:
    server = ServerProcess(disk.folder, engine="scripted", hosts=1, commit_ms=0)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


async def test_a_full_disk(disk: FullDisk, server: ServerProcess) -> None:
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        async with open_wire(server.url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("alfa", "bravo").tobytes() + silence(1).tobytes())
            await wire.until("ack", frame=0)
            disk.fill(server)
            await wire.frame(1, say("charlie", "delta").tobytes())
            refusal = await wire.until("error")
            assert (refusal["code"], refusal["retryable"]) == ("disk", True)
            assert refusal["message"].endswith(".")
            assert await wire.closed() == 1013
        await _refuses_what_is_new(server, http)
        disk.empty(server)
        assert (await http.get("/ready")).status_code == 200
        async with open_wire(server.url) as wire:
            assert (await wire.resume(ready))["next_frame"] == 1
            await wire.frame(1, say("charlie", "delta").tobytes())
            await wire.say(type="finish")
            assert await wire.closed() == 1000
        assert wire.finals == ["alfa bravo", "charlie delta"]
        found = (await http.get(f"/api/v1/recordings/{ready['session']}")).json()
    assert (found["state"], found["preview"]) == ("done", "alfa bravo charlie delta")


async def _refuses_what_is_new(server: ServerProcess, http: httpx2.AsyncClient) -> None:
    assert (await http.get("/health")).status_code == 200
    assert (await http.get("/ready")).status_code == 503
    upload = await http.post("/api/v1/recordings", content=b"RIFF" + bytes(100_000))
    assert upload.status_code == 507
    assert upload.json()["error"]["code"] == "disk"
    async with open_wire(server.url) as wire:
        await wire.send(encoded(type="start", format={"encoding": "container"}))
        assert await wire.closed() == 1013
    assert (await http.get("/api/v1/recordings")).status_code == 200


async def test_a_disk_that_is_full_when_the_session_ends(
    disk: FullDisk, server: ServerProcess
) -> None:
    async with open_wire(server.url) as wire:
        await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.say(type="finish")
        await wire.until("ack", frame=0)
        disk.fill(server)
        closing = asyncio.create_task(wire.closed())
        async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
            await http.get("/health")
        disk.empty(server)
        assert await closing == 1000
    assert wire.finals == ["alfa bravo"]
