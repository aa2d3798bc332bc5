"""Long recordings at the speed of a file, in memory that does not grow with them."""

import asyncio
import csv
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from vivavoce.client import Recordings, connect
from vivavoce.core.types import AudioFormat
from vivavoce.testing.family import Peak
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.words import word_error_rate

# Not coroutines, because those have minutes.
pytestmark = pytest.mark.speech

RATE = 22_050
PAUSE = bytes(2 * RATE * 7 // 10)
BLOCK = 1 << 18  # bytes

SERVER, DECODER, HOST = 160 << 20, 96 << 20, 112 << 20
"""Bytes by which each process may grow; the decoder is started for the file. The file of
three hours has 476 MB."""

WRONG = 0.08
"""The share of words that may be wrong, as for the clips by themselves."""


class Long(NamedTuple):
    path: Path
    said: str
    seconds: float


LONGER = [pytest.param(minutes, marks=pytest.mark.slow) for minutes in (20, 180)]


@pytest.fixture(params=[6, *LONGER], ids="{} minutes".format)
def long(request: pytest.FixtureRequest, speech: Path, tmp_path: Path) -> Long:
    """The LJSpeech clips one after another, again and again, with pauses between them."""
    path, said, size = tmp_path / "long.wav", [], 0
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for clip, text in again_and_again(speech):
            file.writeframes(clip + PAUSE)
            said.append(text)
            size += len(clip) + len(PAUSE)
            if size >= request.param * 60 * RATE * 2:
                break
    return Long(path, " ".join(said), size / RATE / 2)


def again_and_again(speech: Path) -> Iterator[tuple[bytes, str]]:
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["path"][:9] == "ljspeech/"]
    while True:
        for row in rows:
            with wave.open(str(speech / row["path"])) as clip:
                yield clip.readframes(clip.getnframes()), row["transcript"]


async def blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


async def check(server: ServerProcess, recording: str, long: Long, peak: Peak) -> None:
    async with Recordings(server.url) as recordings:
        found = await recordings.get(recording)
        heard = await recordings.transcript(recording)
    assert (found.state, found.reason) == ("done", "finished")
    assert found.duration == pytest.approx(long.seconds, abs=0.01)
    assert word_error_rate([long.said], [heard]) < WRONG
    grown = {kind: f"{peak.growth(kind) >> 20} MB" for kind in peak.most}
    assert peak.growth() < SERVER, grown
    assert peak.growth("vivavoce.audio.decoder") < DECODER, grown
    assert peak.growth("vivavoce.engines.hosted.host") < HOST, grown


def test_a_long_upload(embedded: ServerProcess, long: Long) -> None:
    async def upload() -> str:
        async with Recordings(embedded.url) as recordings:
            return (await recordings.upload(long.path, wait=True)).id

    with Peak(embedded.pid) as peak:
        recording = asyncio.run(upload())
    asyncio.run(check(embedded, recording, long, peak))


@pytest.mark.slow
def test_a_long_file_over_the_websocket(embedded: ServerProcess, long: Long) -> None:
    async def send() -> str:
        async with connect(embedded.url, AudioFormat("container"), buffer=4 << 20) as session:
            reading = asyncio.create_task(session.drained())
            async for block in blocks(long.path):
                await session.send(block)
            await session.finish()
            await reading
            return session.id

    with Peak(embedded.pid) as peak:
        recording = asyncio.run(send())
    asyncio.run(check(embedded, recording, long, peak))
