"""A database or a bucket that is away for a while: who speaks goes on, and is sealed after."""

import asyncio
import base64
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from websockets.asyncio.client import connect

from vivavoce.engines.fake import say, silence
from vivavoce.testing.buckets import S3Server
from vivavoce.testing.postgres import PostgresServer
from vivavoce.testing.process import ServerProcess, running
from vivavoce.testing.relay import Relay
from vivavoce.testing.wire import Wire, open_wire

pytestmark = pytest.mark.anyio
SCRIPTED: dict[str, Any] = {"engine": "scripted", "hosts": 1, "commit_ms": 0}


async def ready(server: ServerProcess) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        found: dict[str, Any] = (await http.get("/ready")).json()
        return found


async def recording(server: ServerProcess, id: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        found: dict[str, Any] = (await http.get(f"/api/v1/recordings/{id}")).json()
        return found


async def cannot_seal(server: ServerProcess) -> None:
    """Return when the log says that somebody tried."""
    while "cannot seal yet" not in await asyncio.to_thread(lambda: server.log):
        pass


async def sentence(wire: Wire, frame: int, *words: str) -> None:
    """Say it, and return when it is acknowledged and final."""
    await wire.frame(frame, say(*words).tobytes() + silence(1).tobytes())
    while " ".join(words) not in wire.finals or not acknowledged(wire, frame):
        await wire.hear()


def acknowledged(wire: Wire, frame: int) -> bool:
    return any(each["type"] == "ack" and each["frame"] >= frame for each in wire.heard)


@pytest.fixture
def postgres_server(tmp_path: Path, breakable_postgres: PostgresServer) -> Iterator[ServerProcess]:
    url = breakable_postgres.url(breakable_postgres.database())
    with running(ServerProcess(tmp_path, database_url=url, **SCRIPTED)) as server:
        yield server


async def test_a_database_that_is_away(
    breakable_postgres: PostgresServer, postgres_server: ServerProcess
) -> None:
    server = postgres_server
    async with open_wire(server.url) as wire:
        session = (await wire.start())["session"]
        await sentence(wire, 0, "alfa", "bravo")
        await asyncio.to_thread(breakable_postgres.stop)

        said = await ready(server)
        assert (said["ready"], said["blobs"]) == (False, "ok")
        where = f"postgresql://127.0.0.1:{breakable_postgres.port}/"
        assert said["library"].startswith(f"The library {where}")
        assert breakable_postgres.password not in said["library"]
        await sentence(wire, 1, "charlie", "delta")
        async with open_wire(server.url) as other:
            await other.say(type="start", format={"encoding": "pcm_f32le"})
            assert (await other.until("error"))["code"] == "disk"
            assert await other.closed() == 1013
        await wire.say(type="finish")
        await cannot_seal(server)

        await asyncio.to_thread(breakable_postgres.start)
        assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo", "charlie delta"]
    assert (await ready(server))["ready"]
    found = await recording(server, session)
    assert (found["state"], found["preview"]) == ("done", "alfa bravo charlie delta")


async def test_a_server_that_dies_while_its_database_is_away(
    breakable_postgres: PostgresServer, tmp_path: Path
) -> None:
    url = breakable_postgres.url(breakable_postgres.database())
    server = ServerProcess(tmp_path, database_url=url, **SCRIPTED)
    server.start()
    async with open_wire(server.url) as wire:
        session = (await wire.start())["session"]
        await sentence(wire, 0, "alfa", "bravo")
        await asyncio.to_thread(breakable_postgres.stop)
        await wire.say(type="finish")
        await cannot_seal(server)
        await asyncio.to_thread(server.kill)
    await asyncio.to_thread(breakable_postgres.start)
    with running(server):
        while (found := await recording(server, session))["state"] in ("live", "transcribing"):
            pass
    assert (found["state"], found["preview"]) == ("done", "alfa bravo")


@pytest.fixture
def relay(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    with Relay(s3.port) as relay:
        for name, value in s3.environment(relay.port).items():
            monkeypatch.setenv(name, value)
        yield relay


@pytest.fixture
def s3_backed(tmp_path: Path, relay: Relay, s3_url: str) -> Iterator[ServerProcess]:
    with running(ServerProcess(tmp_path, blobs_url=s3_url, **SCRIPTED)) as server:
        yield server


async def test_a_bucket_that_is_away(
    relay: Relay, s3: S3Server, s3_url: str, s3_backed: ServerProcess
) -> None:
    server = s3_backed
    assert (await ready(server))["ready"]
    async with open_wire(server.url) as wire:
        session = (await wire.start())["session"]
        await sentence(wire, 0, "alfa", "bravo")
        relay.cut()
        assert s3_url in (await ready(server))["blobs"]
        await sentence(wire, 1, "charlie", "delta")
        await wire.say(type="finish")
        await cannot_seal(server)
        assert (await recording(server, session))["state"] == "live"

        relay.mend()
        assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo", "charlie delta"]
    prefix = urllib.parse.urlsplit(s3_url).path.strip("/")
    audio = s3.read(f"{prefix}/recordings/{session}/audio")
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        address = f"/api/v1/recordings/{session}/audio"
        assert (await http.get(address)).content == audio
        part = await http.get(address, headers={"Range": "bytes=40-47"})
        assert (part.status_code, part.content) == (206, audio[40:48])
        assert not (server.data_dir / "live" / session).exists()
        assert not (server.data_dir / "blobs").exists()
        await http.delete(f"/api/v1/recordings/{session}")
    assert [key for key in s3.objects() if session in key] == []


async def test_the_sample_s_text_lies_where_its_bucket_had_it(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own variables, and its own protocol."""
    s3.make("transcripts-of-old")
    monkeypatch.setenv("S3_BUCKET", "transcripts-of-old")
    samples = (np.concatenate([say("alfa", "bravo")]) * 32767).astype("<i2").tobytes()
    with running(ServerProcess(tmp_path, **SCRIPTED)) as server:
        async with connect(server.url.replace("http", "ws") + "ws", proxy=None) as ws:
            payload = base64.b64encode(samples).decode()
            await ws.send(json.dumps({"type": "audio", "payload": payload}))
            await ws.send(json.dumps({"type": "control", "action": "stop"}))
            heard = [json.loads(message) async for message in ws]
        assert heard[-1]["type"] == "saved"
        key = heard[-1]["s3_key"]
        assert s3.read(key, "transcripts-of-old") == b"alfa bravo"
