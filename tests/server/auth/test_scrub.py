"""What is secret in an address is written down nowhere."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from vivavoce.server.auth.scrub import Scrub, credential
from vivavoce.testing.keys import library_key
from vivavoce.testing.process import ServerProcess, running

pytestmark = pytest.mark.anyio

PROXIED = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(
        tmp_path, engine="scripted", hosts=1, auth="keys", log_level="debug", log_format="json"
    )
    with running(server):
        yield server


async def test_what_comes_in_an_address_is_in_no_log(server: ServerProcess) -> None:
    key = await library_key(server.data_dir)
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=120) as http:
        made = await http.post("api/v1/tokens", json={}, headers={"Authorization": f"Bearer {key}"})
        token = made.json()["token"]
        for text, status in ((token, 200), (key, 401)):
            for headers in ({}, PROXIED):
                answer = await http.get(
                    "api/v1/recordings", params={"token": text}, headers=headers
                )
                assert answer.status_code == status
    await _tried(server, f"speech/universal/v2?Ocp-Apim-Subscription-Key={key}")
    await _tried(server, f"stream-transcription-websocket?X-Amz-Credential={key}%2F20261120%2Fx")
    await _tried(server, f"api/v1/live?token={token}")
    assert "/api/v1/recordings" in server.log  # the requests are there, and nothing secret
    for secret in (key, key.rpartition("_")[2], token, token.rpartition(".")[2]):
        assert secret not in server.log


async def _tried(server: ServerProcess, path: str) -> None:
    url = server.url.replace("http", "ws", 1) + path
    with suppress(InvalidStatus):
        async with connect(url, open_timeout=120) as line:
            await line.close()


async def test_what_came_is_kept_for_the_gate_alone() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    scope = {"type": "http", "headers": [], "query_string": b"a=1&token=eyJsecret"}
    await Scrub(app)(scope, None, None)  # type: ignore[arg-type]
    assert scope["query_string"] == seen["query_string"] == b"a=1&token=-"
    found = credential(seen)
    assert found is not None
    assert found.text == "eyJsecret"
