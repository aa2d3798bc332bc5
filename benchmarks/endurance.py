"""Whether a long session costs more than a short one: processor without a pause, memory over hours.

    python -m benchmarks.endurance [--minutes 20] [--hours 4] [--speech ../shared/speech]

Both run as fast as they go. First somebody speaks for `--minutes` without ever pausing, to the
stream that a live session has, in this process with the embedded engine: processor time for each
second of audio, by fifths. Then a session of `--hours` goes through a real server, sent over
its WebSocket, with the scripted engine and a pause after each sentence: the server's memory.
What came out is kept in `benchmarks/endurance.json`, for the page of the benchmarks.
"""

import argparse
import asyncio
import itertools
import os
import platform
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.live import audio
from benchmarks.long import Long, keep
from vivavoce import __version__
from vivavoce.bench.usage import usage
from vivavoce.client import connect
from vivavoce.core.events import Final
from vivavoce.core.results import Result
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.engines.moonshine.engine import Moonshine
from vivavoce.testing.local import open_local
from vivavoce.testing.process import ServerProcess

FRAME = SAMPLE_RATE // 10
PARTS = 5
SENTENCE = np.concatenate([say(*WORDS[:12]), silence(0.8)])


async def course(pcm: Pcm) -> list[float]:
    """Of each fifth: processor seconds for each second of audio."""
    engine = Moonshine()
    engine.load()
    stream = open_local(engine)
    reading = asyncio.create_task(_drop(stream.results()))
    measured = []
    for part in np.array_split(pcm, PARTS):
        started = time.process_time()
        for at in range(0, len(part), FRAME):
            await stream.feed(part[at : at + FRAME])
            for _ in range(8):  # turns of the loop in which what was asked for is decoded
                await asyncio.sleep(0)
        measured.append((time.process_time() - started) * SAMPLE_RATE / len(part))
    await stream.close()
    await reading
    return measured


async def _drop(results: AsyncIterator[Result]) -> None:
    async for _ in results:
        pass


async def hours(count: float) -> list[tuple[float, float]]:
    """The server's memory in bytes by the hours of one session."""
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder), engines="scripted", max_sessions=2, hosts=1)
        server.start()
        try:
            return await _session(server, count)
        finally:
            server.stop()


async def _session(server: ServerProcess, count: float) -> list[tuple[float, float]]:
    sentence = SENTENCE.astype("<f4").tobytes()
    rounds = round(count * 3600 * SAMPLE_RATE / len(SENTENCE))
    every = max(1, rounds // 8)
    found, said = [], itertools.count()
    async with connect(server.url, AudioFormat("pcm_f32le")) as session:

        async def read() -> None:
            async for event in session:
                if isinstance(event, Final):
                    next(said)

        reading = asyncio.create_task(read())
        for number in range(rounds):
            if number % every == 0:
                hour = number * len(SENTENCE) / SAMPLE_RATE / 3600
                found.append((hour, usage([server.pid]).memory))
            await session.send(sentence)
        found.append((count, usage([server.pid]).memory))
        await session.finish()
        await reading
    assert next(said) == rounds, "words are missing"
    return found


def machine() -> str:
    release = platform.release().partition("-")[0]
    return f"{os.cpu_count()} cores, {platform.system()} {release}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--hours", type=float, default=4)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    args = parser.parse_args()
    if not args.speech.is_dir():
        print(f"{args.speech} is not here; it holds the recordings that this measures with.")
        return
    print(f"Vivavoce {__version__} on {machine()}.\n")
    reading = audio.nonstop(audio.readings(args.speech), args.minutes * 60)
    costs = asyncio.run(course(np.concatenate([clip.pcm for clip in reading.clips])))
    print(f"{args.minutes:.0f} minutes without a pause, by fifths:")
    for cost in costs:
        print(f"  {cost:.4f} CPU s per s of audio")
    memory = asyncio.run(hours(args.hours))
    print(f"{args.hours:g} hours through a server, whose processes hold:")
    for hour, held in memory:
        print(f"  after {hour:.1f} h {held / 1e6:.0f} MB")
    keep(
        Long(
            day=f"{datetime.now(UTC):%d %B %Y}",
            version=__version__,
            machine=machine(),
            minutes=args.minutes,
            costs=tuple(costs),
            hours=args.hours,
            memory=tuple(memory),
        )
    )


if __name__ == "__main__":
    main()
