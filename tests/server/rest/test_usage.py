"""What was sent to engines, over REST, and what it costs."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
from fastapi import FastAPI

from vivavoce.core.types import Use

pytestmark = pytest.mark.anyio
WAV = {"Content-Type": "audio/wav"}


class Serving(Protocol):
    def __call__(self, data_dir: Path, **changes: Any) -> AbstractAsyncContextManager[FastAPI]: ...


@pytest.fixture(scope="module")
async def app(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    prices = "scripted=3600, azure=7.2"  # of an hour, so that a second costs 1
    async with serving(tmp_path_factory.mktemp("data"), prices=prices) as app:
        yield app


async def usage(http: httpx2.AsyncClient, **params: str) -> Any:
    answer = await http.get("/usage", params=params)
    assert answer.status_code == 200
    return answer.json()


async def test_a_recording_tells_its_use_and_leaves_it_in_the_totals(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    assert await usage(http) == {"engines": [], "days": []}
    recording = (
        await http.post("/recordings", params={"wait": "true"}, content=talk, headers=WAV)
    ).json()
    (use,) = recording["use"]
    assert (use["engine"], use["model"]) == ("scripted", recording["model"])
    assert 0 < use["seconds"] < recording["duration"] + 1
    assert use["cost"] == pytest.approx(use["seconds"])
    listed = (await http.get("/recordings")).json()["items"]
    assert [item["use"] for item in listed] == [[use]]
    total = {"engines": [use], "days": [{"day": recording["created_at"][:10], **use}]}
    assert await usage(http) == total
    assert (await http.delete(f"/recordings/{recording['id']}")).status_code == 204
    assert await usage(http) == total
    assert await usage(http, since="2100-01-01") == {"engines": [], "days": []}


async def test_days_are_summed_by_engine_and_a_price_is_not_needed(
    app: FastAPI, http: httpx2.AsyncClient
) -> None:
    count = app.state.services.repository.count
    for day in (1, 2):
        hour = 16_000 * 3600
        await count("local", date(2030, 1, day), [Use("aws", "m", hour), Use("azure", "", hour)])
    found = await usage(http, since="2030-01-01")
    assert found["engines"] == [
        {"engine": "aws", "model": "m", "seconds": 7200, "cost": None},
        {"engine": "azure", "model": "", "seconds": 7200, "cost": pytest.approx(14.4)},
    ]
    assert len(found["days"]) == 4
    later = await usage(http, since="2030-01-02")
    assert [(each["day"], each["engine"]) for each in later["days"]] == [
        ("2030-01-02", "aws"),
        ("2030-01-02", "azure"),
    ]


async def test_what_is_no_day_is_refused_in_words(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/usage", params={"since": "yesterday"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("since cannot be taken")
