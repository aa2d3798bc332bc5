"""Where there are no keys, and what the table does not say. `test_every_route.py` has the rest."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.auth.asking import Reached, ask
from tests.server.auth.conftest import MakeKey
from tests.server.conftest import Serving
from vivavoce.library.keys import new_key
from vivavoce.server.auth import gate, refusals
from vivavoce.server.auth.attempts import FREE_REQUESTS
from vivavoce.server.auth.principal import LOCAL
from vivavoce.server.auth.scopes import asked

pytestmark = pytest.mark.anyio

ELSEWHERE = ("203.0.113.9", 50_000)


def client(app: FastAPI, *, address: tuple[str, int] = ("127.0.0.1", 1)) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=address)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


async def test_without_keys_it_serves_its_own_machine_alone(
    serving: Serving, tmp_path: Path
) -> None:
    async with serving(tmp_path) as app, client(app) as here:
        assert (await here.get("/api/v1/recordings")).status_code == 200
        async with client(app, address=ELSEWHERE) as there:
            for path in ("/api/v1/recordings", "/", "/health", "/v1/models"):
                answer = await there.get(path)
                assert answer.status_code == 403, path
                assert "--open-to-all" in answer.text or "OPEN_TO_ALL" in answer.text
        assert (await here.get("/api/v1/recordings")).status_code == 200


async def test_unless_it_is_open_to_all(serving: Serving, tmp_path: Path) -> None:
    async with (
        serving(tmp_path, open_to_all=True) as app,
        client(app, address=ELSEWHERE) as there,
    ):
        assert (await there.get("/api/v1/recordings")).json()["items"] == []


async def test_a_websocket_from_elsewhere_is_refused_too(app: FastAPI) -> None:
    asked = await _from_elsewhere(app, "/api/v1/live")
    assert asked[-1]["type"] == "websocket.close"
    assert asked[-1]["reason"] == "forbidden"


SDK = b"X-ConnectionId=0A1B"
FIRST = ("connect", "receive", "receive")
"""What Speech SDKs send of themselves: `speech.config` and `speech.context`."""


@pytest.mark.parametrize("comes", [FIRST, ("connect", "receive", "disconnect")])
async def test_azure_s_javascript_is_let_go_when_it_can_hear_why(
    app: FastAPI, comes: tuple[str, ...]
) -> None:
    asked = await _from_elsewhere(app, "/speech/universal/v2", SDK, comes)
    assert [one["type"] for one in asked[:-1]] == ["websocket.accept", *comes[1:]]
    assert (asked[-1]["type"], asked[-1]["code"]) == ("websocket.close", 1007)


async def test_azure_s_javascript_that_says_nothing_is_let_go_too(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "PATIENCE", 0.01)
    asked = await _from_elsewhere(app, "/speech/universal/v2", SDK)
    assert asked[-1]["code"] == 1007


async def _from_elsewhere(
    app: FastAPI, path: str, query: bytes = b"", comes: tuple[str, ...] = FIRST[:1]
) -> list[Any]:
    """What is sent and, after the first that says it wants to connect, what was read."""
    sent: list[Any] = []
    coming = iter(comes)
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": query,
        "headers": [],
        "client": ELSEWHERE,
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }

    async def receive() -> Any:
        kind = next(coming, None)
        if kind is None:
            await asyncio.Event().wait()
        if kind != "connect":
            sent.append({"type": kind})
        return {"type": f"websocket.{kind}"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_without_keys_everybody_is_the_same(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = Reached()
    monkeypatch.setattr(app.router, "middleware_stack", reached)
    for header in (("accept", "*/*"), ("authorization", "Bearer whatever")):
        await ask(app, "GET", "/api/v1/recordings", header)
    assert [scope["state"]["principal"] for scope in reached.scopes] == [LOCAL, LOCAL]


async def test_it_is_asked_where_the_application_is_mounted(
    keyed: FastAPI, make_key: MakeKey
) -> None:
    scope = {"type": "http", "method": "GET", "root_path": "/voice"}
    assert asked(scope | {"path": "/voice/api/v1/info"}) == ("GET", "/api/v1/info")
    assert asked(scope | {"path": "/voices"}) == ("GET", "/voices")
    assert asked(scope | {"path": "/x", "root_path": ""}) == ("GET", "/x")


async def test_a_key_that_is_to_come_inside_has_to_come_soon(
    keyed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "INSIDE", 0.01)

    class Waiting(Reached):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await asyncio.Event().wait()

    monkeypatch.setattr(keyed.router, "middleware_stack", Waiting())
    asked = await ask(keyed, "WS", "/socket.io/")
    assert asked.close[0] == 4401


async def info(http: httpx2.AsyncClient, key: str) -> httpx2.Response:
    return await http.get("/api/v1/info", headers=_shown(key))


async def test_who_tries_many_keys_waits(keyed: FastAPI, make_key: MakeKey) -> None:
    good, attempts = await make_key(), keyed.state.services.auth.of_requests
    before = attempts.failures
    async with client(keyed, address=ELSEWHERE) as there, client(keyed) as here:
        for _ in range(FREE_REQUESTS):
            assert (await info(there, new_key()[1])).status_code == 401
        assert attempts.failures == before + FREE_REQUESTS
        told = await info(there, good)
        assert (told.status_code, told.json()["error"]["code"]) == (429, "rate_limited")
        assert int(told.headers["Retry-After"]) >= 1
        needs_none = await there.get("/health", headers=_shown(good))
        assert needs_none.status_code == 200
        async with client(keyed, address=("203.0.113.10", 1)) as neighbour:
            assert (await info(neighbour, good)).status_code == 200
        for _ in range(FREE_REQUESTS + 1):
            assert (await info(here, new_key()[1])).status_code == 401
        assert (await info(here, good)).status_code == 200


async def test_a_key_that_is_one_starts_the_count_anew(keyed: FastAPI, make_key: MakeKey) -> None:
    good = await make_key()
    async with client(keyed, address=("203.0.113.11", 1)) as there:
        for _ in range(2):
            for _ in range(FREE_REQUESTS - 1):
                await info(there, new_key()[1])
            assert (await info(there, good)).status_code == 200


async def test_another_owner_has_nothing(keyed: FastAPI, make_key: MakeKey) -> None:
    """What is somebody's is theirs; two keys of one owner are as one."""
    ada, also_ada, bob = [await make_key(owner=owner) for owner in ("ada", "ada", "bob")]
    body = {"url": "https://example.org/hook", "events": ["recording.finished"]}
    async with client(keyed) as http:
        made = await http.post("/api/v1/webhooks", json=body, headers=_shown(ada))
        assert made.status_code == 201, made.text
        seen = {
            key: (await http.get("/api/v1/webhooks", headers=_shown(key))).json()["items"]
            for key in (ada, also_ada, bob)
        }
        hook = f"/api/v1/webhooks/{made.json()['id']}"
        stolen = await http.delete(hook, headers=_shown(bob))
    assert [len(found) for found in seen.values()] == [1, 1, 0]
    assert (stolen.status_code, json.loads(stolen.text)["error"]["code"]) == (404, "not_found")


def _shown(key: str) -> dict[str, str]:
    return {"X-Api-Key": key}
