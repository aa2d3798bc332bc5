"""Pages of other sites get nothing done here, whatever they ask, with keys and without."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.types import Message

from tests.server.conftest import Serving
from vivavoce.server.auth.scopes import ANY, TABLE, WS
from vivavoce.server.browsers.policy import CSP, NOTHING

pytestmark = pytest.mark.anyio

CHANGING = [
    ("POST" if method == ANY else method, re.sub(r"{[^}]*}", "x", path))
    for method, path, _ in TABLE
    if method not in ("GET", "HEAD")
]
"""Every WebSocket and everything that changes something."""

EVIL = "http://evil.example"


@pytest.fixture(scope="module", params=["none", "keys"])
async def app(
    request: pytest.FixtureRequest, serving: Serving, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """With keys, and without."""
    folder = tmp_path_factory.mktemp("data")
    async with serving(folder, auth=request.param, origins=("https://app.example",)) as app:
        yield app


@pytest.fixture
async def site(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def handshake(app: FastAPI, path: str, **headers: str) -> list[Message]:
    """What a WebSocket's client is answered before anything is sent on it."""
    raw = {"host": "localhost", **headers}
    scope: dict[str, Any] = {
        "type": "websocket",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.replace("_", "-").encode(), raw[name].encode()) for name in raw],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
        "state": {},
    }
    answers: list[Message] = []
    coming: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect"}]

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        answers.append(message)

    await app(scope, receive, send)
    return answers


@pytest.mark.parametrize(("method", "path"), CHANGING)
async def test_a_page_of_another_site_may_not(
    app: FastAPI, site: httpx2.AsyncClient, method: str, path: str
) -> None:
    if method == WS:
        start, body = await handshake(app, path, origin=EVIL)
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
        error = json.loads(body["body"])["error"]
        assert error["code"] == "origin"
    else:
        answer = await site.request(method, path, headers={"Origin": EVIL})
        assert answer.status_code in (403, 400), "Amazon's clients know no other than 400"
        error = answer.json()
    assert f"Pages of {EVIL} may not do this" in str(error)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://localhost:8001"])
async def test_no_other_page_may(site: httpx2.AsyncClient, origin: str) -> None:
    answer = await site.post("/api/v1/live", json={}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin")


@pytest.mark.parametrize("site_of_page", ["cross-site", "same-site"])
async def test_a_browser_that_does_not_say_of_which_page_may_not(
    site: httpx2.AsyncClient, site_of_page: str
) -> None:
    answer = await site.post("/api/v1/live", json={}, headers={"Sec-Fetch-Site": site_of_page})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin")


@pytest.mark.parametrize("origin", [None, "http://localhost", "https://app.example"])
async def test_programs_own_pages_and_those_of_the_settings_may(
    site: httpx2.AsyncClient, origin: str | None
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    answer = await site.post("/api/v1/live", json={}, headers=headers)
    assert answer.status_code in (400, 401, 422), "it is looked at"


@pytest.mark.parametrize("path", ["/api/v1/recordings", "/", "/studio/app.js", "/socket.io/"])
async def test_a_name_that_points_here_is_not_enough(
    app: FastAPI, site: httpx2.AsyncClient, path: str
) -> None:
    answer = await site.get(path, headers={"Host": "evil.example:8000"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "host")
    assert "not known as evil.example:8000; the setting trusted_hosts" in answer.text
    start, _ = await handshake(app, "/api/v1/live", host="evil.example", origin=EVIL)
    assert start["status"] == 421


async def test_what_comes_without_the_extension_is_closed(app: FastAPI) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"origin", EVIL.encode())]
    scope = {"type": "websocket", "path": "/ws", "headers": headers, "query_string": b""}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_every_answer_says_what_it_may_do(site: httpx2.AsyncClient) -> None:
    answers = [
        await site.get("/health"),
        await site.get("/nothing/here"),
        await site.get("/studio/app.js"),
        await site.post("/api/v1/live", json={}, headers={"Origin": EVIL}),
    ]
    for answer in answers:
        assert answer.headers[CSP] == NOTHING
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "microphone=(self)" in answer.headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in answer.headers


async def test_pages_load_from_here_alone(site: httpx2.AsyncClient) -> None:
    for path in ("/sign-in", "/docs", "/s/none", "/captions/none"):
        rules = dict(
            part.strip().partition(" ")[::2]
            for part in (await site.get(path)).headers[CSP].split(";")
        )
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == "'self'"
        assert "unsafe" not in str(rules)
        assert rules["connect-src"] == "'self' ws://localhost wss://localhost"
        assert rules["frame-ancestors"] == ("*" if path.startswith("/captions") else "'none'")


@pytest.mark.parametrize(
    ("host", "strict"),
    [("voice.example", True), ("voice.example:8443", False), ("localhost", False)],
)
async def test_tls_is_asked_for_where_there_is_nothing_else(
    serving: Serving, tmp_path: Path, host: str, strict: bool
) -> None:
    async with serving(tmp_path, trusted_hosts=("voice.example",)) as app:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=f"https://{host}") as site:
            headers = (await site.get("/health")).headers
    assert ("Strict-Transport-Security" in headers) == strict
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
