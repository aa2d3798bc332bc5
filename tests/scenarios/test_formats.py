"""The same sentence in every format and over every way in, through the embedded engine."""

import wave
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soxr

from vivavoce.audio.pcm import Mono
from vivavoce.client import Recordings, connect
from vivavoce.core.commands import Audio
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.native_messages import pack_batch
from vivavoce.testing.encode import Shape, encode
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.sse import messages
from vivavoce.testing.words import word_errors

pytestmark = pytest.mark.anyio

SAID = "produced the block books, which were the immediate predecessors of the true printed book,"
ALLOWED = 1
"""Words that another codec or rate may cost; telephone quality may cost another."""

SHORT = "in being comparatively modern"
"""What is said in the small files of tests/data."""

SHAPES = {
    "8k.wav": Shape("wav", "pcm_s16le", 8_000),
    "8k_mulaw.wav": Shape("wav", "pcm_mulaw", 8_000),
    "44k_stereo.wav": Shape("wav", "pcm_s16le", 44_100, "stereo"),
    "96k_24_bits.wav": Shape("wav", "pcm_s24le", 96_000),
    "8_channels.wav": Shape("wav", "pcm_s16le", 16_000, "7.1"),
    "16k.flac": Shape("flac", "flac", 16_000),
    "44k_stereo.mp3": Shape("mp3", "libmp3lame", 44_100, "stereo"),
    "44k.m4a": Shape("ipod", "aac", 44_100),
    "48k.opus": Shape("ogg", "libopus"),
    "48k.webm": Shape("webm", "libopus"),
    "film.mp4": Shape("mp4", "aac", 44_100, "stereo", video=True),
    "film.mkv": Shape("matroska", "libopus", 48_000, "stereo", video=True),
}


@pytest.fixture(scope="session")
def pcm(data: Path) -> Mono:
    """The sentence, 16 kHz mono."""
    with wave.open(str(data / "ljspeech_short.wav")) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        sound: Mono = soxr.resample(raw / np.float32(32768), file.getframerate(), 16_000)
        return sound


@pytest.mark.parametrize("name", SHAPES)
async def test_a_file_of_each_kind(embedded: ServerProcess, pcm: Mono, name: str) -> None:
    shape = SHAPES[name]
    async with Recordings(embedded.url) as recordings:
        found = await recordings.upload(encode(pcm, shape), title=name, wait=True)
        heard = await recordings.transcript(found.id)
    assert (found.state, found.reason, found.title) == ("done", "finished", name)
    assert found.duration == pytest.approx(len(pcm) / 16_000, abs=0.1)
    assert word_errors(SAID, heard) <= ALLOWED + (shape.rate == 8_000), heard


@pytest.mark.parametrize(
    "name",
    [
        *("8k.amr", "8k_alaw.wav", "96k_stereo.flac", "adts.aac", "big_endian.aiff"),
        *("fragmented.mp4", "index_at_the_end.m4a", "index_first.m4a", "opus.ogg"),
        *("opus_stereo.webm", "plain.mp3", "video_with_sound.mp4"),
    ],
)
async def test_a_file_that_others_wrote(embedded: ServerProcess, data: Path, name: str) -> None:
    async with Recordings(embedded.url) as recordings:
        found = await recordings.upload(data / name, wait=True)
        heard = await recordings.transcript(found.id)
    assert (found.state, found.title) == ("done", name)
    assert word_errors(SHORT, heard) <= 1, heard


@pytest.mark.parametrize(
    "format",
    [
        AudioFormat("pcm_s16le", 8_000, 1),
        AudioFormat("pcm_s16le", 44_100, 2),
        AudioFormat("pcm_f32le", 96_000, 1),
        AudioFormat("pcm_s16le", 16_000, 8),
        AudioFormat("mulaw", 8_000, 1),
        AudioFormat("alaw", 16_000, 2),
    ],
    ids=lambda sent: f"{sent.encoding}-{sent.rate}-{sent.channels}",
)
async def test_raw_samples_of_each_kind(
    embedded: ServerProcess, pcm: Mono, format: AudioFormat
) -> None:
    assert word_errors(SAID, " ".join(await live(embedded, raw(pcm, format), format))) <= 2


@pytest.mark.parametrize("name", ["44k_stereo.mp3", "48k.opus", "48k.webm", "44k.m4a", "film.mkv"])
async def test_a_container_streamed_live(embedded: ServerProcess, pcm: Mono, name: str) -> None:
    file = encode(pcm, SHAPES[name])
    heard = await live(embedded, file, AudioFormat("container"))
    assert word_errors(SAID, " ".join(heard)) <= ALLOWED


async def test_the_same_samples_give_the_same_words_over_every_way_in(
    embedded: ServerProcess, pcm: Mono
) -> None:
    file = encode(pcm, Shape("wav", "pcm_s16le", 16_000))
    samples = file[file.index(b"data") + 8 :]
    async with Recordings(embedded.url) as recordings:
        uploaded = await recordings.transcript((await recordings.upload(file, wait=True)).id)
    ways = [
        uploaded.split("\n"),
        await live(embedded, file, AudioFormat("container")),
        await live(embedded, samples, AudioFormat("pcm_s16le")),
        await plain(embedded, samples, AudioFormat("pcm_s16le")),
    ]
    texts = [" ".join(" ".join(way).split()) for way in ways]
    assert texts == texts[:1] * 4
    assert word_errors(SAID, texts[0]) == 0


async def live(server: ServerProcess, audio: bytes, format: AudioFormat) -> list[str]:
    """What becomes final of audio that is sent over the WebSocket in odd pieces."""
    async with connect(server.url, format) as session:
        for at in range(0, len(audio), 3001):
            await session.send(audio[at : at + 3001])
        await session.finish()
        finals = {event.id: event.text async for event in session if isinstance(event, Final)}
    return list(finals.values())


async def plain(server: ServerProcess, audio: bytes, format: AudioFormat) -> list[str]:
    """The same over plain HTTP, a batch of frames at a time."""
    pieces = [audio[at : at + 3001] for at in range(0, len(audio), 3001)]
    start = {"type": "start", "format": {"encoding": format.encoding, "rate": format.rate}}
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        ready = (await http.post("/api/v1/live", json=start)).raise_for_status().json()
        path, headers = ready["session"], {"Authorization": f"Bearer {ready['token']}"}
        for first in range(0, len(pieces), 10):
            batch = [Audio(first + i, piece) for i, piece in enumerate(pieces[first : first + 10])]
            answer = await http.post(
                f"/api/v1/live/{path}/frames", content=pack_batch(batch), headers=headers
            )
            assert answer.json() == {"type": "ack", "frame": batch[-1].frame}
        finish = await http.post(
            f"/api/v1/live/{path}/control", json={"type": "finish"}, headers=headers
        )
        assert finish.status_code == 204
        return [m.data["event"]["text"] async for m in messages(http, path) if m.type == "final"]


def raw(pcm: Mono, format: AudioFormat) -> bytes:
    """The samples as a microphone of this format gives them, the same in every channel."""
    codecs = {"mulaw": "pcm_mulaw", "alaw": "pcm_alaw"}
    if format.encoding in codecs:
        layout = "mono" if format.channels == 1 else "stereo"
        file = encode(pcm, Shape("wav", codecs[format.encoding], format.rate, layout))
        return file[file.index(b"data") + 8 :]
    sound = soxr.resample(pcm, 16_000, format.rate)
    many: Mono = np.repeat(sound, format.channels)
    if format.encoding == "pcm_f32le":
        return many.astype("<f4").tobytes()
    return (np.clip(many, -1, 1) * 32767).astype("<i2").tobytes()
