"""The live transcription server's client, as it counts, against a real server; and the echo."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soxr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

TEXT = "Produced the block books, which were the immediate predecessors of the true printed book."


def wav(*parts: Pcm, rate: int = 16_000) -> bytes:
    samples = (np.concatenate(parts) * 32767).astype("<i2").tobytes()
    return wav_header(AudioFormat("pcm_s16le", rate, 1), len(samples)) + samples


class Counter:
    """What their store does: it is done when as many texts came as files were sent."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._sent = 0
        self.texts: list[str] = []
        self.warnings: list[str] = []
        self.answers: list[dict[str, Any]] = []

    async def send(self, file: bytes) -> None:
        await self._line.send(file)
        self._sent += 1

    async def finalize(self) -> None:
        while len(self.texts) < self._sent:
            message = json.loads(await self._line.recv())
            if message["type"] == "transcription":
                self.texts.append(message["text"])
                self.answers.append(message)
            else:
                assert message["type"] == "warning"
                self.warnings.append(message["message"])


@asynccontextmanager
async def opened(server: ServerProcess, path: str = "ws/transcribe") -> AsyncIterator[Counter]:
    async with connect(f"{server.url.replace('http', 'ws')}{path}", proxy=None) as line:
        greeting = json.loads(await line.recv())
        assert greeting["type"] == "session_init"
        assert re.fullmatch(r"[0-9a-f-]{36}", greeting["session_id"])
        yield Counter(line)


async def transcript(server: ServerProcess, counter: Counter) -> list[str]:
    """What the library has of it, once it is sealed."""
    recording = counter.answers[0]["audio_file"].split("/")[1]
    async with httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as http:
        await http.get(f"/api/v1/recordings/{recording}/events")
        answer = await http.get(f"/api/v1/recordings/{recording}/transcript?format=txt")
    return answer.text.splitlines()


SPOKEN: Sequence[Sequence[Pcm]] = (
    (say("alfa", "bravo"), silence(1), say("charlie")),
    (silence(1),),
    (say("delta"),),
    (silence(0),),
    (say("echo"), silence(1)),
)
HEARD = ["alfa bravo charlie", "", "delta", "", "echo"]


@pytest.mark.parametrize("path", ["ws/transcribe", "ws/transcribe/workspace/step"])
async def test_each_file_has_its_text_in_order(scripted: ServerProcess, path: str) -> None:
    async with opened(scripted, path) as counter:
        for parts in SPOKEN:
            await counter.send(wav(*parts))
            await counter.finalize()
    assert counter.texts == HEARD
    assert all(answer["timestamp"] > 1_700_000_000 for answer in counter.answers)
    assert await transcript(scripted, counter) == ["alfa bravo", "charlie", "delta", "echo"]


async def test_all_at_once_is_warned_of_and_nothing_is_dropped(scripted: ServerProcess) -> None:
    words = ("alfa", "bravo", "charlie", "delta")
    async with opened(scripted) as counter:
        for n in range(40):
            await counter.send(wav(say(words[n % 4])))
        await counter.finalize()
    assert counter.texts == [words[n % 4] for n in range(40)]
    assert all("none is dropped" in warning for warning in counter.warnings)


async def test_rubbish_is_warned_of_and_counted(scripted: ServerProcess) -> None:
    async with opened(scripted) as counter:
        for file in (b"rubbish", b"", wav(say("alfa")), wav(say("bravo"), rate=8000), b"RIFF"):
            await counter.send(file)
        await counter.send(wav(say("charlie")))
        await counter.finalize()
    assert sorted(counter.texts) == ["", "", "", "", "alfa", "charlie"]
    assert len(counter.warnings) == 4
    assert any("at 8000 Hz" in warning for warning in counter.warnings)


@pytest.mark.parametrize(("message", "code"), [("text", 1008), (bytes((8 << 20) + 1), 1009)])
async def test_what_ends_the_line(scripted: ServerProcess, message: Any, code: int) -> None:
    async with opened(scripted) as counter:
        await counter.send(wav(say("alfa")))
        await counter.finalize()
        with suppress(ConnectionClosed):
            await counter.send(message)
            await counter.finalize()
        assert counter._line.close_code == code
    assert len(counter.warnings) == 1
    assert await transcript(scripted, counter) == ["alfa"]


async def test_who_goes_without_waiting_is_still_heard(scripted: ServerProcess) -> None:
    async with opened(scripted) as counter:
        await counter.send(wav(say("uniform")))
        await counter.finalize()
        await counter.send(wav(say("victor")))
        counter._line.transport.abort()
    assert await transcript(scripted, counter) == ["uniform", "victor"]


async def test_a_voice(embedded: ServerProcess, data: Path) -> None:
    samples = np.frombuffer((data / "ljspeech_short.wav").read_bytes()[44:], "<i2") / 32768
    pcm = soxr.resample(samples.astype(np.float32), 22_050, 16_000)
    async with opened(embedded) as counter:
        for _ in range(2):
            await counter.send(wav(pcm))
        await counter.finalize()
    assert counter.texts == [TEXT, TEXT]


@pytest.mark.parametrize("name", ["file", "audio"])
async def test_a_file_by_post(scripted: ServerProcess, name: str) -> None:
    files = {name: ("a.wav", wav(*SPOKEN[0]), "audio/wav")}
    async with httpx2.AsyncClient(base_url=scripted.url, timeout=30, trust_env=False) as http:
        answer = await http.post("/transcribe", files=files, data={"language_setting": "en-GB"})
        assert answer.json() == {
            "transcriptionText": "alfa bravo charlie",
            "transcript": "alfa bravo charlie",
        }
        for file in (b"", b"Dear diary, " * 99):
            answer = await http.post("/transcribe", files={name: ("a.wav", file)})
            assert answer.status_code == 400
            assert answer.json()["error"].endswith(".")


async def test_the_echo_through_a_real_socket(scripted: ServerProcess) -> None:
    async with connect(f"{scripted.url.replace('http', 'ws')}ws/echo", proxy=None) as line:
        for message in ("hello", b"\0\1", "x" * (1 << 20)):
            await line.send(message)
            while (heard := await line.recv()) == "Ping!":
                pass
            assert heard == message
        assert await line.recv() == "Ping!"
        await line.send(bytes((1 << 20) + 1))
        await line.wait_closed()
        assert line.close_code == 1009
