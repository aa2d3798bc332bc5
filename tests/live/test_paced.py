"""The journal, read command by command."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vivavoce.core.commands import Configure, Finish, Flush, Mark, Options
from vivavoce.core.types import AudioFormat
from vivavoce.journal.commit import Committer
from vivavoce.journal.controls import ControlCommand
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.live.paced import PATIENCE, PAUSE, PacedJournal
from vivavoce.testing.clock import VirtualLoop, virtual_time

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    header = SessionHeader(
        session="s",
        owner="local",
        token_sha256="",
        format=AudioFormat(),
        options=Options(),
        created_at=datetime.now(UTC),
    )
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", header, committer)
    yield journal
    await journal.close()
    await committer.close()


class Reader:
    """Reads as the decoder does: looks, and asks for more when there is none."""

    def __init__(self, journal: Journal) -> None:
        self.seen: list[int | ControlCommand] = []  # sizes read up to, and commands obeyed
        self.idled: list[int] = []
        self.attended = True
        self.growth = PacedJournal(journal, self._obey, self._idle, lambda: self.attended)

    async def read(self) -> None:
        """To the end."""
        position = 0
        while True:
            if position < self.growth.size:
                position = self.growth.size
                self.seen.append(position)
            elif self.growth.complete:
                return
            else:
                await self.growth.changed()

    async def _obey(self, command: ControlCommand) -> None:
        self.seen.append(command)
        await asyncio.sleep(0)

    async def _idle(self, elapsed: int) -> None:
        self.idled.append(elapsed)


async def test_a_command_is_obeyed_at_its_very_byte(journal: Journal) -> None:
    """However far the journal has grown by the time that it is read."""
    journal.control(Mark("first"))
    journal.append(0, bytes(10))
    journal.control(Flush())
    journal.append(1, bytes(5))
    journal.append(2, bytes(5))
    journal.control(Mark("a"))
    journal.control(Configure(language="de"))
    journal.append(3, bytes(1))
    journal.control(Finish())
    reader = Reader(journal)
    await reader.read()
    assert reader.seen == [
        Mark("first"),
        10,
        Flush(),
        20,
        Mark("a"),
        Configure(language="de"),
        21,
    ]
    assert reader.idled == []


async def test_it_is_read_as_it_grows(journal: Journal) -> None:
    reader = Reader(journal)
    reading = asyncio.create_task(reader.read())
    await asyncio.sleep(0)
    journal.append(0, bytes(10))
    await asyncio.sleep(0.01)
    assert reader.seen == [10]
    journal.control(Flush())
    await asyncio.sleep(0.01)
    assert reader.seen == [10, Flush()]
    journal.append(1, bytes(10))
    journal.control(Finish())
    await reading
    assert reader.seen == [10, Flush(), 20]


async def test_time_passes_only_while_nothing_comes(journal: Journal) -> None:
    reader = Reader(journal)
    reading = asyncio.create_task(reader.read())
    await asyncio.sleep(PATIENCE + 0.1 * PAUSE)
    assert sum(reader.idled) < 0.2 * PAUSE * 16_000
    await asyncio.sleep(4 * PAUSE)
    assert sum(reader.idled) == pytest.approx(4 * PAUSE * 16_000, abs=100)
    idled = len(reader.idled)
    for frame in range(20):
        journal.append(frame, bytes(2))
        await asyncio.sleep(PAUSE / 2)
    assert len(reader.idled) == idled
    journal.control(Finish())
    await reading


async def test_who_comes_back_has_time_to_say_something(journal: Journal) -> None:
    reader = Reader(journal)
    reader.attended = False
    reading = asyncio.create_task(reader.read())
    await asyncio.sleep(10 * PATIENCE)
    reader.attended = True
    await asyncio.sleep(PATIENCE - PAUSE)
    assert reader.idled == []
    await asyncio.sleep(4 * PAUSE)
    assert reader.idled
    journal.control(Finish())
    await reading


async def test_a_reader_that_was_busy_has_not_heard_a_pause(journal: Journal) -> None:
    """It finds something each time that it asks, so it never waits; then it has caught up."""
    reader = Reader(journal)
    for frame in range(10):
        await asyncio.sleep(PATIENCE)
        journal.append(frame, bytes(2))
        await reader.growth.changed()
    reading = asyncio.create_task(reader.growth.changed())
    await asyncio.sleep(PATIENCE - PAUSE)
    assert reader.idled == []
    journal.control(Finish())
    await reading


async def test_a_machine_that_was_busy_has_not_heard_a_pause(journal: Journal) -> None:
    """What came meanwhile waits in the socket; it is read before more time passes."""
    reader = Reader(journal)
    reading = asyncio.create_task(reader.read())
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    await asyncio.sleep(PATIENCE)
    loop.skipped += 100
    await asyncio.sleep(PAUSE)
    assert sum(reader.idled) <= 2 * PAUSE * 16_000
    journal.control(Finish())
    await reading


async def test_no_audio_at_all_comes_to_its_end(journal: Journal) -> None:
    journal.control(Finish())
    reader = Reader(journal)
    await reader.read()
    assert reader.seen == []
    assert reader.growth.complete
