"""Whether people who read along slow the one who speaks, and miss anything.

    python benchmarks/viewers.py [--viewers 200] [--pairs 4] [--seconds 40]

A real server with the default engine, a speaker on its live protocol who says a clip again and
again in real time, and readers of a shared link, in a process of their own on the same machine.
Runs with and without readers take turns, so that both meet the same machine. A final's delay
is from when the last of its speech was sent until the final came; each reader must be told
every event once and in order.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import wave
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from vivavoce.client import connect
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.events import Interim
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.testing.process import UVICORN, ServerProcess

ROOT: Final = Path(__file__).parents[1]
CLIP: Final = ROOT / "tests" / "data" / "ljspeech_short.wav"
PAUSE: Final = 1.36  # seconds between two times of the clip
BLOCK: Final = 0.1  # seconds sent at a time
READY: Final = b"all are there\n"


@dataclass(frozen=True)
class Run:
    """`delays` in seconds, of each final; `complete`: readers told everything in order."""

    viewers: int
    delays: tuple[float, ...]
    complete: int
    events: int


def numbers(stream: bytes) -> list[int]:
    """The numbers of the events in a stream as it was received, chunked or not."""
    return [
        int(line.removeprefix(b"id: "))
        for line in stream.splitlines()
        if line.startswith(b"id: ") and line[4:].isdigit()
    ]


def in_order(found: Sequence[int], last: int) -> bool:
    """Whether these are all from 1 to the last, each once."""
    return list(found) == list(range(1, last + 1))


async def read(address: str, started: asyncio.Semaphore) -> bytes:
    """All that one reader is sent, to the end of the stream."""
    url = urlsplit(address)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    received = bytearray(await reader.readuntil(b"\r\n\r\n"))
    started.release()
    while chunk := await reader.read(1 << 16):
        received += chunk
    writer.close()
    return bytes(received)


async def crowd(address: str, count: int) -> None:
    """The readers' process: says when all are there, and what each was told, as JSON lines."""
    started = asyncio.Semaphore(0)
    readers = [asyncio.create_task(read(address, started)) for _ in range(count)]
    for _ in readers:
        await started.acquire()
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    for received in await asyncio.gather(*readers):
        sys.stdout.write(json.dumps(numbers(received)) + "\n")


def post(server: ServerProcess, path: str) -> Any:
    request = urllib.request.Request(f"{server.url}api/v1/{path}", b"{}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


async def run(server: ServerProcess, viewers: int, seconds: float) -> Run:
    """One session of so many seconds, read along by so many."""
    with wave.open(str(CLIP)) as clip:
        rate = clip.getframerate()
        said = clip.readframes(clip.getnframes()) + bytes(2 * round(PAUSE * rate))
    times = max(1, round(seconds * rate * 2 / len(said)))
    async with connect(server.url, AudioFormat(rate=rate)) as session, AsyncExitStack() as stack:
        link = f"recordings/{session.id}/shares"
        token = (await asyncio.to_thread(post, server, link))["token"]
        address = f"http://127.0.0.1:{server.port}/api/v1/shared/{token}/events"
        readers = await stack.enter_async_context(reading(address, viewers))
        clock = asyncio.get_running_loop().time
        begun = clock()
        sending = asyncio.create_task(_speak(session, said * times, rate))
        delays: list[float] = []
        last = 0
        async for event in session:
            last += not isinstance(event, Interim)
            if isinstance(event, FinalEvent) and event.text:
                delays.append(clock() - begun - event.end / SAMPLE_RATE)
        await sending
        told, _ = await readers.communicate()
    complete = sum(in_order(json.loads(line), last) for line in told.splitlines())
    return Run(viewers, tuple(delays), complete, last)


@asynccontextmanager
async def reading(address: str, viewers: int) -> AsyncIterator[Process]:
    """The readers' process, when they are all there."""
    command = (__file__, "--read", address, "--viewers", str(viewers))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=subprocess.PIPE, limit=1 << 24
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == READY
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _speak(session: Any, said: bytes, rate: int) -> None:
    clock = asyncio.get_running_loop().time
    begun, size = clock(), round(BLOCK * rate) * 2
    for at in range(0, len(said), size):
        await asyncio.sleep(max(0.0, begun + at / 2 / rate - clock()))
        await session.send(said[at : at + size])
    await session.finish()


async def pairs(viewers: int, count: int, seconds: float) -> list[tuple[Run, Run]]:
    """Runs without readers and with them, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
        server = ServerProcess(Path(folder), command, finals="tiny")
        server.start()
        try:
            await run(server, 0, 7)  # everything is loaded and measured
            found = []
            for _ in range(count):
                alone = await run(server, 0, seconds)
                read_along = await run(server, viewers, seconds)
                found.append((alone, read_along))
                print(row(alone), row(read_along), sep="\n", flush=True)
            return found
        finally:
            server.stop()


def row(one: Run) -> str:
    middle, slow = statistics.median(one.delays), max(one.delays)
    readers = f"{one.complete} of {one.viewers} readers told all {one.events} events in order"
    return f"{middle * 1000:6.0f} ms median {slow * 1000:6.0f} ms at most  " + (
        readers if one.viewers else "nobody reads"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        asyncio.run(crowd(chosen.read, chosen.viewers))
        return
    found = asyncio.run(pairs(chosen.viewers, chosen.pairs, chosen.seconds))
    alone = statistics.median(delay for one, _ in found for delay in one.delays)
    along = statistics.median(delay for _, one in found for delay in one.delays)
    ratios = [statistics.median(b.delays) / statistics.median(a.delays) for a, b in found]
    print(
        f"median final delay {alone * 1000:.0f} ms alone, {along * 1000:.0f} ms with "
        f"{chosen.viewers} readers ({along / alone - 1:+.1%}); pair by pair "
        + ", ".join(f"{ratio - 1:+.1%}" for ratio in ratios)
    )


if __name__ == "__main__":
    main()
