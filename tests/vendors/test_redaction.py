"""What is not to be read stands nowhere, whichever protocol it was said by."""

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from socketio import AsyncClient
from websockets.asyncio.client import connect
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event

from tests.scenarios.test_redaction import HIDDEN, WANTED, leaks
from tests.vendors.test_aws_transcribe import audio_event
from tests.vendors.test_socketio import EVENTS, OVER
from tests.vendors.test_webrtc import Client as Peer
from tests.vendors.test_wyoming import port
from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess, running

pytestmark = pytest.mark.anyio

SDK = Path(__file__).parent / "azure_speech_sdk.py"
TALK = np.concatenate([say("alfa", "bravo", "charlie", "delta"), silence(1)])
PCM = (TALK * 32767).astype("<i2").tobytes()
LIMIT = 240.0
"""Seconds; only for what hangs."""


async def socket_io(server: ServerProcess, _folder: Path) -> str:
    told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    client = AsyncClient(reconnection=False)
    for event in EVENTS:
        client.on(event, lambda said, event=event: told.put_nowait((event, json.dumps(said))))
    await client.connect(server.url, transports=["websocket"])
    await client.emit("start_transcription")
    await client.emit("audio_data", {"audio": b64encode(PCM).decode()})
    await client.emit("stop_transcription")
    heard = [await told.get()]
    while OVER not in heard[-1][1]:
        heard.append(await told.get())
    await client.disconnect()
    return str(heard)


async def azure(server: ServerProcess, folder: Path) -> str:
    talk = folder / "talk.wav"
    talk.write_bytes(wav_header(AudioFormat(), len(PCM)) + PCM)
    host = server.url.replace("http:", "ws:").rstrip("/")
    asked = json.dumps({"at": {"host": host}, "file": str(talk), "words": True})
    command = [sys.executable, str(SDK), asked]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=LIMIT, check=True
    )
    return str(done.stdout)


async def amazon(server: ServerProcess, _folder: Path) -> str:
    query = "language-code=en-US&media-encoding=pcm&sample-rate=16000"
    url = f"{server.url.replace('http', 'ws')}stream-transcription-websocket?{query}"
    async with connect(url, proxy=None) as line:
        await line.send(audio_event(PCM))
        await line.send(audio_event(b""))
        return str([message async for message in line])


async def wyoming(server: ServerProcess, _folder: Path) -> str:
    async with AsyncTcpClient("127.0.0.1", port(server)) as client:
        shape = {"rate": 16_000, "width": 2, "channels": 1}
        await client.write_event(Transcribe().event())
        await client.write_event(AudioStart(**shape).event())
        await client.write_event(AudioChunk(audio=PCM, **shape).event())
        await client.write_event(AudioStop().event())
        heard: list[Event] = []
        while not heard or heard[-1].type != "transcript":
            event = await client.read_event()
            assert event is not None
            heard.append(event)
        return str([event.to_dict() for event in heard])


async def webrtc(server: ServerProcess, _folder: Path) -> str:
    peer = Peer()
    try:
        await peer.connect(server)
        told = await peer.until("ready")
        await peer.play(TALK)
        peer.finish()
        return str(told + await peer.until("bye"))
    finally:
        await peer.pc.close()


Speak = Callable[[ServerProcess, Path], Awaitable[str]]


@pytest.fixture(scope="module")
def redacting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("redacting")
    server = ServerProcess(
        folder,
        engine="scripted",
        hosts=1,
        redact_names=HIDDEN,
        wyoming_port=0,
        wyoming_keep="true",
        log_level="debug",
    )
    with running(server):
        yield server
    assert leaks(folder) == []  # closed, and its log


@pytest.mark.parametrize("speak", [socket_io, azure, amazon, wyoming, webrtc])
async def test_it_is_on_no_line_and_in_no_file(
    redacting: ServerProcess, tmp_path: Path, speak: Speak
) -> None:
    told = (await speak(redacting, tmp_path)).lower()
    assert WANTED in told
    assert not any(word in told for word in HIDDEN.split())
    assert leaks(redacting.data_dir) == []
