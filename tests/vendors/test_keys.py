"""Other services' own clients at a server that asks for keys: the right one gets text, and a wrong
one what each client says of a wrong key of its own service."""

import asyncio
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soxr
from amazon_transcribe.auth import StaticCredentialResolver
from amazon_transcribe.client import TranscribeStreamingClient
from amazon_transcribe.endpoints import StaticEndpointResolver
from amazon_transcribe.exceptions import UnknownServiceException
from openai import AsyncOpenAI, AuthenticationError, PermissionDeniedError
from socketio import AsyncClient
from socketio.exceptions import ConnectionError as NotConnected
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed

from vivavoce.audio.wav import wav_header
from vivavoce.client import Recordings, connect
from vivavoce.core.errors import BadCredentials, Forbidden
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.eventstream import unpack
from vivavoce.engines.fake import say, silence
from vivavoce.library.keys import new_key
from vivavoce.server.transport.authority import server_certificate
from vivavoce.testing.keys import made_key
from vivavoce.testing.process import UVICORN, ServerProcess, own_port, running

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
SERVE = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol", "--log-level", "debug")
LIMIT = 240.0
"""Seconds; only for what hangs."""

TALK = np.concatenate([say("alfa", "bravo"), silence(1)])
ASKED = "conversation.item.input_audio_transcription"


def pcm16(rate: int = 16_000) -> bytes:
    sound = soxr.resample(TALK, 16_000, rate) if rate != 16_000 else TALK
    return (sound * 32767).astype("<i2").tobytes()


WAV = wav_header(AudioFormat(), len(pcm16())) + pcm16()


class Server(ServerProcess):
    """One that speaks HTTP/2 on both of its ports. `certificate` is in PEM, with its key."""

    def __init__(self, folder: Path, certificate: Path, **settings: Any) -> None:
        self.tls_port = own_port(self)
        settings |= {"tls_port": self.tls_port, "tls_cert": certificate}
        super().__init__(
            folder, SERVE, engines="scripted", hosts=1, auth="keys", log_level="debug", **settings
        )

    @property
    def secure_url(self) -> str:
        return f"https://localhost:{self.tls_port}"

    def ws(self, path: str) -> str:
        return f"{self.url.replace('http', 'ws')}{path}"


@dataclass(frozen=True)
class Given:
    """A server, and keys: one for everything, one that may not transcribe, one of nobody."""

    server: Server
    good: str
    lesser: str
    wrong: str

    def http(self, key: str | None = None) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = self.server.url
        return httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60)

    async def token(self, **asked: Any) -> str:
        async with self.http(self.good) as http:
            made = await http.post("api/v1/tokens", json=asked)
        assert made.status_code == 201, made.text
        return str(made.json()["token"])


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Given]:
    server = Server(tmp_path_factory.mktemp("keyed"), server_certificate(certificate.parent))
    with running(server):
        folder = server.data_dir
        given = Given(server, made_key(folder), made_key(folder, "read"), new_key()[1])
        yield given
    for secret in (given.good, given.lesser, given.wrong, "eyJ"):  # what a token begins with
        assert secret not in server.log
    assert "refused" in server.log


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """What is said at 16 kHz, without a header."""
    path = tmp_path / "sound"
    path.write_bytes(pcm16())
    return path


# --- our own


async def heard(given: Given, key: str | None) -> list[str]:
    async with connect(given.server.url, key=key) as session:
        await session.send(pcm16())
        await session.finish()
        return [event.text async for event in session if isinstance(event, Final)]


