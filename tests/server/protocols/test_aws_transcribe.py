"""Amazon Transcribe's addresses: how a session begins and ends over HTTP and a WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI

from vivavoce.dialects.eventstream import Frames, Message, pack
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.library.recording import Recording
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio

PATH = "/stream-transcription"
PREFIX = "x-amzn-transcribe-"
LEAST = {"language-code": "en-US", "sample-rate": "16000", "media-encoding": "pcm"}
EVENT = {":message-type": "event", ":event-type": "AudioEvent"}
TALK = np.concatenate([say("alfa", "bravo"), silence(1.5), say("charlie")])


def audio(samples: Pcm = TALK) -> bytes:
    return pack(Message(EVENT, (samples * 32767).astype("<i2").tobytes()))


END = pack(Message(EVENT))


class Client:
    """One request to the application, as ASGI has it; what it answers comes as it is said."""

    def __init__(self, app: FastAPI, kind: str, path: str, **parameters: str) -> None:
        self._kind = kind
        self._scope = {
            "type": kind,
            "method": "POST",
            "path": path,
            "root_path": "",
            "headers": [(f"{PREFIX}{k}".encode(), v.encode()) for k, v in parameters.items()],
            "query_string": str(httpx2.QueryParams(parameters)).encode(),
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8000),
        }
        self._coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._frames = Frames()
        self._task = asyncio.create_task(
            app(self._scope, self._coming.get, self.said.put)  # type: ignore[arg-type]
        )
        if kind == "websocket":
            self._coming.put_nowait({"type": "websocket.connect"})

    async def opened(self) -> dict[str, str]:
        """The headers of the answer, which is there before anything is sent."""
        opening = await self.said.get()
        if self._kind == "websocket":
            assert opening["type"] == "websocket.accept"
            return {}
        assert opening["type"] == "http.response.start"
        assert opening["status"] == 200
        return {name.decode(): value.decode() for name, value in opening["headers"]}

    def send(self, data: bytes, *, last: bool = False) -> None:
        if self._kind == "websocket":
            self._coming.put_nowait({"type": "websocket.receive", "bytes": data})
        else:
            body = {"type": "http.request", "body": data, "more_body": not last}
            self._coming.put_nowait(body)

    async def leave(self) -> None:
        kind = "websocket" if self._kind == "websocket" else "http"
        self._coming.put_nowait({"type": f"{kind}.disconnect", "code": 1006})
        await self._task

    async def messages(self) -> AsyncIterator[Message]:
        """To the end, which is to be one that the client is told of."""
        while True:
            said = await self.said.get()
            if said["type"] == "websocket.close":
                self.closed = said["code"]
                break
            self._frames.feed(said.get("body") or said.get("bytes") or b"")
            while (message := self._frames.next()) is not None:
                yield message
            if said["type"] == "http.response.body" and not said["more_body"]:
                break
        await self._task
        assert self._frames.waiting == 0

    async def finals(self) -> list[str]:
        messages = [message async for message in self.messages()]
        assert {message.headers[":message-type"] for message in messages} == {"event"}, messages
        results = [json.loads(m.payload)["Transcript"]["Results"][0] for m in messages]
        return [r["Alternatives"][0]["Transcript"] for r in results if not r["IsPartial"]]

    async def exception(self) -> tuple[Any, str]:
        """The last message, which is to be one."""
        *_, last = [message async for message in self.messages()]
        return last.headers[":exception-type"], json.loads(last.payload)["Message"]


def http_client(app: FastAPI, **parameters: str) -> Client:
    return Client(app, "http", PATH, **{**LEAST, **parameters})


def websocket(app: FastAPI, path: str = PATH, **parameters: str) -> Client:
    return Client(app, "websocket", f"{path}-websocket", **{**LEAST, **parameters})


async def only(parts: Services) -> Recording:
    (recording,) = (await parts.repository.page("local")).items
    return recording


async def test_a_stream_over_http(app: FastAPI, parts: Services) -> None:
    client = http_client(app)
    headers = await client.opened()
    assert headers["content-type"] == "application/vnd.amazon.eventstream"
    assert headers[f"{PREFIX}language-code"] == "en-US"
    assert headers["x-amzn-request-id"]
    assert len(headers[f"{PREFIX}session-id"]) == 36
    assert "content-length" not in headers
    client.send(audio())
    client.send(END)
    assert await client.finals() == ["alfa bravo", "charlie"]
    assert (await only(parts)).state == "done"


async def test_the_end_of_the_body_is_the_end_of_the_audio(app: FastAPI, parts: Services) -> None:
    client = http_client(app)
    await client.opened()
    client.send(audio()[:100])
    client.send(b"")
    client.send(audio()[100:], last=True)
    assert await client.finals() == ["alfa bravo", "charlie"]


async def test_a_stream_over_a_websocket(app: FastAPI, parts: Services) -> None:
    client = websocket(app)
    await client.opened()
    client.send(audio())
    client.send(END)
    assert await client.finals() == ["alfa bravo", "charlie"]
    assert client.closed == 1000


@pytest.mark.parametrize("client", [http_client, websocket])
async def test_a_client_that_goes_away_leaves_its_recording(
    app: FastAPI, parts: Services, client: Any
) -> None:
    line = client(app)
    await line.opened()
    line.send(audio())
    partial = await anext(line.messages())
    assert partial.headers[":event-type"] == "TranscriptEvent"
    await line.leave()
    recording = await only(parts)
    await parts.hub.sealed(recording.id)
    said = await parts.repository.transcript("local", recording.id)
    assert said.text.split() == ["alfa", "bravo", "charlie"]


@pytest.mark.parametrize("client", [http_client, websocket])
async def test_without_audio_nothing_is_kept(app: FastAPI, parts: Services, client: Any) -> None:
    line = client(app)
    await line.opened()
    line.send(END)
    assert [message async for message in line.messages()] == []
    assert not (await parts.repository.page("local")).items


@pytest.mark.parametrize("client", [http_client, websocket])
async def test_rubbish_costs_nothing_that_came_before(
    app: FastAPI, parts: Services, client: Any
) -> None:
    line = client(app)
    await line.opened()
    line.send(audio())
    line.send(b"this is no event stream")
    messages = [message async for message in line.messages()]
    *results, last = [json.loads(message.payload) for message in messages]
    texts = [r["Transcript"]["Results"][0]["Alternatives"][0]["Transcript"] for r in results]
    assert texts[-1] == "charlie"
    assert "no event stream" in last["Message"]
    assert messages[-1].headers[":exception-type"] == "BadRequestException"
    assert (await only(parts)).state == "done"


@pytest.mark.parametrize("client", [http_client, websocket])
async def test_audio_that_is_none_is_refused_in_the_stream(
    app: FastAPI, parts: Services, client: Any
) -> None:
    line = client(app, **{"media-encoding": "flac"})
    await line.opened()
    line.send(audio())
    line.send(END)
    name, sentence = await line.exception()
    assert name == "BadRequestException"
    assert sentence


@pytest.mark.parametrize("client", [http_client, websocket])
async def test_a_full_server_says_so(
    app: FastAPI, parts: Services, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.hub, "max_sessions", 0)
    line = client(app)
    await line.opened()
    line.send(audio())
    name, _ = await line.exception()
    assert name == "LimitExceededException"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"media-encoding": "mp3"}, "media-encoding is 'mp3'"),
        ({"language-code": ""}, "one of language-code"),
        ({"content-redaction-type": "PII"}, "not redacted"),
    ],
)
async def test_a_wrong_parameter_is_refused_before_the_stream(
    app: FastAPI, http: httpx2.AsyncClient, parameters: dict[str, str], sentence: str
) -> None:
    headers = {f"{PREFIX}{name}": value for name, value in {**LEAST, **parameters}.items()}
    answer = await http.post(f"http://test{PATH}", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "BadRequestException"
    assert sentence in answer.json()["Message"]
    line = websocket(app, **parameters)
    await line.opened()
    name, said = await line.exception()
    assert (name, line.closed) == ("BadRequestException", 1008)
    assert sentence in said


@pytest.mark.parametrize("other", ["medical-stream", "call-analytics-stream"])
async def test_their_other_services_are_not_here(
    app: FastAPI, http: httpx2.AsyncClient, other: str
) -> None:
    answer = await http.post(f"http://test/{other}-transcription")
    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "BadRequestException"
    assert "/stream-transcription" in answer.json()["Message"]
    line = websocket(app, f"/{other}-transcription")
    await line.opened()
    assert (await line.exception())[0] == "BadRequestException"


async def test_both_directions_are_open_over_http_1_too(address: tuple[str, int]) -> None:
    """The answer begins before there is a body, and goes on while it comes."""
    reader, writer = await asyncio.open_connection(*address)
    lines = [f"POST {PATH} HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked"]
    lines += [f"{PREFIX}{name}: {value}" for name, value in LEAST.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    body = audio()
    writer.write(b"%x\r\n%s\r\n" % (len(body), body))
    partial = await reader.readuntil(b"TranscriptEvent")
    assert partial
    writer.write(b"0\r\n\r\n")
    assert b'"charlie"' in await reader.readuntil(b"0\r\n\r\n")
    writer.close()
    await writer.wait_closed()
