"""OpenAI's own clients at `/v1/realtime`, and the program of the course that came before."""

import asyncio
import json
import wave
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soxr
from openai import AsyncOpenAI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import vivavoce
from vivavoce.audio.wav import wav_header
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.testing.encode import Shape, encode
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

RATE = 24_000
ASKED = "conversation.item.input_audio_transcription"
TALK = np.concatenate([say("alfa", "bravo"), silence(1)])
VAD = {"type": "server_vad", "silence_duration_ms": 300}


def pcm16(samples: Pcm) -> bytes:
    """16 kHz samples as clients of OpenAI send them."""
    sound: Pcm = soxr.resample(samples, 16_000, RATE)
    return (sound * 32767).astype("<i2").tobytes()


def text(audio: bytes) -> str:
    return b64encode(audio).decode()


def session(**heard: Any) -> Any:
    """What the generally available client updates a session with."""
    transcription = {"model": "gpt-4o-transcribe", "language": "en"}
    return {"type": "transcription", "audio": {"input": {"transcription": transcription, **heard}}}


def client(server: ServerProcess, key: str = "sk-anything") -> AsyncOpenAI:
    base = f"{server.url}v1"
    return AsyncOpenAI(api_key=key, base_url=base, websocket_base_url=base.replace("http:", "ws:"))


class Heard:
    """What a client was told: events by their names, deltas and transcripts as text."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    @property
    def names(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def deltas(self) -> str:
        return "".join(e.delta for e in self.events if e.type == f"{ASKED}.delta")

    @property
    def transcripts(self) -> list[str]:
        return [e.transcript for e in self.events if e.type == f"{ASKED}.completed"]

    async def until(self, name: str, connection: Any) -> Any:
        """Listen up to the event of this name, which is given back."""
        while True:
            event = await connection.recv()
            self.events.append(event)
            assert event.type != "error", event
            if event.type == name:
                return event


async def test_the_python_client(scripted: ServerProcess) -> None:
    heard = Heard()
    async with (
        client(scripted) as openai,
        openai.realtime.connect(extra_query={"intent": "transcription"}) as connection,
    ):
        created = await heard.until("session.created", connection)
        await connection.session.update(session=session(turn_detection=VAD))
        updated = await heard.until("session.updated", connection)
        await connection.input_audio_buffer.append(audio=text(pcm16(TALK)))
        completed = await heard.until(f"{ASKED}.completed", connection)
    assert created.session.type == "transcription"
    assert updated.session.audio.input.transcription.model == "gpt-4o-transcribe"
    assert updated.session.audio.input.turn_detection.silence_duration_ms == 300
    assert [name for name in heard.names[2:] if not name.startswith(ASKED)] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert completed.transcript == heard.deltas == "alfa bravo"
    assert completed.usage.type == "duration"
    assert len({event.event_id for event in heard.events}) == len(heard.events)


async def test_the_python_client_of_the_beta(scripted: ServerProcess) -> None:
    heard = Heard()
    async with (
        client(scripted) as openai,
        openai.beta.realtime.connect(
            model="gpt-4o-transcribe", extra_query={"intent": "transcription"}
        ) as connection,
    ):
        await heard.until("session.created", connection)
        await connection.transcription_session.update(
            session={
                "input_audio_format": "pcm16",
                "input_audio_transcription": {
                    "model": "gpt-4o-transcribe",
                    "language": "en",
                    "prompt": "",
                },
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
                "include": ["item.input_audio_transcription.logprobs"],
            }
        )
        updated = await heard.until("transcription_session.updated", connection)
        await connection.input_audio_buffer.append(audio=text(pcm16(TALK)))
        completed = await heard.until(f"{ASKED}.completed", connection)
    assert updated.session.input_audio_format == "pcm16"
    assert completed.transcript == heard.deltas == "alfa bravo"
    assert [probability.token for probability in completed.logprobs] == ["alfa", "bravo"]
    assert "conversation.item.created" in heard.names
    assert "conversation.item.added" not in heard.names
    assert "conversation.item.done" not in heard.names


@pytest.mark.parametrize(("name", "law"), [("audio/pcmu", "mulaw"), ("audio/pcma", "alaw")])
async def test_telephone_audio(scripted: ServerProcess, name: str, law: str) -> None:
    heard = Heard()
    async with client(scripted) as openai, openai.realtime.connect(model="any") as connection:
        await connection.session.update(session=session(format={"type": name}, turn_detection=VAD))
        audio = encode(TALK, Shape(law, f"pcm_{law}", 8000))
        await connection.input_audio_buffer.append(audio=text(audio))
        await heard.until(f"{ASKED}.completed", connection)
    assert heard.transcripts == ["alfa bravo"]


async def test_each_utterance_is_an_item(scripted: ServerProcess) -> None:
    heard = Heard()
    two = np.concatenate([TALK, say("charlie"), silence(1)])
    async with client(scripted) as openai, openai.realtime.connect(model="any") as connection:
        await connection.input_audio_buffer.append(audio=text(pcm16(two)))
        for _ in range(2):
            await heard.until(f"{ASKED}.completed", connection)
    assert heard.transcripts == ["alfa bravo", "charlie"]
    first, second = (e for e in heard.events if e.type == "input_audio_buffer.committed")
    assert second.previous_item_id == first.item_id


async def test_a_key_brings_its_session(scripted: ServerProcess) -> None:
    """As a program's server makes one for its page."""
    async with client(scripted) as openai:
        secret = await openai.realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 60},
            session=session(format={"type": "audio/pcmu"}, turn_detection=VAD),
        )
        flat: Any = {"input_audio_format": "g711_ulaw", "turn_detection": VAD}
        old = await openai.beta.realtime.transcription_sessions.create(**flat)
        older = await openai.beta.realtime.sessions.create(model="gpt-4o-realtime-preview", **flat)
    assert secret.session.type == "transcription"
    assert secret.expires_at == secret.session.expires_at
    audio = encode(TALK, Shape("mulaw", "pcm_mulaw", 8000))
    for key in (secret.value, old.client_secret.value, older.client_secret.value):
        assert key.startswith("ek_")
        heard = Heard()
        async with (
            client(scripted, key) as openai,
            openai.realtime.connect(model="any") as connection,
        ):
            await connection.input_audio_buffer.append(audio=text(audio))
            await heard.until(f"{ASKED}.completed", connection)
        assert heard.transcripts == ["alfa bravo"]


