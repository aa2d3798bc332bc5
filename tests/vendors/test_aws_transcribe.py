"""Amazon Transcribe's own clients, with nothing changed but the endpoint.

`amazon-transcribe` insists on TLS and HTTP/2; the JavaScript SDK speaks HTTP/2 without TLS too,
and a WebSocket in browsers; others presign a WebSocket's address themselves.
"""

import asyncio
import hashlib
import hmac
import json
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import soxr
from amazon_transcribe.auth import StaticCredentialResolver
from amazon_transcribe.client import TranscribeStreamingClient
from amazon_transcribe.endpoints import StaticEndpointResolver
from amazon_transcribe.exceptions import BadRequestException
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedOK

import vivavoce
from vivavoce.audio.wav import wav_header
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.eventstream import Message, pack, unpack
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import silence
from vivavoce.server.transport.authority import server_certificate
from vivavoce.testing.encode import Shape, encode
from vivavoce.testing.process import UVICORN, ServerProcess, own_port, running

pytestmark = pytest.mark.anyio

KEY = "AKIDEXAMPLE"
PIECE = 4096  # bytes
SERVE = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")


class Server(ServerProcess):
    """One that speaks HTTP/2 on both of its ports. `certificate` is in PEM, with its key."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.tls_port = own_port(self)
        tls: dict[str, Any] = {"tls_port": self.tls_port, "tls_cert": certificate}
        # The end of an utterance is where `vivavoce transcribe` has it.
        super().__init__(folder, SERVE, finals="tiny", endpoint_ms=1000, max_sessions=64, **tls)

    @property
    def secure_url(self) -> str:
        return f"https://localhost:{self.tls_port}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Server]:
    shown = server_certificate(certificate.parent)
    server = Server(tmp_path_factory.mktemp("aws"), shown)
    with running(server):
        yield server
    assert KEY not in server.log


@pytest.fixture(scope="module")
def speech(data: Path) -> Pcm:
    """Five seconds of a real voice and a pause."""
    with wave.open(str(data / "ljspeech_short.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    sound: Pcm = soxr.resample(samples / 32768, file.getframerate(), 16_000)
    return np.concatenate([sound, silence(2)])


@pytest.fixture(scope="module")
def spoken(speech: Pcm) -> bytes:
    return (speech * 32767).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def file(spoken: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spoken") / "spoken"
    path.write_bytes(spoken)
    return path


@pytest.fixture(scope="module")
def transcribed(spoken: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `vivavoce transcribe` makes of the same."""
    file = tmp_path_factory.mktemp("transcribed") / "spoken.wav"
    file.write_bytes(wav_header(AudioFormat(), len(spoken)) + spoken)

    async def finals() -> list[str]:
        return [e.text async for e in vivavoce.transcribe(file) if isinstance(e, Final)]

    return asyncio.run(finals())


def check(results: list[dict[str, Any]], transcribed: list[str]) -> None:
    """Partial results, then final ones that are right; each under the id of its utterance."""
    finals = [result for result in results if not result["IsPartial"]]
    assert [result["Alternatives"][0]["Transcript"] for result in finals] == transcribed
    assert transcribed[0]
    assert results[0]["IsPartial"]
    assert results[0]["ResultId"] == finals[0]["ResultId"]
    for result in finals:
        items = result["Alternatives"][0]["Items"]
        times = [time for item in items for time in (item["StartTime"], item["EndTime"])]
        assert times == sorted(times)
        assert result["StartTime"] <= times[0] <= times[-1] <= result["EndTime"]
        assert items[-1]["Type"] == "punctuation"


# --- the Python client


