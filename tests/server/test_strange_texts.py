"""Names of paths and scripts in every text that a client can send: texts they stay.

What the server opens, lists, makes, renames or deletes is heard (`sys.addaudithook`) while it is
asked; nothing of that may be a path that a client named.
"""

import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx2
import pytest
import websockets
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed, InvalidStatus

from vivavoce.dialects import eventstream
from vivavoce.server.services import Services
from vivavoce.testing.small_app import listening

pytestmark = pytest.mark.anyio

MARK: Final = "strangers-own-path"
SCRIPT: Final = f"<script>{MARK}</script><img src=x onerror={MARK}>"
HOSTILE: Final = (
    f"../../../../../../tmp/{MARK}",
    f"/tmp/{MARK}",
    f"..\\..\\{MARK}",
    f"....//....//{MARK}",
    f"%2e%2e%2f{MARK}",
    f"file:///tmp/{MARK}",
    f"{MARK}\0.wav",
    f"~/{MARK}",
    SCRIPT,
)

KINDS: Final = ("up", "root", "back", "twice", "coded", "address", "zero", "home", "script")
"""Names of tests, which the test runner itself puts into paths and the environment."""

WATCHED: Final = ("open", "os.", "shutil.", "pathlib.", "glob.", "sqlite3.connect", "subprocess.")


class Ear:
    """Hears which paths the process has to do with; hooks cannot be taken out again."""

    def __init__(self) -> None:
        self.listening = False
        self.heard: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.listening and event.startswith(WATCHED):
            text = repr(arguments)
            if MARK in text:
                self.heard.append(f"{event} {text}")


EAR: Final = Ear()


@pytest.fixture(autouse=True)
def no_path_is_touched(app: FastAPI) -> Iterator[None]:
    EAR.heard.clear()
    EAR.listening = True
    yield
    EAR.listening = False
    assert EAR.heard == []
    parts: Services = app.state.services
    found = [path for path in parts.settings.data_dir.rglob("*") if MARK in path.name]
    assert found == []
    assert not Path(f"/tmp/{MARK}").exists()


async def test_a_path_that_is_touched_is_heard() -> None:
    with suppress(FileNotFoundError):
        os.open(f"/nowhere/{MARK}", os.O_RDONLY)
    assert [heard.partition(" ")[0] for heard in EAR.heard] == ["open"]
    EAR.heard.clear()


