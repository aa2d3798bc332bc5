"""Which protocols audio came by, and the page that shows it."""

import re
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.routing import Match

from vivavoce.core.commands import Audio
from vivavoce.dialects.native_messages import pack_batch
from vivavoce.server.pages.shown import FOLDER

pytestmark = pytest.mark.anyio

PAGE = (FOLDER / "connect.html").read_text()


async def heard(http: httpx2.AsyncClient) -> dict[str, float]:
    said = (await http.get("heard")).json()
    assert all(at <= said["now"] for at in said["heard"].values())
    assert (said["wyoming_port"], said["keys"]) == (None, False)
    times: dict[str, float] = said["heard"]
    return times


async def test_each_way_in_is_noted(http: httpx2.AsyncClient, talk: bytes) -> None:
    assert await heard(http) == {}
    await http.post("recordings", content=talk)
    assert set(await heard(http)) == {"recordings"}
    opened = (await http.post("live", content='{"type": "start", "format": {}}')).json()
    assert "native" not in await heard(http)
    await http.post(
        f"live/{opened['session']}/frames",
        content=pack_batch([Audio(0, bytes(3200))]),
        headers={"Authorization": f"Bearer {opened['token']}"},
    )
    assert set(await heard(http)) == {"recordings", "native"}
    files = {"file": ("talk.wav", talk)}
    await http.post("http://test/v1/audio/transcriptions", files=files)
    assert set(await heard(http)) == {"recordings", "native", "openai_rest"}


async def test_the_page_is_there(http: httpx2.AsyncClient) -> None:
    answer = await http.get("http://test/connect")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text == PAGE


async def test_every_path_in_a_snippet_is_a_route(app: FastAPI) -> None:
    """A socket's, too; what follows a library's base URL is up to the library."""
    paths = {path.rstrip("/") for path in re.findall(r"localhost:8000(/[\w/.]*)", PAGE)} - {"/v1"}
    assert len(paths) >= 5
    assert {path for path in paths if not _is_there(app, path)} == set()


def _is_there(app: FastAPI, path: str) -> bool:
    common: dict[str, Any] = {"path": path, "root_path": "", "headers": []}
    scopes = [{"type": "http", "method": "POST"}, {"type": "websocket"}]
    return any(
        route.matches({**common, **scope})[0] is Match.FULL
        for route in app.router.routes
        for scope in scopes
    )


def test_every_way_has_a_light_of_its_protocol() -> None:
    protocols = set(re.findall(r'data-protocol="(\w+)"', PAGE))
    assert protocols == {
        *("native", "recordings", "openai_realtime", "openai_rest", "wyoming"),
        *("azure_speech", "azure_app", "aws_transcribe", "aws_poc", "live_server", "webrtc"),
    }
    assert PAGE.count('class="way"') == PAGE.count('class="light"') == PAGE.count("data-copy")


def test_nothing_of_the_page_comes_from_elsewhere() -> None:
    assert re.findall(r'(?:src|href)="(?!studio/|\./|#)[^"]*"', PAGE) == []
