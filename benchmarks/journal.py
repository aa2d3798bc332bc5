"""What the journal costs: 20 sessions of 10 frames a second, and the bare append.

    python benchmarks/journal.py [--folder DIR] [--seconds 10]

The folder should lie on the disk that a server would use; a RAM disk says nothing.
"""

import argparse
import asyncio
import hashlib
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from vivavoce.core.commands import Options
from vivavoce.core.types import AudioFormat
from vivavoce.journal.commit import Committer
from vivavoce.journal.disk import Disk, DiskFile
from vivavoce.journal.journal import Journal, SessionHeader

SESSIONS = 20
PERIOD = 0.1  # seconds of audio in a frame
FRAME = bytes(3200)  # as 16 kHz, 16 bit, mono


class CountingDisk(Disk):
    def __init__(self) -> None:
        self.seconds: list[float] = []  # of each fsync

    def create(self, path: Path) -> DiskFile:
        return _TimedFile(self, path)


class _TimedFile(DiskFile):
    def __init__(self, disk: CountingDisk, path: Path) -> None:
        super().__init__(path, create=True)
        self._disk = disk

    def _sync(self) -> None:
        start = time.perf_counter()
        super()._sync()
        self._disk.seconds.append(time.perf_counter() - start)


async def new_journal(folder: Path, name: str, committer: Committer) -> Journal:
    header = SessionHeader(
        session=name,
        owner="local",
        token_sha256=hashlib.sha256(b"").hexdigest(),
        format=AudioFormat(),
        options=Options(),
        created_at=datetime.now(UTC),
    )
    return await Journal.create(folder / name, header, committer)


async def speak(journal: Journal, frames: int, offset: float, acks: list[float]) -> None:
    """Send frames at the pace of speech, and time each until it is durable."""
    loop = asyncio.get_running_loop()
    begin = loop.time() + offset

    async def acknowledged(frame: int, sent: float) -> None:
        await journal.durable(frame)
        acks.append(loop.time() - sent)

    async with asyncio.TaskGroup() as waiting:
        for frame in range(frames):
            await asyncio.sleep(max(0, begin + frame * PERIOD - loop.time()))
            journal.append(frame, FRAME)
            waiting.create_task(acknowledged(frame, loop.time()))


async def live(folder: Path, seconds: float) -> list[tuple[str, str]]:
    disk, acks = CountingDisk(), list[float]()
    committer = Committer(disk=disk)
    journals = [await new_journal(folder, f"live{n}", committer) for n in range(SESSIONS)]
    disk.seconds.clear()
    cpu, wall = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n, journal in enumerate(journals):
            offset = n * PERIOD / SESSIONS
            group.create_task(speak(journal, round(seconds / PERIOD), offset, acks))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    for journal in journals:
        await journal.remove()
    await committer.close()
    return [
        ("frame to ack, median", f"{statistics.median(acks) * 1e3:.0f} ms"),
        ("frame to ack, 99 %", f"{sorted(acks)[int(len(acks) * 0.99)] * 1e3:.0f} ms"),
        ("frame to ack, most", f"{max(acks) * 1e3:.0f} ms"),
        ("fsyncs per second", f"{len(disk.seconds) / wall:.0f}"),
        ("one fsync, median", f"{statistics.median(disk.seconds) * 1e3:.1f} ms"),
        ("processor, of one core", f"{cpu / wall:.1%}"),
    ]


async def bare(folder: Path, frames: int = 20_000) -> list[tuple[str, str]]:
    committer = Committer(delay_ms=3_600_000)
    journal = await new_journal(folder, "bare", committer)
    start = time.perf_counter()
    for frame in range(frames):
        journal.append(frame, FRAME)
    each = (time.perf_counter() - start) / frames
    await committer.close()
    await journal.close()
    start = time.perf_counter()
    committer = Committer()
    again = await Journal.open(journal.folder, committer)
    taken = time.perf_counter() - start
    await again.remove()
    await committer.close()
    hours = frames * PERIOD / 3600
    return [
        ("append of a frame", f"{each * 1e6:.0f} us"),
        (f"recovery, {hours:.1f} h never committed", f"{taken * 1e3:.0f} ms"),
    ]


async def measure(folder: Path, seconds: float) -> None:
    print(f"{SESSIONS} sessions, {1 / PERIOD:.0f} frames a second each, {seconds:.0f} s")
    for name, value in await live(folder, seconds) + await bare(folder):
        print(f"  {name:<36} {value:>10}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the journal costs.")
    parser.add_argument("--folder", type=Path, default=Path.cwd())
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        asyncio.run(measure(Path(folder), arguments.seconds))


if __name__ == "__main__":
    main()