async def test_our_own_client(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await heard(given, given.good) == ["alfa bravo"]
    with pytest.raises(BadCredentials, match="This key is not known here"):
        await heard(given, given.wrong)
    with pytest.raises(BadCredentials, match="asks for a key"):
        await heard(given, None)
    with pytest.raises(Forbidden, match="scope transcribe"):
        await heard(given, given.lesser)
    monkeypatch.setenv("VIVAVOCE_KEY", given.good)
    assert await heard(given, None) == ["alfa bravo"]


async def test_our_own_client_of_recordings(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talk.wav").write_bytes(WAV)
    async with Recordings(given.server.url, key=given.good) as recordings:
        done = await recordings.upload(tmp_path / "talk.wav", wait=True)
        assert (await recordings.transcript(done.id)).strip() == "alfa bravo"
    async with Recordings(given.server.url, key=given.lesser) as recordings:
        assert await recordings.get(done.id) == done  # of the same owner
        with pytest.raises(Forbidden, match="scope manage"):
            await recordings.delete(done.id)
    async with Recordings(given.server.url) as recordings:
        with pytest.raises(BadCredentials):
            await recordings.get(done.id)
    monkeypatch.setenv("VIVAVOCE_KEY", given.good)
    async with Recordings(given.server.url) as recordings:
        await recordings.delete(done.id)


async def test_a_key_that_cannot_be_one_is_not_sent(given: Given) -> None:
    for key in ("vv_ü", "vv_a\nX-Evil: 1", "two words"):
        with pytest.raises(BadCredentials, match="it was not sent"):
            await heard(given, key)


def test_the_command_line(given: Given, tmp_path: Path) -> None:
    (tmp_path / "talk.wav").write_bytes(WAV)
    ours = ("VIVAVOCE_",)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}

    def run(*args: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "vivavoce", *args, "--server", given.server.url],
            cwd=tmp_path,
            env={**environment, "HOME": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    for command in (("transcribe", "talk.wav"), ("listen", "--device", "file:talk.wav")):
        assert run(*command, "--key", given.good).stdout == "alfa bravo\n"
        assert run(*command, VIVAVOCE_KEY=given.good).stdout == "alfa bravo\n"
        refused = run(*command, "--key", given.wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "This key is not known here." in refused.stderr
        assert given.wrong not in refused.stderr
        missing = run(*command)
        assert (missing.returncode, missing.stdout) == (1, "")
        assert "None was sent: --key or VIVAVOCE_KEY has one." in missing.stderr


async def test_the_protocol_over_plain_http(given: Given) -> None:
    """Where `Authorization` is the session's, the key has a header of its own."""
    key = {"X-Api-Key": given.good}
    async with given.http() as http:
        start = {"type": "start", "format": {}}
        assert (await http.post("api/v1/live", json=start)).status_code == 401
        opened = (await http.post("api/v1/live", json=start, headers=key)).json()
        path = f"api/v1/live/{opened['session']}/control"
        bearer = {"Authorization": f"Bearer {opened['token']}"}
        finish = {"type": "finish"}
        assert (await http.post(path, json=finish, headers=bearer)).status_code == 401
        assert (await http.post(path, json=finish, headers=key)).status_code == 401
        assert (await http.post(path, json=finish, headers=key | bearer)).status_code == 204


@pytest.mark.parametrize("place", ["header", "subprotocol", "address"])
async def test_a_token_for_a_page(given: Given, place: str) -> None:
    token = await given.token(scopes=["transcribe"])
    query = f"?token={token}" if place == "address" else ""
    names = ["vivavoce.v1", *([f"vivavoce.token.{token}"] if place == "subprotocol" else [])]
    headers = {"Authorization": f"Bearer {token}"} if place == "header" else {}
    url = given.server.ws(f"api/v1/live{query}")
    protocols: Any = names
    async with websocket(url, subprotocols=protocols, additional_headers=headers) as line:
        assert line.subprotocol == "vivavoce.v1"
        await line.send('{"type": "start", "format": {}}')
        assert json.loads(await line.recv())["type"] == "ready"
    async with given.http(token) as http:
        assert (await http.get("api/v1/recordings")).status_code == 403


# --- OpenAI's


def openai(given: Given, key: str) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=key, base_url=f"{given.server.url}v1", max_retries=0)


async def test_openai_s_client_for_files(given: Given) -> None:
    async with openai(given, given.good) as client:
        said = await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", WAV))
        assert said.text == "alfa bravo"
        assert [model.id async for model in client.models.list()] != []
    async with openai(given, given.wrong) as client:
        with pytest.raises(AuthenticationError) as refused:
            await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", WAV))
        assert refused.value.code == "invalid_api_key"
        assert refused.value.type == "invalid_request_error"
    async with openai(given, given.lesser) as client:
        with pytest.raises(PermissionDeniedError) as forbidden:
            await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", WAV))
        assert forbidden.value.code == "forbidden"


async def realtime(given: Given, key: str, rate: int = 24_000) -> str:
    """The first transcript, or an error's code and the code of the close after it."""
    async with openai(given, key) as client, client.realtime.connect(model="any") as line:
        try:
            with suppress(ConnectionClosed):  # why comes before that it is closed
                await line.input_audio_buffer.append(audio=b64encode(pcm16(rate)).decode())
            while True:
                event: Any = await line.recv()
                if event.type == "error":
                    code = event.error.code
                    await line.recv()
                if event.type == f"{ASKED}.completed":
                    return str(event.transcript)
        except ConnectionClosed as closed:
            why = closed.rcvd
            return f"{code}, {why and why.code} {why and why.reason}"


async def test_openai_s_realtime_client(given: Given) -> None:
    assert await realtime(given, given.good) == "alfa bravo"
    refused = "invalid_api_key, 3000 invalid_request_error.invalid_api_key"
    assert await realtime(given, given.wrong) == refused
    assert await realtime(given, given.lesser) == "forbidden, 3003 forbidden"


@pytest.mark.parametrize("kind", ["ga", "browser"])
def test_openai_s_javascript_client(given: Given, node: Any, tmp_path: Path, kind: str) -> None:
    (tmp_path / "talk").write_bytes(pcm16(24_000))
    base, talk = f"{given.server.secure_url}/v1", str(tmp_path / "talk")
    said = node("openai_realtime.mjs", kind, base, given.good, talk)
    assert said[-1]["transcript"] == "alfa bravo"
    event, error, closed = node("openai_realtime.mjs", kind, base, given.wrong, talk)
    assert event["error"]["code"] == error["code"] == "invalid_api_key"
    assert (closed["type"], closed["code"]) == ("closed", 3000)


async def test_a_short_lived_key(given: Given, tmp_path: Path, certificate: Path) -> None:
    """Which may transcribe and no more, in every process of a server, as long as its maker may."""
    maker = await asyncio.to_thread(made_key, given.server.data_dir)
    async with openai(given, maker) as client:
        session: Any = {
            "type": "transcription",
            "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24_000}}},
        }
        secret = await client.realtime.client_secrets.create(session=session)
    assert await realtime(given, secret.value) == "alfa bravo"
    other = Server(tmp_path, server_certificate(certificate.parent), data_dir=given.server.data_dir)
    with running(other):
        elsewhere = Given(other, given.good, given.lesser, given.wrong)
        assert await realtime(elsewhere, secret.value) == "alfa bravo"
    async with given.http(secret.value) as http:
        assert (await http.get("api/v1/recordings")).status_code == 403
    await revoke(given, maker)
    assert (await realtime(given, secret.value)).startswith("invalid_api_key, 3000")


async def revoke(given: Given, key: str) -> None:
    """And wait until nobody gets in by it."""
    command = ("keys", "revoke", key.split("_")[1], "--data-dir", str(given.server.data_dir))
    done = await asyncio.create_subprocess_exec(sys.executable, "-m", "vivavoce", *command)
    assert await done.wait() == 0
    async with given.http(key) as http:
        while (await http.get("api/v1/info")).status_code == 200:
            pass


# --- Azure's


OLD = HERE.parents[1] / ".fetched" / "old-clients" / "azure-cognitiveservices-speech==1.42.0"


def azure(given: Given, sdk: str, key: str, tmp_path: Path, node: Any) -> dict[str, Any]:
    """What an app with this SDK is told at the end of a file."""
    (tmp_path / "talk.wav").write_bytes(WAV)
    url = given.server.ws("").rstrip("/")
    asked: dict[str, Any] = {"key": key, "file": str(tmp_path / "talk.wav")}
    if sdk == "javascript":
        told = node("azure_speech.mjs", json.dumps({**asked, "url": url}))
    else:
        done = subprocess.run(
            [
                *(sys.executable, str(HERE / "azure_speech_sdk.py")),
                json.dumps({**asked, "at": {"host": url}}),
            ],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            env={**os.environ, **({"PYTHONPATH": str(OLD)} if sdk == "1.42.0" else {})},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told = [json.loads(line) for line in done.stdout.splitlines()]
    final = [each["text"] for each in told if each["event"] == "recognized"]
    (end,) = [each for each in told if each["event"] == "canceled"]
    return {**end, "said": " ".join(final).strip()}


@pytest.mark.parametrize("sdk", ["1.53.0", "1.42.0", "javascript"])
def test_azure_s_clients(given: Given, node: Any, tmp_path: Path, sdk: str) -> None:
    if not (OLD / ".installed").exists():
        pytest.skip("the older client is not installed (scripts/install-old-clients)")
    right = azure(given, sdk, given.good, tmp_path, node)
    assert (right["said"], right["why"]) == ("alfa bravo", "EndOfStream")
    for key in (given.wrong, given.lesser):
        refused = azure(given, sdk, key, tmp_path, node)
        assert (refused["said"], refused["why"]) == ("", "Error")
        if sdk == "javascript":  # it is not told of a handshake's status
            assert refused["code"] == "BadRequestParameters", refused
            assert "key" in refused["details"]
        else:
            assert refused["code"] == "AuthenticationFailure"


# --- Amazon's


async def amazon(given: Given, key: str) -> str:
    client = TranscribeStreamingClient(
        region="eu-west-1",
        endpoint_resolver=StaticEndpointResolver(given.server.secure_url),  # type: ignore[no-untyped-call]
        credential_resolver=StaticCredentialResolver(key, "secret"),
    )
    stream = await client.start_stream_transcription(
        language_code="en-US", media_encoding="pcm", media_sample_rate_hz=16_000
    )
    await stream.input_stream.send_audio_event(audio_chunk=pcm16())
    await stream.input_stream.end_stream()  # type: ignore[no-untyped-call]
    said = [result async for event in stream.output_stream for result in event.transcript.results]
    return " ".join(r.alternatives[0].transcript for r in said if not r.is_partial)


async def test_amazon_s_client(
    given: Given, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert await amazon(given, given.good) == "alfa bravo"
    with pytest.raises(UnknownServiceException) as refused:
        await amazon(given, given.wrong)
    error: Any = refused.value
    assert (error.error_code, error.status_code) == ("UnrecognizedClientException", 403)
    with pytest.raises(UnknownServiceException) as refused:
        await amazon(given, given.lesser)
    error = refused.value
    assert (error.error_code, error.status_code) == ("AccessDeniedException", 403)


@pytest.mark.parametrize("kind", ["node", "browser"])
def test_amazon_s_javascript_client(given: Given, node: Any, sound: Path, kind: str) -> None:
    url = given.server.url.rstrip("/") if kind == "node" else given.server.secure_url

    def ask(key: str) -> Any:
        *_, last = node("aws_transcribe.mjs", kind, url, str(sound), "{}", KEY=key)
        return last

    assert ask(given.good)["Alternatives"][0]["Transcript"] == "alfa bravo"
    assert ask(given.wrong)["name"] == "UnrecognizedClientException"
    assert ask(given.lesser)["name"] == "AccessDeniedException"


async def test_a_presigned_address(given: Given) -> None:
    """A token may be the access key id there."""
    token = await given.token()
    query = "language-code=en-US&media-encoding=pcm&sample-rate=16000&X-Amz-Credential="

    async def first(key: str) -> dict[str, Any]:
        url = given.server.ws(f"stream-transcription-websocket?{query}{key}%2F20261120")
        async with websocket(url) as line:
            with suppress(ConnectionClosed):
                await line.send(bytes(16))  # no message of theirs
            message = await line.recv()
        assert isinstance(message, bytes)
        return dict(unpack(message).headers)

    assert (await first(token))[":exception-type"] == "BadRequestException"
    assert (await first(given.wrong))[":exception-type"] == "UnrecognizedClientException"


# --- Socket.IO's


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
async def test_socket_io_s_client(given: Given, transports: list[str]) -> None:
    """By WebSocket, by polling, and from one to the other."""
    texts: asyncio.Queue[str] = asyncio.Queue()

    async def talk(key: str | None, **headers: str) -> list[str]:
        client = AsyncClient(reconnection=False)
        client.on("transcription", lambda said: texts.put_nowait(said["text"]))
        client.on("connect_error", lambda said: texts.put_nowait(f"refused: {said['message']}"))
        auth = None if key is None else {"token": key}
        try:
            await client.connect(
                given.server.url, transports=transports, auth=auth, headers=headers
            )
        except NotConnected:
            return [texts.get_nowait()]
        await client.emit("start_transcription")
        await client.emit("audio_data", {"audio": b64encode(pcm16()).decode()})
        await client.emit("stop_transcription")
        said = [await texts.get() for _ in range(3)]
        await client.disconnect()
        return said

    assert "alfa bravo" in await talk(given.good)
    assert "alfa bravo" in await talk(None, Authorization=f"Bearer {given.good}")
    assert "alfa bravo" in await talk(await given.token())
    unknown = ["refused: This key is not known here."]
    assert await talk(given.wrong) == unknown
    assert await talk(None, Authorization=f"Bearer {given.wrong}") == unknown
    assert "scope transcribe" in (await talk(given.lesser))[0]
    assert "asks for a key" in (await talk(None))[0]


@pytest.mark.parametrize("package", ["socket.io-client", "socket.io-client-4.0"])
@pytest.mark.parametrize("transports", ["websocket", "polling,websocket"])
def test_socket_io_s_javascript_client(
    given: Given, node: Any, sound: Path, package: str, transports: str
) -> None:
    def talk(key: str) -> Any:
        args = (package, given.server.url, transports, str(sound), "1")
        return node("socketio.mjs", *args, TOKEN=key)

    assert "alfa bravo" in [said.get("text") for said in talk(given.good)]
    (refused,) = talk(given.wrong)
    assert refused["event"] == "connect_error"
    assert refused["message"] == "This key is not known here."
    assert refused["data"] == {"code": "bad_credentials"}


async def test_who_upgrades_with_a_key_from_before_stays(given: Given) -> None:
    """The WebSocket itself has no key, and is there for longer than one is waited for."""
    client = AsyncClient(reconnection=False)
    gone = asyncio.Event()
    client.on("disconnect", lambda _reason=None: gone.set())
    texts: asyncio.Queue[str] = asyncio.Queue()
    client.on("transcription", lambda said: texts.put_nowait(said["text"]))
    await client.connect(given.server.url, auth={"token": given.good})
    assert client.transport() == "websocket"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(12):
            await gone.wait()
    await client.emit("stop_transcription")
    assert await texts.get() == "Transcription stopped."
    await client.disconnect()


# --- those that came before


async def said_by(url: str, *messages: str | bytes, key: str = "") -> tuple[list[Any], int]:
    """All that is said there, and the close."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    found = []
    async with websocket(url, additional_headers=headers) as line:
        try:
            with suppress(ConnectionClosed):  # why comes before that it is closed
                for message in messages:
                    await line.send(message)
            while True:
                found.append(json.loads(await line.recv()))
                if found[-1]["type"] == "transcription":
                    await line.close()
        except ConnectionClosed:
            pass
    return found, line.close_code or 0


async def test_the_aws_sample(given: Given) -> None:
    audio = json.dumps({"type": "audio", "payload": b64encode(pcm16()).decode()})
    stop = '{"type": "control", "action": "stop"}'
    for key, query in ((given.good, ""), ("", f"?token={await given.token()}")):
        url = given.server.ws(f"ws{query}")
        told, close = await said_by(url, audio, stop, key=key)
        assert close == 1000
        assert "alfa bravo" in [each.get("text") for each in told]
    told, close = await said_by(given.server.ws("ws"), audio, stop, key=given.wrong)
    assert (told, close) == ([{"type": "error", "message": "This key is not known here."}], 4401)


@pytest.mark.parametrize("path", ["ws/transcribe", "ws/transcribe/workspace/step"])
async def test_the_live_transcription_server(given: Given, path: str) -> None:
    told, _ = await said_by(given.server.ws(path), WAV, key=given.good)
    assert [each["text"] for each in told if each["type"] == "transcription"] == ["alfa bravo"]
    told, close = await said_by(given.server.ws(path), WAV, key=given.wrong)
    assert (told, close) == ([{"type": "warning", "message": "This key is not known here."}], 4401)


async def test_the_almost_real_time_app(given: Given) -> None:
    form: Any = {"files": {"audio": ("recording.webm", WAV)}, "data": {"mode": "Recording"}}
    async with given.http(given.good) as http:
        assert (await http.post("transcribe", **form)).json() == {"transcript": "alfa bravo"}
    async with given.http(given.wrong) as http:
        refused = await http.post("transcribe", **form)
        assert (refused.status_code, refused.json()) == (
            *(401, {"error": "This key is not known here."}),
        )
    async with given.http() as http:  # a person is asked to sign in
        page = await http.get("list-audio", headers={"Accept": "text/html"})
        assert page.status_code in (302, 303, 307)


async def test_an_offer_of_webrtc(given: Given) -> None:
    offer = {"sdp": "hello", "type": "offer"}
    async with given.http(given.good) as http:
        assert (await http.post("webrtc/offer", json=offer)).status_code == 400
    async with given.http(given.wrong) as http:
        assert (await http.post("webrtc/offer", json=offer)).status_code == 401


async def test_the_echo(given: Given) -> None:
    async with websocket(
        given.server.ws("ws/echo"), additional_headers={"Authorization": f"Bearer {given.lesser}"}
    ) as line:
        await line.send("hello")
        assert await line.recv() == "hello"
    async with websocket(given.server.ws("ws/echo")) as line:
        assert "asks for a key" in str(await line.recv())
        await line.wait_closed()
    assert line.close_code == 4401
