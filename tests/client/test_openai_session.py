"""The SDK with OpenAI's protocol: our own server, servers that can do less, and none at all."""

import asyncio
import json
import ssl
import wave
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from vivavoce.client import OpenAISession, Unreachable, connect_openai
from vivavoce.client import openai_protocol as protocol
from vivavoce.client.openai_session import FORMAT
from vivavoce.core.errors import BadCredentials, Gone, PeerError
from vivavoce.core.events import AnyEvent, Final, Warning
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.server.transport.authority import authority, server_certificate
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay
from vivavoce.testing.words import word_errors

pytestmark = pytest.mark.anyio

COMPLETED = "conversation.item.input_audio_transcription.completed"
SAID = "Produced the block books, which were the immediate predecessors of the true printed book."
PIECE = 4800  # bytes: a tenth of a second
Handler = Callable[[ServerConnection], Awaitable[None]]


def pcm16(samples: Pcm, rate: int = 16_000) -> bytes:
    sound: Pcm = soxr.resample(samples, rate, FORMAT.rate)
    return (sound.clip(-1, 1) * 32767).astype("<i2").tobytes()


async def send(session: OpenAISession, audio: bytes) -> None:
    for at in range(0, len(audio), PIECE):
        await session.send(audio[at : at + PIECE])


def texts(events: list[AnyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Final)]


async def rest(session: OpenAISession) -> list[AnyEvent]:
    await session.finish()
    return [event async for event in session]


async def until_final(session: OpenAISession) -> Final:
    async for event in session:
        if isinstance(event, Final):
            return event
    raise AssertionError("There was no final.")


@asynccontextmanager
async def serving(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A server of somebody else's; its address."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        scheme = "https" if "ssl" in options else "http"
        yield f"{scheme}://localhost:{port}/v1"


async def test_a_voice(server: ServerProcess, clip: Path) -> None:
    with wave.open(str(clip)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    async with connect_openai(server.url, key="any", language="en") as session:
        await send(session, pcm16((sound / 32768).astype(np.float32), rate))
        heard = await rest(session)
    assert word_errors(SAID, " ".join(texts(heard))) <= 1


async def test_words_come_live_and_the_last_at_the_end(scripted: ServerProcess) -> None:
    async with connect_openai(f"{scripted.url}v1") as session:
        await send(session, pcm16(np.concatenate([say("alfa", "bravo"), silence(1)])))
        first = await until_final(session)
        await send(session, pcm16(say("charlie", "delta")))  # and no silence after it
        heard = await rest(session)
    assert first.text == "alfa bravo"
    assert 0 <= first.start < first.end
    assert texts(heard) == ["charlie delta"]
    assert session.over
    with pytest.raises(Gone, match="finished"):
        await session.send(b"")


async def test_nothing_said_ends_at_once(scripted: ServerProcess) -> None:
    async with connect_openai(scripted.url) as session:
        assert await rest(session) == []


async def test_a_lost_line_keeps_what_was_heard_and_goes_on(scripted: ServerProcess) -> None:
    with Relay(scripted.port) as relay:
        async with connect_openai(relay.url) as session:
            await send(session, pcm16(np.concatenate([say("alfa", "bravo"), silence(1)])))
            assert (await until_final(session)).text == "alfa bravo"
            relay.cut()
            await session.until_lost()
            await send(session, pcm16(say("charlie")))
            relay.mend()
            heard = await rest(session)
    assert [event.code for event in heard if isinstance(event, Warning)] == ["line_lost"]
    assert texts(heard) == ["charlie"]


async def test_a_server_that_sends_only_transcripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "QUIET", 0.0)
    heard = bytearray()
    whole = asyncio.Event()

    async def answer(line: ServerConnection) -> None:
        async for message in line:
            if audio := json.loads(message).get("audio"):
                heard.extend(b64decode(audio))
            if len(heard) == 2 * PIECE:
                await line.send(json.dumps({"type": COMPLETED, "transcript": "So it goes."}))
                whole.set()

    async with serving(answer) as url, connect_openai(url) as session:
        await send(session, bytes(range(192)) * 50)
        await whole.wait()
        assert (await until_final(session)).text == "So it goes."
        assert texts(await rest(session)) == []
    assert heard == bytes(range(192)) * 50


async def test_a_server_that_goes_when_it_has_said_all() -> None:
    async def answer(line: ServerConnection) -> None:
        async for message in line:
            if json.loads(message)["type"] == "input_audio_buffer.commit":
                await line.send(json.dumps({"type": COMPLETED, "transcript": "So it goes."}))
                return

    async with serving(answer) as url, connect_openai(url) as session:
        await send(session, bytes(PIECE))
        assert texts(await rest(session)) == ["So it goes."]


async def test_the_key_is_sent() -> None:
    keys = []

    async def answer(line: ServerConnection) -> None:
        assert line.request is not None
        keys.append(line.request.headers.get("Authorization"))
        await line.wait_closed()

    async with serving(answer) as url:
        for key in ("sk-secret", None):
            with pytest.raises(KeyError):
                async with connect_openai(url, key=key):
                    raise KeyError  # enough was heard
    assert keys == ["Bearer sk-secret", None]


@pytest.mark.parametrize(
    ("status", "body", "error", "sentence"),
    [
        (
            HTTPStatus.UNAUTHORIZED,
            '{"error": {"message": "Incorrect API key."}}',
            BadCredentials,
            r'refused the key \(HTTP status 401\)\. It says: "Incorrect API key\."',
        ),
        (HTTPStatus.FORBIDDEN, "[", BadCredentials, "or does not know this address"),
        (HTTPStatus.NOT_FOUND, "Nothing here.", PeerError, r"HTTP status 404 .* WebSocket\.$"),
        (HTTPStatus.BAD_GATEWAY, "", Unreachable, "HTTP status 502"),
    ],
)
async def test_a_refusal_in_clear_words(
    status: HTTPStatus, body: str, error: type[Exception], sentence: str
) -> None:
    async def never(line: ServerConnection) -> None:
        raise AssertionError

    def refuse(line: ServerConnection, _request: Request) -> Response:
        return line.respond(status, body)

    async with serving(never, process_request=refuse) as url:
        with pytest.raises(error, match=sentence):
            async with connect_openai(url, key="wrong"):
                pass


async def test_tls_trouble_in_clear_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_certificate(tmp_path))

    async def complete(line: ServerConnection) -> None:
        await line.send(json.dumps({"type": COMPLETED, "transcript": "Safe."}))

    async with serving(complete, ssl=context) as url:
        with pytest.raises(Unreachable, match=r"not trusted, .*certificate; .*SSL_CERT"):
            async with connect_openai(url):
                pass
        with pytest.raises(Unreachable, match="an address in wss:// may work"):
            async with connect_openai(url.replace("https", "http")):
                pass
        monkeypatch.setenv("SSL_CERT_FILE", str(authority(tmp_path)))
        async with connect_openai(url) as session:
            assert (await until_final(session)).text == "Safe."


async def test_no_tls_in_clear_words(scripted: ServerProcess) -> None:
    with pytest.raises(Unreachable, match="no TLS is spoken there"):
        async with connect_openai(scripted.url.replace("http", "https")):
            pass
