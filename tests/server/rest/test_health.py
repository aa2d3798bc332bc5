"""Alive, able, and what it can do."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from vivavoce import __version__
from vivavoce.dialects.native_messages import MAX_MESSAGE
from vivavoce.library.export import FORMATS
from vivavoce.server.services import Services
from vivavoce.testing.redis_server import RedisServer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """One for each test, because they break it."""
    async with serving(tmp_path / "data") as app:
        yield app


@pytest.fixture
def parts(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


async def test_it_is_alive_and_ready(http: httpx2.AsyncClient) -> None:
    assert (await http.get("http://test/health")).json() == {"status": "ok"}
    ready = await http.get("http://test/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "ready": True,
            "redis": None,
            **dict.fromkeys(("server", "engine", "data_dir", "library", "blobs"), "ok"),
        },
    )


async def test_it_is_not_ready_where_nothing_can_be_kept(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    shutil.rmtree(parts.settings.data_dir)
    answer = await http.get("http://test/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    folder = parts.settings.data_dir
    assert answer.json()["data_dir"] == f"{folder} cannot be written: No such file or directory."
    folder.mkdir()  # so that what runs can be put away


async def test_it_is_not_ready_without_its_engine(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    await parts.engines.default.stop()
    answer = await http.get("http://test/ready")
    assert (answer.status_code, answer.json()["engine"]) == (503, "loading")


async def test_it_is_alive_and_not_ready_while_it_stops(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    await parts.hub.drain(0)
    answer = await http.get("http://test/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["server"] == "stopping"
    assert answer.json()["engine"] == "ok"
    assert (await http.get("http://test/health")).json() == {"status": "ok"}


async def test_it_is_ready_without_its_redis_and_says_so(
    serving: Any, tmp_path: Path, redis: RedisServer
) -> None:
    async with (
        serving(tmp_path / "shared", redis_url=redis.url) as app,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as http,
    ):
        answer = (await http.get("/ready")).json()
        assert (answer["ready"], answer["redis"]) == (True, "ok")
        await asyncio.to_thread(redis.stop)
        answer = (await http.get("/ready")).json()
        assert answer["ready"]
        assert answer["redis"].startswith("Redis ")
        assert redis.password not in answer["redis"]


async def test_it_says_what_it_can_do(http: httpx2.AsyncClient) -> None:
    info = (await http.get("/info")).json()
    assert info["version"] == __version__
    assert (info["engine"]["name"], info["engine"]["kind"]) == ("scripted", "windowed")
    assert info["chain"] == ["scripted"]
    known = {engine["name"]: engine for engine in info["engines"]}
    assert "moonshine" in known
    assert "scripted" not in known  # which is for tests, though it runs here
    assert info["limits"] == {
        "max_upload_mb": 4096,
        "connections": 1000,
        "requests_per_minute": 6000,
        "audio_minutes_per_day": None,
        "max_frame": MAX_MESSAGE,
        "grace": 120,
    }
    assert info["formats"] == FORMATS


async def test_what_an_engine_lacked_may_have_come_while_the_server_runs(
    http: httpx2.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VIVAVOCE_VOSK_MODEL", "small-xx")
    pull = "`vivavoce models pull vosk:small-xx` gets it."
    hint, listed = await _of_vosk(http)
    assert (hint.endswith(pull), listed) == (True, False)
    model = tmp_path / ".cache" / "vosk" / "vosk-model-small-xx" / "am"
    model.mkdir(parents=True)
    (model / "final.mdl").touch()
    assert await _of_vosk(http) == ("", True)


async def _of_vosk(http: httpx2.AsyncClient) -> tuple[str, bool]:
    """What it lacks, and whether programs are told of it."""
    (vosk,) = [
        engine for engine in (await http.get("/info")).json()["engines"] if engine["name"] == "vosk"
    ]
    models = (await http.get("http://test/v1/models")).json()["data"]
    return vosk["hint"], "vosk" in [model["id"] for model in models]
