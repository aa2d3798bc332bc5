"""What a server writes down of itself has no key and no token in it, however much it writes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from vivavoce.library.keys import new_key
from vivavoce.server.auth.credentials import COOKIE
from vivavoce.testing.keys import made_key
from vivavoce.testing.process import UVICORN, ServerProcess, running

pytestmark = pytest.mark.anyio

SERVED = (*("-m", "vivavoce", "serve", "--port", "{port}"), "--log-level", "debug")
PLAIN = (*UVICORN, "--log-level", "trace")
STARTS = ("vivavoce serve", "uvicorn")


@pytest.fixture(scope="module", params=[SERVED, PLAIN], ids=STARTS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    server = ServerProcess(
        folder, request.param, engines="scripted", hosts=1, auth="keys", log_level="debug"
    )
    with running(server):
        yield server


async def ask(server: ServerProcess, path: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http:
        return await http.get(path, headers=headers)


async def open_line(
    server: ServerProcess, path: str, *messages: str, names: Any = None, **headers: str
) -> list[str]:
    """A WebSocket, whatever becomes of it; what it was told first."""
    url = f"{server.url.replace('http', 'ws')}{path}"
    said: list[str] = []
    with suppress(ConnectionClosed, InvalidStatus, TimeoutError):
        async with connect(url, subprotocols=names, additional_headers=headers) as line:
            for message in messages:
                await line.send(message)
            async with asyncio.timeout(5):
                while len(said) <= len(messages):
                    said.append(str(await line.recv()))
    return said


async def everywhere(server: ServerProcess, secret: str) -> None:
    """Put it where clients of each protocol put theirs."""
    bearer = {"Authorization": f"Bearer {secret}"}
    path = "api/v1/recordings"
    await ask(server, path, **bearer)
    await ask(server, path, **{"X-Api-Key": secret})
    await ask(server, path, Cookie=f"{COOKIE}={secret}", Accept="text/html")
    await ask(server, f"{path}?limit=1&token={secret}")
    await ask(server, f"connect?token={secret}", Accept="text/html")  # which leads to signing in
    await ask(server, f"nowhere?token={secret}")
    await ask(server, f"socket.io/?EIO=4&transport=polling&token={secret}")
    start = '{"type": "start", "format": {}}'
    await open_line(server, "api/v1/live", start, **bearer)
    await open_line(server, f"api/v1/live?token={secret}", start)
    names = ["vivavoce.v1", f"vivavoce.token.{secret}"]
    await open_line(server, "api/v1/live", start, names=names)
    names = ["realtime", f"openai-insecure-api-key.{secret}"]
    await open_line(server, "v1/realtime", names=names)
    await open_line(server, f"speech/universal/v2?Ocp-Apim-Subscription-Key={secret}")
    signed = f"AWS4-HMAC-SHA256 Credential={secret}/20261120/any/transcribe/aws4_request"
    await ask(server, "stream-transcription", Authorization=signed)
    credential = f"X-Amz-Credential={secret}%2F20261120&X-Amz-Security-Token={secret}"
    await open_line(server, f"stream-transcription-websocket?{credential}")
    inside = f"40{json.dumps({'token': secret})}"
    await open_line(server, "socket.io/?EIO=4&transport=websocket", inside)
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as http:
        await http.post("api/v1/session", json={"key": secret})
        await http.post("api/v1/session", data={"key": secret})


async def test_nothing_secret_is_written_down(server: ServerProcess, tmp_path: Path) -> None:
    key = await asyncio.to_thread(made_key, server.data_dir)
    bearer = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, headers=bearer) as http:
        token = (await http.post("api/v1/tokens", json={})).json()["token"]
        made = await http.post("v1/realtime/client_secrets", json={})
        ephemeral = made.json()["value"]
    wrong = new_key()[1]
    for secret in (key, wrong, token, ephemeral):
        await everywhere(server, secret)
    # The token of a session opens it as a key does.
    start = '{"type": "start", "format": {}, "options": {"title": "hush-hush"}}'
    ready = json.loads((await open_line(server, "api/v1/live", start, **bearer))[0])
    session = ready["token"]
    resume = {"token": session, "type": "resume", "session": ready["session"]}
    message = json.dumps(resume | {"epoch": 1, "after": 0})
    assert "ready" in (await open_line(server, "api/v1/live", message, **bearer))[0]
    for secret in (key, wrong, token, ephemeral, session, "hush-hush"):
        hidden = secret.rsplit("_", 1)[-1] if secret.startswith("vv_") else secret
        for part in (secret, hidden, hidden[-24:]):
            assert part not in server.log
    assert server.log.count("refused") > 10