@pytest.mark.parametrize("kind", ["ga", "beta"])
def test_the_javascript_client(secure: ServerProcess, node: Any, tmp_path: Path, kind: str) -> None:
    """It takes nothing but TLS."""
    (tmp_path / "talk").write_bytes(pcm16(TALK))
    events = node(
        "openai_realtime.mjs", kind, f"{secure.url}v1", "sk-anything", str(tmp_path / "talk")
    )
    names = [event["type"] for event in events]
    assert names[0] == "session.created"
    assert ("session.updated" if kind == "ga" else "transcription_session.updated") in names
    assert ("conversation.item.added" if kind == "ga" else "conversation.item.created") in names
    assert "".join(e["delta"] for e in events if e["type"] == f"{ASKED}.delta") == "alfa bravo"
    assert events[-1]["transcript"] == "alfa bravo"


async def test_the_javascript_client_of_a_browser(
    secure: ServerProcess, node: Any, tmp_path: Path, certificate: Path
) -> None:
    """Its key, and with it its session, comes in the name of a subprotocol."""
    (tmp_path / "talk").write_bytes(encode(TALK, Shape("mulaw", "pcm_mulaw", 8000)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        async with client(secure) as openai:
            secret = await openai.realtime.client_secrets.create(
                session=session(format={"type": "audio/pcmu"}, turn_detection=VAD)
            )
    arguments = ("browser", f"{secure.url}v1", secret.value, str(tmp_path / "talk"))
    events = await asyncio.to_thread(node, "openai_realtime.mjs", *arguments)
    assert events[0]["session"]["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert events[-1]["transcript"] == "alfa bravo"


# --- without turn detection


async def test_a_commit_is_an_item(scripted: ServerProcess) -> None:
    heard = Heard()
    async with client(scripted) as openai, openai.realtime.connect(model="any") as connection:
        await connection.session.update(session=session(turn_detection=None))
        for words in (("alfa", "bravo"), ("charlie",)):
            pieces = [sound for word in words for sound in (say(word), silence(1.5))]
            await connection.input_audio_buffer.append(audio=text(pcm16(np.concatenate(pieces))))
            await connection.input_audio_buffer.commit()
        for _ in range(2):
            await heard.until(f"{ASKED}.completed", connection)
    assert heard.transcripts == ["alfa bravo", "charlie"]
    assert "input_audio_buffer.speech_started" not in heard.names


async def test_words_come_before_their_commit(scripted: ServerProcess) -> None:
    heard = Heard()
    first = asyncio.Event()

    async def listen(connection: Any) -> None:
        await heard.until(f"{ASKED}.delta", connection)
        first.set()
        await heard.until(f"{ASKED}.completed", connection)

    async with client(scripted) as openai, openai.realtime.connect(model="any") as connection:
        await connection.session.update(session=session(turn_detection=None))
        listening = asyncio.create_task(listen(connection))
        while not first.is_set():  # as a microphone does, until there are words
            await connection.input_audio_buffer.append(audio=text(pcm16(say("alfa", "kilo"))))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await first.wait()
        await connection.input_audio_buffer.commit()
        await listening
    assert heard.names.index(f"{ASKED}.delta") < heard.names.index("input_audio_buffer.committed")
    assert heard.transcripts == [heard.deltas]


async def test_what_is_cleared_is_in_no_item(scripted: ServerProcess) -> None:
    heard = Heard()
    async with client(scripted) as openai, openai.realtime.connect(model="any") as connection:
        await connection.session.update(session=session(turn_detection=None))
        await connection.input_audio_buffer.append(audio=text(pcm16(say("alfa", "bravo"))))
        await connection.input_audio_buffer.clear()
        await connection.input_audio_buffer.append(audio=text(pcm16(say("charlie"))))
        await connection.input_audio_buffer.commit()
        await heard.until(f"{ASKED}.completed", connection)
    assert "input_audio_buffer.cleared" in heard.names
    assert heard.transcripts == ["charlie"]


async def test_a_commit_ends_what_detection_waits_for(scripted: ServerProcess) -> None:
    heard = Heard()
    detection = {"type": "server_vad", "silence_duration_ms": 10_000}
    async with client(scripted) as openai, openai.realtime.connect(model="any") as connection:
        await connection.session.update(session=session(turn_detection=detection))
        await connection.input_audio_buffer.append(audio=text(pcm16(say("alfa", "bravo"))))
        started = await heard.until("input_audio_buffer.speech_started", connection)
        await connection.input_audio_buffer.commit()
        completed = await heard.until(f"{ASKED}.completed", connection)
    assert completed.transcript == "alfa bravo"
    assert completed.item_id == started.item_id


# --- the embedded engine


@pytest.fixture(scope="module")
def spoken(data: Path) -> bytes:
    """Five seconds of a real voice and a pause, at 24 kHz."""
    with wave.open(str(data / "ljspeech_short.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    at_16k = soxr.resample(samples / 32768, file.getframerate(), 16_000)
    return pcm16(np.concatenate([at_16k, silence(2)]))


@pytest.fixture(scope="module")
def transcribed(spoken: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `vivavoce transcribe` makes of the same."""
    file = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    file.write_bytes(wav_header(AudioFormat("pcm_s16le", RATE), len(spoken)) + spoken)

    async def finals() -> list[str]:
        return [e.text async for e in vivavoce.transcribe(file) if isinstance(e, Final)]

    return asyncio.run(finals())


async def test_words_come_while_they_are_said(
    embedded: ServerProcess, spoken: bytes, transcribed: list[str]
) -> None:
    """In the end they are those of `vivavoce transcribe`, which cuts after a second of silence."""
    heard = Heard()
    first = asyncio.Event()

    async def listen(connection: Any) -> None:
        await heard.until(f"{ASKED}.delta", connection)
        first.set()
        await heard.until(f"{ASKED}.completed", connection)

    detection = {"type": "server_vad", "silence_duration_ms": 1000}
    async with client(embedded) as openai, openai.realtime.connect(model="any") as connection:
        await connection.session.update(session=session(turn_detection=detection))
        listening = asyncio.create_task(listen(connection))
        for at in range(0, len(spoken), RATE // 5):
            await connection.input_audio_buffer.append(audio=text(spoken[at : at + RATE // 5]))
            with suppress(TimeoutError):  # as a microphone does, until there are words
                async with asyncio.timeout(0.1):
                    await first.wait()
        await listening
    names = [name for name in heard.names if name.startswith(("input_audio_buffer", ASKED))]
    assert names.index(f"{ASKED}.delta") < names.index("input_audio_buffer.speech_stopped")
    assert heard.transcripts == transcribed
    assert transcribed[0]


# --- what no client of theirs sends


@pytest.fixture
async def raw(scripted: ServerProcess) -> AsyncIterator[ClientConnection]:
    url = scripted.url.replace("http:", "ws:")
    async with connect(f"{url}v1/realtime?intent=transcription&model=whisper-1") as ws:
        assert json.loads(await ws.recv())["type"] == "session.created"
        yield ws


async def answer(ws: ClientConnection, message: Any) -> Any:
    await ws.send(message if isinstance(message, str | bytes) else json.dumps(message))
    return json.loads(await ws.recv())


async def test_the_program_of_the_course(raw: ClientConnection) -> None:
    """It puts `audio` at the top, sends for ever, and reads four kinds of events."""
    update = {
        "type": "transcription.update",
        "id": "session_abc123",
        "audio": session(noise_reduction={"type": "near_field"}, turn_detection=VAD)["audio"],
    }
    assert (await answer(raw, update))["type"] == "session.updated"
    audio = pcm16(TALK)
    for at in range(0, len(audio), 2048):
        await raw.send(
            json.dumps({"type": "input_audio_buffer.append", "audio": text(audio[at : at + 2048])})
        )
    names = []
    async for message in raw:
        event = json.loads(message)
        names.append(event["type"])
        if event["type"] == f"{ASKED}.completed":
            break
    assert event["transcript"] == "alfa bravo"
    assert "input_audio_buffer.committed" in names


async def test_what_is_wrong_is_told_and_the_line_stays(raw: ClientConnection) -> None:
    wrong: list[Any] = [
        "{",
        b"\0\0",
        {"type": "sing"},
        {"type": "input_audio_buffer.append", "audio": "%%%"},
        {"type": "input_audio_buffer.commit"},
        {"type": "session.update", "session": session(format={"type": "audio/pcm", "rate": 16000})},
        {"type": "session.update", "session": session(transcription={"language": "en"}) | {"x": 1}},
    ]
    answers = [(await answer(raw, message))["type"] for message in wrong]
    assert answers == ["error"] * 6 + ["session.updated"]
    await raw.send(json.dumps({"type": "input_audio_buffer.append", "audio": text(pcm16(TALK))}))
    assert json.loads(await raw.recv())["type"] == "input_audio_buffer.speech_started"


async def test_too_large_a_message_ends_the_line(raw: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        await raw.send(" " * (16 * 1024 * 1024 + 1))
    await raw.wait_closed()
    assert raw.close_code == 1009


async def test_who_goes_in_mid_frame_leaves_what_was_said(
    scripted: ServerProcess, raw: ClientConnection
) -> None:
    audio = text(pcm16(say("alfa", "bravo")))
    said = await answer(raw, {"type": "input_audio_buffer.append", "audio": audio})
    assert said["type"] == "input_audio_buffer.speech_started"
    raw.transport.write(bytes.fromhex("81 fe 01 00"))  # 256 bytes of text are to follow
    raw.transport.abort()
    async with httpx2.AsyncClient(base_url=scripted.url, trust_env=False, timeout=60) as http:
        newest = (await http.get("api/v1/recordings", params={"limit": 1})).json()["items"][0]
        events = await http.get(f"api/v1/recordings/{newest['id']}/events")  # to the session's end
    assert '"text":"alfa bravo"' in events.text
    assert '"reason":"finished"' in events.text
