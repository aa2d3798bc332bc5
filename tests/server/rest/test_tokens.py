"""Tokens over REST, and what they open."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.conftest import Serving
from vivavoce.library.recording import new_id
from vivavoce.testing.keys import add_key

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def app(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with serving(tmp_path_factory.mktemp("data"), auth="keys") as app:
        yield app


@pytest.fixture
async def key(app: FastAPI) -> str:
    return await add_key(app.state.services.repository.tables, "transcribe", "read", owner="ada")


@pytest.fixture
async def ada(http: httpx2.AsyncClient, key: str) -> httpx2.AsyncClient:
    http.headers["Authorization"] = f"Bearer {key}"
    return http


async def made(http: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await http.post("/tokens", json=asked)
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json()
    return token


async def seen(http: httpx2.AsyncClient, token: str, path: str = "/recordings") -> int:
    """Who has nothing else shows it in the address."""
    http.headers.pop("Authorization", None)
    return (await http.get(path, params={"token": token})).status_code


async def test_it_may_what_its_key_may_for_an_hour(ada: httpx2.AsyncClient) -> None:
    token = await made(ada)
    assert token["scopes"] == ["read", "transcribe"]
    left = datetime.fromisoformat(token["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    assert await seen(ada, token["token"]) == 200


async def test_it_may_less_where_less_is_asked_for(ada: httpx2.AsyncClient) -> None:
    token = await made(ada, scopes=["transcribe"], expires_in=60)
    assert token["scopes"] == ["transcribe"]
    assert await seen(ada, token["token"]) == 403


async def test_and_never_more(ada: httpx2.AsyncClient) -> None:
    answer = await ada.post("/tokens", json={"scopes": ["read", "manage"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


async def test_one_for_one_recording_reads_that(ada: httpx2.AsyncClient, talk: bytes) -> None:
    first, second = [(await ada.post("/recordings", content=talk)).json()["id"] for _ in range(2)]
    token = await made(ada, recording=first)
    assert token["scopes"] == ["read"]
    paths = {f"/recordings/{first}": 200, f"/recordings/{first}/events": 200}
    paths |= {f"/recordings/{second}": 403, "/recordings": 403, "/search?q=alfa": 403}
    for path, status in paths.items():
        assert await seen(ada, token["token"], path) == status, path


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"expires_in": 0}, 422),
        ({"expires_in": 90_000}, 422),
        ({"scopes": []}, 422),
        ({"scopes": ["write"]}, 422),
        ({"keys": 1}, 422),
        ({"recording": "no id"}, 404),
        ({"recording": new_id()}, 404),
        ({"recording": new_id(), "scopes": ["read", "transcribe"]}, 422),
    ],
)
async def test_what_cannot_be(ada: httpx2.AsyncClient, asked: Any, status: int) -> None:
    assert (await ada.post("/tokens", json=asked)).status_code == status


async def test_a_token_makes_none_that_outlives_it(ada: httpx2.AsyncClient) -> None:
    first = await made(ada, expires_in=60, scopes=["read"])
    ada.headers["Authorization"] = f"Bearer {first['token']}"
    second = await made(ada, expires_in=3600)
    assert second["expires_at"] <= first["expires_at"]
    assert second["scopes"] == ["read"]


async def test_another_owners_recording_is_none(
    app: FastAPI, ada: httpx2.AsyncClient, talk: bytes
) -> None:
    id = (await ada.post("/recordings", content=talk)).json()["id"]
    bob = await add_key(app.state.services.repository.tables, owner="bob")
    ada.headers["Authorization"] = f"Bearer {bob}"
    answer = await ada.post("/tokens", json={"recording": id})
    assert answer.status_code == 404
