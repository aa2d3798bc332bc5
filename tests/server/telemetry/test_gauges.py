"""What Prometheus reads of a server is what happened in it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Bye
from vivavoce.engines.fake import say, silence
from vivavoce.server.services import Services
from vivavoce.telemetry.metrics import METRICS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """One for each test: counts are of a whole process."""
    async with serving(tmp_path / "data") as app:
        yield app


@pytest.fixture
async def plain(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def read(http: httpx2.AsyncClient) -> dict[str, float]:
    """By name, with the labels' values."""
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_every_metric_is_there_from_the_start(plain: httpx2.AsyncClient) -> None:
    text = (await plain.get("/metrics")).text
    assert [metric.full for metric in METRICS if f"# TYPE {metric.full} " not in text] == []
    found = await read(plain)
    assert found["vivavoce_disk_free_bytes"] > 0
    assert found["vivavoce_sessions_limit"] >= 1
    assert found["vivavoce_breaker_state{scripted}"] == 0
    assert found["vivavoce_outbox_waiting{email}"] == 0
    assert found["vivavoce_draining"] == 0


async def test_a_live_session_is_counted_and_timed(plain: httpx2.AsyncClient, app: FastAPI) -> None:
    hub = app.state.services.hub
    pcm = (silence(0.5), say("alfa", "bravo"), silence(1.5))
    sound = b"".join((part * 32767).astype("<i2").tobytes() for part in pcm)
    seat = await hub.start(Start(AudioFormat(), Options()))
    frames = [sound[at : at + 3200] for at in range(0, len(sound), 3200)]
    for number, frame in enumerate(frames):
        await seat.send(Audio(number, frame))
    during = await read(plain)
    assert during["vivavoce_sessions{live}"] == 1
    assert during["vivavoce_sessions{file}"] == 0
    assert during["vivavoce_journal_bytes_total"] == len(sound)
    await seat.send(Finish())
    async for answer in seat.answers():
        if isinstance(answer, Bye):
            break
    await hub.sealed(seat.ready.session)
    after = await read(plain)
    assert after["vivavoce_sessions{live}"] == 0
    assert after["vivavoce_sessions_ended_total{finished}"] == 1
    assert after["vivavoce_journal_bytes_total"] == len(sound)
    assert after["vivavoce_final_delay_seconds_count"] >= 1
    assert after["vivavoce_ack_delay_seconds_count"] >= 1
    assert after["vivavoce_decoded_seconds_total{scripted}"] > 0
    assert after["vivavoce_realtime_factor_ratio_count{scripted}"] >= 1
    assert after["vivavoce_lag_seconds"] == 0


async def test_uploads_are_counted_by_what_became_of_them(
    plain: httpx2.AsyncClient, talk: bytes
) -> None:
    assert (await plain.post("/api/v1/recordings?wait=true", content=talk)).status_code == 200
    assert (await plain.post("/api/v1/recordings", content=b"")).status_code == 422
    found = await read(plain)
    assert found["vivavoce_uploads_total{taken}"] == 1
    assert found["vivavoce_uploads_total{refused}"] == 1
    assert found["vivavoce_refused_total{bad_audio}"] == 1


async def test_a_process_that_dies_is_counted(plain: httpx2.AsyncClient, app: FastAPI) -> None:
    parts: Services = app.state.services
    hosts = parts.engines.default
    await hosts._hosts[0].stop()  # type: ignore[union-attr]
    talk = (say("alfa") * 32767).astype("<i2").tobytes()
    seat = await parts.hub.start(Start(AudioFormat(), Options()))
    await seat.send(Audio(0, talk))
    await seat.send(Finish())
    await parts.hub.sealed(seat.ready.session)
    assert (await read(plain))["vivavoce_host_restarts_total{scripted}"] == 1


async def test_a_server_that_stops_says_so(plain: httpx2.AsyncClient, app: FastAPI) -> None:
    await app.state.services.hub.drain(0)
    assert (await read(plain))["vivavoce_draining"] == 1


async def test_asked_by_two_at_once_it_counts_once(plain: httpx2.AsyncClient, talk: bytes) -> None:
    await plain.post("/api/v1/recordings?wait=true", content=talk)
    one, other = await asyncio.gather(read(plain), read(plain))
    assert one["vivavoce_uploads_total{taken}"] == other["vivavoce_uploads_total{taken}"] == 1


async def test_where_it_is_off_there_is_nothing(serving: Any, tmp_path: Path) -> None:
    async with serving(tmp_path / "other", metrics=False) as app:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
            answer = await http.get("/metrics")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].endswith("the setting metrics is off.")
