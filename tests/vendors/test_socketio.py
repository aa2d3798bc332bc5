"""Socket.IO's own clients, doing what the page of the Azure sample web app does."""

import asyncio
import wave
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soxr
from openai import AsyncOpenAI
from socketio import AsyncClient

import vivavoce
from vivavoce.audio.wav import wav_header
from vivavoce.client import connect
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

INTERIM = "interim_transcription"
EVENTS = (INTERIM, "transcription", "debug")
PIECE = 8192  # bytes; as the page of the sample sends them
STARTED, STOPPED = "Transcription started. Speak now...", "Transcription stopped."
OVER = "Speech session stopped"


def pcm16(*parts: Any) -> bytes:
    return (np.concatenate(parts) * 32767).astype("<i2").tobytes()


TALK = pcm16(say("alfa", "bravo"), silence(1), say("charlie"))


class Page:
    """What one page of the sample hears, and says."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._more = asyncio.Event()
        for event in EVENTS:
            client.on(event, self._listener(event))

    @property
    def texts(self) -> list[str]:
        """Of `transcription`: remarks and finals."""
        return [data["text"] for event, data in self.heard if event == "transcription"]

    @property
    def remarks(self) -> list[str]:
        return [data["message"] for event, data in self.heard if event == "debug"]

    @property
    def interims(self) -> list[str]:
        return [data["text"] for event, data in self.heard if event == INTERIM]

    async def audio(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), PIECE):
            encoded = b64encode(pcm[at : at + PIECE]).decode()
            await self.client.emit("audio_data", {"audio": encoded})

    async def talk(self, pcm: bytes = TALK) -> None:
        await self.client.emit("start_transcription")
        await self.audio(pcm)
        await self.client.emit("stop_transcription")

    async def until(self, text: str, times: int = 1) -> None:
        """Until a remark or a text came so often."""
        while [*self.texts, *self.remarks].count(text) < times:
            await self._listen()

    async def until_interim(self) -> None:
        while not self.interims:
            await self._listen()

    async def _listen(self) -> None:
        self._more.clear()
        await self._more.wait()

    def _listener(self, event: str) -> Any:
        def listen(data: dict[str, Any]) -> None:
            self.heard.append((event, data))
            self._more.set()

        return listen


@asynccontextmanager
async def page(
    server: ServerProcess, transports: Sequence[str] = ("websocket",), **headers: str
) -> AsyncIterator[Page]:
    client = AsyncClient(reconnection=False)
    page = Page(client)
    await client.connect(server.url, transports=list(transports), headers=headers)
    try:
        yield page
    finally:
        await client.disconnect()


@pytest.mark.parametrize(
    "transports", [("websocket",), ("polling",), ("polling", "websocket")], ids="-".join
)
async def test_the_python_client(scripted: ServerProcess, transports: Sequence[str]) -> None:
    async with page(scripted, transports) as spoken:
        await spoken.talk()
        await spoken.until(OVER)
    assert spoken.texts == [STARTED, STOPPED, "alfa bravo", "charlie"] or spoken.texts == [
        *(STARTED, "alfa bravo", STOPPED, "charlie")
    ]
    assert spoken.remarks == [
        "Speech session started",
        "Speech detected, listening...",
        "Speech detected, listening...",
        OVER,
    ]


async def test_words_come_while_they_are_said(scripted: ServerProcess) -> None:
    """And the socket takes another session."""
    async with page(scripted) as spoken:
        for times in (1, 2):
            await spoken.client.emit("start_transcription")
            await spoken.audio(pcm16(say(*["alfa"] * 10)))
            await spoken.until_interim()
            await spoken.client.emit("stop_transcription")
            await spoken.until(OVER, times)
            assert spoken.interims[-1].startswith("alfa")
            spoken.heard = [(event, data) for event, data in spoken.heard if event != INTERIM]
    assert spoken.texts.count(" ".join(["alfa"] * 10)) == 2


async def test_results_go_to_the_caller_alone(scripted: ServerProcess) -> None:
    async with page(scripted) as first, page(scripted) as second:
        await asyncio.gather(first.talk(pcm16(say("alfa"))), second.talk(pcm16(say("bravo"))))
        await asyncio.gather(first.until(OVER), second.until(OVER))
    assert first.texts == [STARTED, STOPPED, "alfa"]
    assert second.texts == [STARTED, STOPPED, "bravo"]


async def test_everybody_hears_the_test_message(scripted: ServerProcess) -> None:
    async with page(scripted) as first, page(scripted, ("polling",)) as second:
        async with httpx2.AsyncClient() as http:
            answer = await http.get(f"{scripted.url}test-emit")
        assert answer.text == "Test message sent to all clients"
        await first.until("Server test message")
        await second.until("Server test message")


async def test_who_says_it_all_at_once_is_heard_whole(scripted: ServerProcess) -> None:
    """Minutes of it, in sessions that follow one another faster than they are transcribed."""
    async with page(scripted) as spoken:
        for _ in range(3):
            await spoken.talk(pcm16(*[np.concatenate([say("golf"), silence(1)])] * 30))
        await spoken.until(OVER, 3)
    assert spoken.texts.count("golf") == 90


async def test_a_client_that_goes_is_transcribed_to_the_end(scripted: ServerProcess) -> None:
    async with page(scripted) as spoken:
        await spoken.client.emit("start_transcription")
        await spoken.audio(pcm16(say("quebec", "romeo")))
        await spoken.until("Speech detected, listening...")  # it goes without what it has queued
    async with httpx2.AsyncClient(base_url=f"{scripted.url}api/v1/") as http:
        while True:
            kept = (await http.get("recordings")).json()["items"]
            if any("quebec romeo" in str(each) for each in kept):
                break


async def test_what_is_wrong_leaves_the_socket_as_it_is(scripted: ServerProcess) -> None:
    async with page(scripted) as spoken:
        await spoken.client.emit("audio_data", {"audio": "AAAA"})  # before the start
        await spoken.client.emit("stop_transcription")
        await spoken.until(STOPPED)
        await spoken.client.emit("start_transcription")
        await spoken.client.emit("audio_data", {"audio": "abc"})
        await spoken.client.emit("audio_data", 7)
        await spoken.client.emit("audio_data")
        await spoken.client.emit("sing", ("la", b"la"))
        await spoken.audio(TALK)
        await spoken.client.emit("stop_transcription")
        await spoken.until(OVER)
    (error,) = [data for event, data in spoken.heard if "error" in data]
    assert error["text"].startswith("Audio stream error: ")
    assert [text for text in spoken.texts if text in ("alfa bravo", "charlie")] == [
        *("alfa bravo", "charlie")
    ]


async def test_audio_may_be_binary(scripted: ServerProcess) -> None:
    async with page(scripted) as spoken:
        await spoken.client.emit("start_transcription")
        await spoken.client.emit("audio_data", {"audio": TALK + bytes(900_000)})
        await spoken.client.emit("stop_transcription")
        await spoken.until(OVER)
    assert {"alfa bravo", "charlie"} <= set(spoken.texts)


@pytest.mark.parametrize("package", ["socket.io-client", "socket.io-client-4.0"])
@pytest.mark.parametrize("transports", ["websocket", "polling", "polling,websocket"])
def test_the_javascript_client(
    scripted: ServerProcess, node: Any, tmp_path: Path, package: str, transports: str
) -> None:
    (tmp_path / "talk").write_bytes(TALK)
    said = node("socketio.mjs", package, scripted.url, transports, str(tmp_path / "talk"), "2")
    finals = [m["text"] for m in said if m["event"] == "transcription"]
    assert [text for text in finals if text not in (STARTED, STOPPED)] == [
        *("alfa bravo", "charlie") * 2
    ]
    assert finals.count(STARTED) == finals.count(STOPPED) == 2


# --- beside others, and with a real engine


async def test_three_protocols_at_once(scripted: ServerProcess) -> None:
    """Each hears its own words."""

    async def openai() -> str:
        base = f"{scripted.url}v1"
        async with (
            AsyncOpenAI(api_key="any", base_url=base) as client,
            client.realtime.connect(model="any") as connection,
        ):
            sound = soxr.resample(
                np.concatenate([say("delta", "echo"), silence(1)]), 16_000, 24_000
            )
            audio = b64encode((sound * 32767).astype("<i2").tobytes()).decode()
            await connection.input_audio_buffer.append(audio=audio)
            while True:
                event: Any = await connection.recv()
                if event.type.endswith(".completed"):
                    return str(event.transcript)

    async def native() -> list[str]:
        async with connect(scripted.url) as session:
            await session.send(pcm16(say("hotel", "india")))
            await session.finish()
            return [event.text async for event in session if isinstance(event, Final)]

    async with page(scripted) as spoken:
        _, theirs, ours = await asyncio.gather(spoken.talk(), openai(), native())
        await spoken.until(OVER)
    assert theirs == "delta echo"
    assert ours == ["hotel india"]
    assert [text for text in spoken.texts if text not in (STARTED, STOPPED)] == [
        *("alfa bravo", "charlie")
    ]


async def test_a_voice_is_read_as_vivavoce_transcribe_reads_it(
    embedded: ServerProcess, data: Path, tmp_path: Path
) -> None:
    with wave.open(str(data / "ljspeech_short.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    voice = pcm16(soxr.resample(samples / 32768, file.getframerate(), 16_000), silence(1))
    path = tmp_path / "voice.wav"
    path.write_bytes(wav_header(AudioFormat(), len(voice)) + voice)
    wanted = [e.text async for e in vivavoce.transcribe(path) if isinstance(e, Final)]

    async with page(embedded) as spoken:
        await spoken.talk(voice)
        await spoken.until(OVER)
    assert [text for text in spoken.texts if text not in (STARTED, STOPPED)] == wanted
    assert wanted[0]
