"""Wyoming's own client, and what Home Assistant does with it, on a port of its own."""

import asyncio
import io
import re
import socket
import time
import wave
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soxr
from openai import AsyncOpenAI
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop, wav_to_chunks
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram
from wyoming.ping import Ping, Pong
from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

import vivavoce
from vivavoce.audio.wav import wav_header
from vivavoce.client.rest import Recordings
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import START_LIMIT, ServerProcess, running

pytestmark = pytest.mark.anyio

TALK = np.concatenate([say("alfa", "bravo"), silence(1), say("charlie"), silence(0.1)])
SAID = "alfa bravo charlie"
PIECE = 2048  # bytes that Home Assistant's microphones give at a time
SERVICE = "_wyoming._tcp.local."


def pcm16(samples: Pcm) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


def port(server: ServerProcess) -> int:
    """Where it listens for Wyoming: it was free to choose."""
    found = re.search(r"wyoming .*port=(\d+)", server.log)
    assert found is not None, server.log
    return int(found[1])


def logged(server: ServerProcess, words: str, times: int) -> None:
    """Return when it has logged them so often."""
    deadline = time.monotonic() + START_LIMIT
    while server.log.count(words) < times:
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)


@pytest.fixture(scope="module")
def scripted_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One whose words are tones."""
    folder = tmp_path_factory.mktemp("scripted")
    server = ServerProcess(
        folder,
        engines="scripted",
        hosts=1,
        max_sessions=64,
        wyoming_port=0,
        wyoming_announce="true",
    )
    with running(server) as server:
        yield server


@pytest.fixture(scope="module")
def scripted(scripted_server: ServerProcess) -> int:
    return port(scripted_server)


@pytest.fixture(scope="module")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The one as it comes, which is to keep what is said."""
    folder = tmp_path_factory.mktemp("embedded")
    server = ServerProcess(folder, finals="tiny", wyoming_port=0, wyoming_keep="true")
    with running(server) as server:
        yield server


@pytest.fixture
async def client(scripted: int) -> AsyncIterator[AsyncTcpClient]:
    async with AsyncTcpClient("127.0.0.1", scripted) as client:
        yield client


async def answer(client: AsyncTcpClient) -> Event:
    event = await client.read_event()
    assert event is not None, "the server has closed the connection"
    return event


async def until(client: AsyncTcpClient, type: str) -> list[Event]:
    """What is said up to the event of this name."""
    events = [await answer(client)]
    while events[-1].type != type:
        assert not Error.is_type(events[-1].type), events[-1]
        events.append(await answer(client))
    return events


async def speak(client: AsyncTcpClient, audio: bytes) -> None:
    """An utterance at 16 kHz."""
    format = {"rate": 16_000, "width": 2, "channels": 1}
    await client.write_event(AudioStart(**format).event())
    for at in range(0, len(audio), PIECE):
        chunk = AudioChunk(**format, audio=audio[at : at + PIECE])
        await client.write_event(chunk.event())
    await client.write_event(AudioStop().event())


async def home_assistant(port: int, audio: bytes, language: str = "en") -> str | None:
    """As its component `wyoming` does: a connection for each utterance, and it is gone with the
    transcript; None where the server closes it before."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Transcribe(language=language).event())
        await speak(client, audio)
        while (event := await client.read_event()) is not None:
            if Transcript.is_type(event.type):
                return Transcript.from_event(event).text
    return None


def chunks(events: list[Event]) -> str:
    return "".join(e.data["text"] for e in events if e.type == "transcript-chunk")


async def test_a_description(client: AsyncTcpClient) -> None:
    """Home Assistant takes the first program, and its models' languages."""
    await client.write_event(Describe().event())
    info = Info.from_event(await answer(client))
    (program,) = info.asr
    assert program.installed
    assert program.supports_transcript_streaming
    assert [model.name for model in program.models] == ["scripted"]
    assert {"en", "de"} <= set(program.models[0].languages)
    assert [info.tts, info.handle, info.intent, info.wake, info.mic, info.snd] == [[]] * 6
    await client.write_event(SelectProgram("vivavoce").event())
    await client.write_event(Ping("here?").event())
    assert Pong.from_event(await answer(client)).text == "here?"


async def test_an_utterance_in_events(client: AsyncTcpClient) -> None:
    await client.write_event(Transcribe(language="en", name="scripted").event())
    await speak(client, pcm16(TALK))
    events = await until(client, "transcript-stop")
    assert [e.type for e in events if e.type != "transcript-chunk"] == [
        "transcript-start",
        "transcript",
        "transcript-stop",
    ]
    assert Transcript.from_event(events[-2]).text == chunks(events) == SAID
    assert Transcript.from_event(events[-2]).language == "en"