@pytest.fixture
def client(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> TranscribeStreamingClient:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return TranscribeStreamingClient(
        region="eu-west-1",
        endpoint_resolver=StaticEndpointResolver(server.secure_url),  # type: ignore[no-untyped-call]
        credential_resolver=StaticCredentialResolver(KEY, "secret"),
    )


async def talk(
    client: TranscribeStreamingClient, audio: bytes, **parameters: Any
) -> list[dict[str, Any]]:
    """The results of one stream, as AWS has them in JSON."""
    asked: dict[str, Any] = {"language_code": "en-US", "media_encoding": "pcm", **parameters}
    stream = await client.start_stream_transcription(media_sample_rate_hz=16_000, **asked)
    assert stream.response.media_encoding == asked["media_encoding"]
    assert stream.response.session_id
    first, results = asyncio.Event(), []

    async def send() -> None:
        for at in range(0, len(audio), PIECE):
            await stream.input_stream.send_audio_event(audio_chunk=audio[at : at + PIECE])
            with suppress(TimeoutError):  # as a microphone does, until there are words
                async with asyncio.timeout(0.1):
                    await first.wait()
        await stream.input_stream.end_stream()  # type: ignore[no-untyped-call]

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        async for event in stream.output_stream:
            first.set()
            results += [_json(result) for result in event.transcript.results]
    return results


def _json(result: Any) -> dict[str, Any]:
    (alternative,) = result.alternatives
    items = [
        {"StartTime": i.start_time, "EndTime": i.end_time, "Type": i.item_type, "Stable": i.stable}
        for i in alternative.items
    ]
    return {
        "ResultId": result.result_id,
        "IsPartial": result.is_partial,
        "StartTime": result.start_time,
        "EndTime": result.end_time,
        "LanguageCode": result.language_code,
        "Alternatives": [{"Transcript": alternative.transcript, "Items": items}],
    }


async def test_the_python_client(
    client: TranscribeStreamingClient, spoken: bytes, transcribed: list[str]
) -> None:
    results = await talk(client, spoken, enable_partial_results_stabilization=True)
    check(results, transcribed)
    assert {result["LanguageCode"] for result in results} == {"en-US"}
    assert all(i["Stable"] for r in results[-1:] for i in r["Alternatives"][0]["Items"])


async def test_the_python_client_identifies_a_language(
    client: TranscribeStreamingClient, spoken: bytes, transcribed: list[str]
) -> None:
    options = {"identify_language": True, "language_options": ["de-DE", "en-US"]}
    check(await talk(client, spoken, language_code=None, **options), transcribed)


@pytest.mark.parametrize(
    ("encoding", "shape"),
    [("flac", Shape("flac", "flac", 16_000)), ("ogg-opus", Shape("ogg", "libopus"))],
)
async def test_compressed_audio(
    client: TranscribeStreamingClient, speech: Pcm, encoding: str, shape: Shape
) -> None:
    results = await talk(client, encode(speech, shape), media_encoding=encoding)
    finals = [r["Alternatives"][0]["Transcript"] for r in results if not r["IsPartial"]]
    assert "predecessors" in " ".join(finals)


async def test_what_cannot_be_had_is_their_exception(client: TranscribeStreamingClient) -> None:
    with pytest.raises(BadRequestException) as refused:
        await talk(client, b"", media_encoding="mp3")
    assert "media-encoding is 'mp3'" in refused.value.message
    with pytest.raises(BadRequestException) as refused:
        await talk(client, b"", language_code="xx-XX")
    assert "xx-XX" in refused.value.message
    with pytest.raises(BadRequestException) as refused:
        await talk(client, b"", content_redaction_type="PII")
    assert "not redacted" in refused.value.message


async def test_what_goes_wrong_in_the_stream_is_too(client: TranscribeStreamingClient) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await talk(client, bytes(PIECE), media_encoding="flac")
    (error,) = failed.value.exceptions
    assert isinstance(error, BadRequestException)
    assert "not audio" in error.message


# --- the JavaScript client


@pytest.mark.parametrize("kind", ["node", "node over TLS", "browser"])
def test_the_javascript_client(
    server: Server, node: Any, file: Path, transcribed: list[str], kind: str
) -> None:
    url = server.url.rstrip("/") if kind == "node" else server.secure_url
    opened, *results = node("aws_transcribe.mjs", kind.split()[0], url, str(file), "{}")
    check(results, transcribed)
    if kind != "browser":  # a WebSocket brings no headers
        assert opened["LanguageCode"] == "en-US"
        assert opened["SessionId"]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"MediaEncoding": "mp3"}, "media-encoding is 'mp3'"),
        ({"LanguageCode": None}, "one of language-code"),
        ({"EnableChannelIdentification": True, "NumberOfChannels": 2}, "channels are mixed"),
    ],
)
def test_what_cannot_be_had_is_their_exception_there(
    server: Server, node: Any, file: Path, parameters: dict[str, Any], sentence: str
) -> None:
    url = server.url.rstrip("/")
    (error,) = node("aws_transcribe.mjs", "node", url, str(file), json.dumps(parameters))
    assert error["name"] == "BadRequestException"
    assert sentence in error["message"]


# --- a presigned WebSocket


def presigned(server: Server, **parameters: str) -> str:
    """The address as AWS's documentation says to sign it (Signature Version 4, in the query)."""
    now = datetime.now(UTC)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/eu-west-1/transcribe/aws4_request"
    host, path = f"localhost:{server.port}", "/stream-transcription-websocket"
    query = parameters | {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{KEY}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
    }
    canonical = "&".join(f"{quote(k, safe='')}={quote(query[k], safe='')}" for k in sorted(query))
    nothing = hashlib.sha256(b"").hexdigest()
    request = "\n".join(["GET", path, canonical, f"host:{host}\n", "host", nothing])
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = b"AWS4secret"
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashed])
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"ws://{host}{path}?{canonical}&X-Amz-Signature={signature}"


LEAST = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": "16000"}


def audio_event(samples: bytes) -> bytes:
    headers = {
        ":content-type": "application/octet-stream",
        ":event-type": "AudioEvent",
        ":message-type": "event",
    }
    return pack(Message(headers, samples))


async def said(ws: ClientConnection) -> AsyncIterator[Any]:
    """What comes, to a close that is as it should be."""
    with suppress(ConnectionClosedOK):
        while True:
            data = await ws.recv()
            assert isinstance(data, bytes)
            headers, payload = unpack(data)
            assert headers.get(":event-type") == "TranscriptEvent", payload
            for result in json.loads(payload)["Transcript"]["Results"]:
                yield result
    assert ws.close_code == 1000


async def test_a_presigned_websocket(server: Server, spoken: bytes, transcribed: list[str]) -> None:
    first, results = asyncio.Event(), []

    async def send(ws: ClientConnection) -> None:
        for at in range(0, len(spoken), PIECE):
            await ws.send(audio_event(spoken[at : at + PIECE]))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await first.wait()
        await ws.send(audio_event(b""))

    async with connect(presigned(server, **LEAST)) as ws, asyncio.TaskGroup() as tasks:
        tasks.create_task(send(ws))
        async for result in said(ws):
            first.set()
            results.append(result)
    check(results, transcribed)


async def test_what_cannot_be_had_is_an_exception_in_the_websocket(server: Server) -> None:
    async with connect(presigned(server, **{**LEAST, "sample-rate": "4000"})) as ws:
        headers, payload = unpack(await ws.recv())  # type: ignore[arg-type]
        await ws.wait_closed()
    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == "BadRequestException"
    assert "sample-rate is '4000'" in json.loads(payload)["Message"]
    assert ws.close_code == 1008