def routes(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of everything that the OpenAPI document has."""
    document = app.openapi()
    return [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def texts(schema: dict[str, Any], parts: dict[str, Any], hostile: str) -> Any:
    """A value of a schema in which every text is this."""
    if "$ref" in schema:
        return texts(parts[schema["$ref"].rpartition("/")[2]], parts, hostile)
    for kind in ("anyOf", "allOf", "oneOf"):
        if kind in schema:
            return texts(schema[kind][0], parts, hostile)
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: texts(one, parts, hostile) for name, one in properties.items()}
        case "array":
            return [texts(schema.get("items", {}), parts, hostile)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return hostile


def harmless(answer: httpx2.Response) -> None:
    """What was sent comes back as text, if at all."""
    assert answer.status_code < 500 or answer.status_code in (501, 503), answer.text
    if SCRIPT in answer.text:
        assert not answer.headers["content-type"].startswith("text/html"), answer.text
        if "text/" in answer.headers["content-type"]:
            assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("hostile", HOSTILE, ids=KINDS)
async def test_every_text_of_every_route(
    app: FastAPI, http: httpx2.AsyncClient, talk: bytes, hostile: str
) -> None:
    made = await http.post("/recordings", content=talk, params={"wait": "true", "title": hostile})
    id = made.json()["id"]
    components = app.openapi()["components"]["schemas"]
    for method, path, operation in routes(app):
        if not path.startswith("/api/v1/") or (
            path.endswith("/recordings/{id}") and method == "delete"
        ):
            continue
        asked = {
            one["name"]: texts(one.get("schema", {}), components, hostile)
            for one in operation.get("parameters", ())
            if one["in"] == "query" and one["name"] not in ("follow", "wait")
        }
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        sent = {} if body is None else {"json": texts(body["schema"], components, hostile)}
        for named in (id, hostile.replace("\0", "%00")):
            where = path.removeprefix("/api/v1")
            for name in ("id", "name", "token", "session", "sid"):
                where = where.replace(f"{{{name}}}", named)
            harmless(await http.request(method.upper(), where, params=asked, **sent))
    for format in ("txt", "srt", "vtt", "json", "csv", "md", "jsonl"):
        query = {"format": format, "download": "true"}
        answer = await http.get(f"/recordings/{id}/transcript", params=query)
        harmless(answer)
        assert "/" not in answer.headers.get("content-disposition", "").replace("UTF-8''", "")


@pytest.mark.parametrize("hostile", HOSTILE, ids=KINDS)
async def test_names_of_files_and_fields(
    http: httpx2.AsyncClient, talk: bytes, hostile: str
) -> None:
    name = hostile.replace("\0", "")
    file = {"file": (name, talk, name.encode("ascii", "ignore").decode())}
    for path in ("/recordings", "http://test/v1/audio/transcriptions", "http://test/transcribe"):
        for data in (
            {},
            {"title": hostile, name: hostile},
            {"language": hostile},
            {"engine": hostile},
        ):
            harmless(await http.post(path, files=file, data=data))
    page = await http.get("http://test/list-audio")
    assert SCRIPT not in page.text
    shown = await http.get("/recordings")
    assert shown.headers["content-type"] == "application/json"


def messages(hostile: str, quoted: str) -> dict[str, list[str | bytes]]:
    """By address, in which it is `quoted`: what clients of each protocol send that has texts."""
    audio = base64.b64encode(bytes(3200)).decode()
    start = {"encoding": "pcm_s16le"}
    options = {"title": hostile, "languages": [hostile], "hot_words": [hostile], "prompt": hostile}
    azure = f"Path:speech.config\r\nX-RequestId:{hostile[:60]}\r\nContent-Type:{hostile}\r\n\r\n"
    events = [
        {"type": "start", "format": start, "language": hostile},
        {"type": "start", "format": start, "engine": hostile},
        {"type": "start", "format": start, "options": options},
        {"type": "start", "format": {"encoding": hostile}},
        {"type": "resume", "session": hostile[:64], "token": hostile, "epoch": 1, "after": 0},
        {"type": hostile},
    ]
    session = {"model": hostile, "language": hostile, "prompt": hostile}
    update = {"type": "transcription", "audio": {"input": {"transcription": session}}}
    return {
        "/api/v1/live": [json.dumps(event) for event in events],
        f"/v1/realtime?model={quoted}": [
            json.dumps(
                {"type": "session.update", "session": {"type": "transcription", "audio": update}}
            ),
            json.dumps({"type": "input_audio_buffer.append", "audio": audio, "event_id": hostile}),
            json.dumps({"type": hostile}),
        ],
        "/ws": [
            json.dumps({"type": "audio", "payload": audio, "file": hostile, "name": hostile}),
            json.dumps({"type": hostile, "action": hostile}),
        ],
        "/ws/transcribe": [json.dumps({"type": hostile, "audio": hostile, "file": hostile})],
        f"/ws/transcribe/{quoted}/x": [hostile],
        f"/speech/universal/v2?language={quoted}&X-ConnectionId={quoted}": [
            azure + json.dumps({"context": {"system": {"name": hostile}}}),
            azure.replace("config", "context") + json.dumps({"phraseDetection": {"mode": hostile}}),
        ],
        f"/stream-transcription-websocket?language-code={quoted}&session-id={quoted}": [
            eventstream.pack(eventstream.Message({":event-type": hostile}, b""))
        ],
    }


@pytest.mark.parametrize("hostile", HOSTILE, ids=KINDS)
async def test_every_text_of_every_protocol(app: FastAPI, hostile: str) -> None:
    async with listening(app, "off") as where:
        for address, said in messages(hostile, quote(hostile, safe="")).items():
            for one in said:
                with suppress(ConnectionClosed, InvalidStatus):
                    async with websockets.connect(f"ws://{where}{address}", proxy=None) as line:
                        await line.send(one)
                        await line.send("{}")


@pytest.mark.parametrize(
    "path",
    [
        "/studio/../../../../etc/passwd",
        "/studio/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/studio/..%2f..%2f..%2fetc%2fpasswd",
        "/studio/%5c..%5c..%5cetc%5cpasswd",
        "/embed/..%2fapp.js",
        "/studio//etc/passwd",
        "/studio/%00",
        f"/studio/{'a' * 5000}",
        "/s/..%2f..%2fetc",
        "/captions/..%2f..",
        "/api/v1/shared/..%2f../audio",
    ],
)
async def test_files_of_pages_are_those_of_pages(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(f"http://test{path}", follow_redirects=True)
    assert answer.status_code in (400, 404, 405)
    assert "root:" not in answer.text
