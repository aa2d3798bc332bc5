"""The whole server, asked for more than it gives: too often, too much, too slowly."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
import websockets

from vivavoce.audio.wav import wav_header
from vivavoce.config import Settings
from vivavoce.core.commands import Audio
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.native_messages import pack_frame
from vivavoce.library.keys import Limits
from vivavoce.server.app import create_app
from vivavoce.server.bodies.bounds import MOST
from vivavoce.testing.keys import library_key
from vivavoce.testing.small_app import listening

pytestmark = pytest.mark.anyio

SECOND = bytes(32_000)
ELSEWHERE = "192.0.2.0/24"
"""No address of a test is there."""


class Serving(Protocol):
    def __call__(self, **changes: Any) -> AbstractAsyncContextManager[str]: ...


@pytest.fixture
def served(tmp_path: Path) -> Serving:
    """Runs a server with these settings; its host and port."""

    @asynccontextmanager
    async def run(**changes: Any) -> AsyncIterator[str]:
        quick: dict[str, Any] = {"engines": "scripted", "hosts": 1, "commit_ms": 0, "drain_s": 0}
        async with listening(create_app(Settings(data_dir=tmp_path, **quick, **changes))) as where:
            yield where

    return run


def client(address: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=120)


def code(answer: httpx2.Response) -> str:
    said: str = answer.json()["error"]["code"]
    return said


async def test_too_many_requests_from_one_address(served: Serving) -> None:
    async with (
        served(requests_per_minute=5, unlimited_networks=(ELSEWHERE,)) as address,
        client(address) as http,
    ):
        for _ in range(5):
            assert (await http.get("/health")).status_code == 200
        refused = await http.get("/api/v1/recordings")
        assert (refused.status_code, code(refused)) == (429, "rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 120
        openai = await http.get("/v1/models")
        assert (openai.status_code, code(openai)) == (429, "rate_limit_exceeded")
        async with websockets.connect(f"ws://{address}/api/v1/live", proxy=None) as line:
            said = json.loads(await line.recv())
            assert (said["type"], said["code"], said["retryable"]) == (
                "error",
                "rate_limited",
                True,
            )
            with pytest.raises(websockets.ConnectionClosedError) as closed:
                await line.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013


async def test_this_machine_is_not_limited_by_default(served: Serving) -> None:
    async with served(requests_per_minute=1) as address, client(address) as http:
        for _ in range(5):
            assert (await http.get("/health")).status_code == 200


async def test_connections_of_one_address(served: Serving) -> None:
    settings = {"connections_per_address": 2, "unlimited_networks": (ELSEWHERE,)}
    async with served(**settings) as address:
        host, _, port = address.partition(":")
        held = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
        async with client(address) as http:
            refused = await http.get("/health")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        elsewhere = httpx2.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx2.AsyncClient(transport=elsewhere) as http:
            assert (await http.get(f"http://{address}/health")).status_code == 200
        for _, writer in held:
            writer.close()


async def test_what_a_key_may_have(served: Serving, tmp_path: Path) -> None:
    own = Limits(requests=6, connections=1, upload_mb=1, minutes=7)
    key, other = [await library_key(tmp_path, limits=limits) for limits in (own, None)]
    async with served(auth="keys") as address, client(address) as http:
        shown = {"Authorization": f"Bearer {key}"}
        limits = (await http.get("/api/v1/info", headers=shown)).json()["limits"]
        assert (limits["requests_per_minute"], limits["connections"]) == (6, 1)
        assert (limits["max_upload_mb"], limits["audio_minutes_per_day"]) == (1, 7)
        large = await http.post("/api/v1/recordings", content=bytes(2 << 20), headers=shown)
        assert (large.status_code, code(large)) == (413, "too_large")
        live = f"ws://{address}/api/v1/live"
        async with websockets.connect(live, proxy=None, additional_headers=shown):
            second = await http.get("/api/v1/recordings", headers=shown)
            assert (second.status_code, code(second)) == (429, "rate_limited")
            assert "1 connections are open" in second.json()["error"]["message"]
        answered = 0  # a minute may begin in the middle of it
        while (answer := await http.get("/api/v1/tags", headers=shown)).status_code == 200:
            answered += 1
        assert (answer.status_code, code(answer)) == (429, "rate_limited")
        assert answered <= 6
        others = await http.get("/api/v1/tags", headers={"Authorization": f"Bearer {other}"})
        assert others.status_code == 200


async def test_minutes_of_audio_are_used_up(served: Serving) -> None:
    audio = SECOND * 90
    file = wav_header(AudioFormat(), len(audio)) + audio
    async with served(audio_minutes_per_day=1) as address, client(address) as http:
        first = await http.post("/api/v1/recordings", content=file, params={"wait": "true"})
        assert first.json()["state"] == "failed"
        assert first.json()["reason"] == "quota"
        assert 59 <= first.json()["duration"] <= 62  # what there was of it is there
        again = await http.post("/api/v1/recordings", content=file)
        assert (again.status_code, code(again)) == (429, "quota")
        assert int(again.headers["Retry-After"]) > 60
        form = {"file": ("a.wav", file)}
        openai = await http.post(
            "/v1/audio/transcriptions", files=form, data={"model": "whisper-1"}
        )
        assert openai.status_code == 429
        async with websockets.connect(f"ws://{address}/api/v1/live", proxy=None) as line:
            await line.send(json.dumps({"type": "start", "format": {"encoding": "pcm_s16le"}}))
            said = json.loads(await line.recv())
            assert (said["type"], said["code"]) == ("error", "quota")


async def test_a_live_session_ends_with_its_minutes(served: Serving) -> None:
    async with served(audio_minutes_per_day=1) as address:
        async with websockets.connect(f"ws://{address}/api/v1/live", proxy=None) as line:
            await line.send(json.dumps({"type": "start", "format": {"encoding": "pcm_s16le"}}))
            for number in range(62):
                await line.send(pack_frame(Audio(number, SECOND)))
            said = [json.loads(text) async for text in line]
        events = [message["event"] for message in said if message["type"] == "event"]
        assert [e["code"] for e in events if e["type"] == "warning"] == ["quota"]
        assert (events[-1]["type"], events[-1]["reason"]) == ("ended", "quota")


@pytest.mark.parametrize("path", ["/api/v1/webhooks", "/api/v1/recordings/search", "/nowhere"])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(served: Serving, path: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 16 * MOST:
            sent += 1 << 16
            yield b" " * (1 << 16)

    async with served() as address, client(address) as http:
        try:
            answer = await http.post(
                path, content=endless(), headers={"Content-Type": "application/json"}
            )
        except httpx2.TransportError:  # cut before it was read
            pass
        else:
            assert answer.status_code in (404, 405, 413)
        assert sent < 16 * MOST


async def test_json_that_is_nested_too_deep(served: Serving) -> None:
    deep = b"[" * 1_000_000
    async with served() as address, client(address) as http:
        for body in (deep, b'{"url": ' + deep):
            answer = await http.post(
                "/api/v1/webhooks", content=body, headers={"Content-Type": "application/json"}
            )
            assert 400 <= answer.status_code < 500, answer.text
            assert answer.json()["error"]["message"].endswith(".")


async def test_a_body_that_does_not_get_on(served: Serving) -> None:
    async with served(body_s=0.1) as address:
        host, _, port = address.partition(":")
        for path in ("/api/v1/webhooks", "/api/v1/recordings", "/api/v1/live"):
            reader, writer = await asyncio.open_connection(host, int(port))
            head = f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: 5000\r\n\r\n{{".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
            writer.close()


async def test_an_upload_that_comes_slowly_but_comes(served: Serving) -> None:
    audio = SECOND * 2
    file = wav_header(AudioFormat(), len(audio)) + audio

    async def slowly() -> AsyncIterator[bytes]:
        for at in range(0, len(file), 8000):
            await asyncio.sleep(0.05)
            yield file[at : at + 8000]

    async with served(body_s=0.3) as address, client(address) as http:
        answer = await http.post("/api/v1/recordings", content=slowly())
        assert answer.status_code == 202


async def test_info_says_what_the_limits_are(served: Serving) -> None:
    async with served(audio_minutes_per_day=7, requests_per_minute=9) as address:
        async with client(address) as http:
            limits = (await http.get("/api/v1/info")).json()["limits"]
        assert limits["requests_per_minute"] == 9
        assert limits["audio_minutes_per_day"] == 7