async def test_home_assistant(scripted: int) -> None:
    """Several rooms at once."""
    rooms = (home_assistant(scripted, pcm16(say(word))) for word in ("alfa", "bravo", "charlie"))
    assert await asyncio.gather(*rooms) == ["alfa", "bravo", "charlie"]
    assert await home_assistant(scripted, pcm16(silence(0.5))) == ""
    assert await home_assistant(scripted, b"") == ""


async def test_another_dialect_at_the_same_time(
    scripted: int, scripted_server: ServerProcess
) -> None:
    """Each hears its own words."""
    base = f"{scripted_server.url}v1"
    completed = "conversation.item.input_audio_transcription.completed"

    async def openai() -> str:
        async with (
            AsyncOpenAI(api_key="any", base_url=base) as client,
            client.realtime.connect(model="any") as connection,
        ):
            sound = soxr.resample(np.concatenate([say("zulu"), silence(1)]), 16_000, 24_000)
            text = b64encode(pcm16(sound)).decode()
            await connection.input_audio_buffer.append(audio=text)
            while (event := await connection.recv()).type != completed:
                pass
            return str(event.transcript)  # type: ignore[union-attr]

    said = tuple(await asyncio.gather(openai(), home_assistant(scripted, pcm16(TALK)), openai()))
    assert said == ("zulu", SAID, "zulu")


async def test_several_utterances_on_a_connection(client: AsyncTcpClient) -> None:
    """The second is on its way before the first is answered."""
    await speak(client, pcm16(say("alfa")))
    await speak(client, pcm16(say("bravo")))
    said = [(await until(client, "transcript-stop"))[-2] for _ in range(2)]
    assert [Transcript.from_event(event).text for event in said] == ["alfa", "bravo"]


@pytest.mark.parametrize(
    ("rate", "width", "channels"), [(44_100, 2, 2), (8000, 1, 1), (48_000, 3, 1), (22_050, 4, 2)]
)
async def test_any_format(client: AsyncTcpClient, rate: int, width: int, channels: int) -> None:
    """As a WAV file has it, cut by their own function."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setframerate(rate)
        writer.setsampwidth(width)
        writer.setnchannels(channels)
        sound = soxr.resample(TALK, 16_000, rate) * ((1 << (8 * width - 1)) - 1)
        whole = np.repeat(sound + (128 if width == 1 else 0), channels).astype("<i4")
        octets = whole.view(np.uint8).reshape(-1, 4)[:, :width]
        writer.writeframes(octets.tobytes())
    file.seek(0)
    with wave.open(file) as reader:
        for event in wav_to_chunks(reader, 1000, start_event=True, stop_event=True):
            await client.write_event(event.event())
    (*_, transcript, _) = await until(client, "transcript-stop")
    assert Transcript.from_event(transcript).text == SAID


async def test_nothing_is_kept_unless_asked(
    scripted: int, scripted_server: ServerProcess, client: AsyncTcpClient
) -> None:
    async with Recordings(scripted_server.url) as recordings:
        before = [recording.id async for recording in recordings.list()]  # of other protocols
        await speak(client, pcm16(say("alfa")))
        await until(client, "transcript-stop")
        assert [recording.id async for recording in recordings.list()] == before


@pytest.mark.parametrize("wrong", [b"GET / HTTP/1.1\r\n\r\n", b'{"type": "audio-stop"}\n'])
async def test_what_is_wrong_is_told_and_the_line_ends(scripted: int, wrong: bytes) -> None:
    async with AsyncTcpClient("127.0.0.1", scripted) as client:
        assert client._writer is not None
        client._writer.write(wrong)
        error = Error.from_event(await answer(client))
        assert (error.code, error.text[-1]) == ("bad_message", ".")
        assert await client.read_event() is None


async def test_who_goes_on_speaking_hears_what_is_wrong(scripted: int) -> None:
    """Were the connection just closed, what is on its way would reset it and lose the error."""
    async with AsyncTcpClient("127.0.0.1", scripted) as client:
        format = {"rate": 16_000, "width": 2, "channels": 1}
        await client.write_event(AudioStart(**format).event())
        await client.write_event(AudioChunk(8000, 2, 1, bytes(16_000)).event())
        for _ in range(100):
            await client.write_event(AudioChunk(**format, audio=bytes(16_000)).event())
        error = Error.from_event(await answer(client))
        assert "8000 Hz" in error.text
        assert await client.read_event() is None


async def test_who_goes_in_mid_frame_disturbs_nobody(scripted: int) -> None:
    for said in (b'{"type": "audio-ch', b'{"type": "audio-start", "data_length": 50}\n{"ra'):
        with socket.create_connection(("127.0.0.1", scripted)) as line:
            line.sendall(said)
    async with AsyncTcpClient("127.0.0.1", scripted) as client:
        format = {"rate": 16_000, "width": 2, "channels": 1}
        await client.write_event(AudioChunk(**format, audio=pcm16(say("alfa"))).event())
    assert await home_assistant(scripted, pcm16(say("bravo"))) == "bravo"


async def test_it_is_announced(scripted_server: ServerProcess) -> None:
    """To a browser of services on the loopback, as to Home Assistant's on a network."""
    names: asyncio.Queue[str] = asyncio.Queue()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if state_change is ServiceStateChange.Added:
            names.put_nowait(name)

    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[changed])
    try:
        ports: list[int | None] = []
        while port(scripted_server) not in ports:  # another's service may be there too
            info = AsyncServiceInfo(SERVICE, await names.get())
            if await info.async_request(zeroconf.zeroconf, 60_000):
                ports.append(info.port)
        assert info.name.startswith("Vivavoce on ")
        assert info.parsed_addresses() == ["127.0.0.1"]
    finally:
        await browser.async_cancel()
        await zeroconf.async_close()


# --- the embedded engine


@pytest.fixture(scope="module")
def spoken(data: Path) -> bytes:
    """Five seconds of a real voice, at 16 kHz."""
    with wave.open(str(data / "ljspeech_short.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    return pcm16(soxr.resample(samples / 32768, file.getframerate(), 16_000))


@pytest.fixture(scope="module")
def transcribed(spoken: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `vivavoce transcribe` makes of the same."""
    file = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    file.write_bytes(wav_header(AudioFormat(), len(spoken)) + spoken)

    async def finals() -> list[str]:
        return [e.text async for e in vivavoce.transcribe(file) if isinstance(e, Final)]

    return " ".join(asyncio.run(finals()))


async def test_words_come_while_they_are_said(
    embedded_server: ServerProcess, spoken: bytes, transcribed: str
) -> None:
    """In the end they are those of `vivavoce transcribe`, and here they are kept."""
    format = {"rate": 16_000, "width": 2, "channels": 1}
    async with AsyncTcpClient("127.0.0.1", port(embedded_server)) as client:
        listening = asyncio.create_task(until(client, "transcript-chunk"))
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(**format).event())
        for at in range(0, len(spoken), 6400):
            chunk = AudioChunk(**format, audio=spoken[at : at + 6400])
            await client.write_event(chunk.event())
            with suppress(TimeoutError):  # as a microphone does, until there are words
                async with asyncio.timeout(0.1):
                    await asyncio.shield(listening)
        await listening  # before it is over
        await client.write_event(AudioStop().event())
        events = listening.result() + await until(client, "transcript-stop")
    assert Transcript.from_event(events[-2]).text == transcribed
    assert transcribed
    assert transcribed.startswith(chunks(events).split()[0])
    async with Recordings(embedded_server.url) as recordings:
        (kept,) = [recording async for recording in recordings.list()]
        while kept.state == "live":  # the transcript does not wait for it
            kept = await recordings.get(kept.id)
    assert kept.preview == transcribed[: len(kept.preview or "")] != ""


async def test_a_language_that_nobody_knows_is_told(embedded_server: ServerProcess) -> None:
    async with AsyncTcpClient("127.0.0.1", port(embedded_server)) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await answer(client))
        assert [(m.name, m.languages) for m in info.asr[0].models] == [("moonshine", ["en"])]
        await client.write_event(Transcribe(language="de").event())
        await client.write_event(AudioStart(16_000, 2, 1).event())
        error = Error.from_event(await answer(client))
        assert "de" in error.text
        assert await client.read_event() is None
    assert await home_assistant(port(embedded_server), b"", "de") is None


# --- several processes


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="the system shares no port")
async def test_workers_share_the_port_and_one_announces_it(tmp_path: Path) -> None:
    with socket.socket() as own:  # bound and not listening: nobody else gets it
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own.bind(("127.0.0.1", 0))
        shared = own.getsockname()[1]
        server = ServerProcess(
            tmp_path,
            ("-m", "vivavoce", "serve", "--port", "{port}"),
            engines="scripted",
            hosts=1,
            max_sessions=8,
            workers=2,
            wyoming_port=shared,
            wyoming_announce="true",
        )
        with running(server):
            # Ready means that one of them is.
            await asyncio.to_thread(logged, server, f"port={shared}", 2)
            await asyncio.to_thread(logged, server, "announced", 1)
            texts = await asyncio.gather(
                *(home_assistant(shared, pcm16(say("alfa"))) for _ in range(6))
            )
            assert texts == ["alfa"] * 6
        assert server.log.count("announced") == 1
