"""The event log: one content per number and epoch, whatever the server and the power do."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.core.errors import DiskError, Gone
from vivavoce.core.events import AnyEvent, Ended, Final, Gap, Marker, Numbered, Started
from vivavoce.core.types import AudioFormat, Word
from vivavoce.journal.commit import Committer
from vivavoce.journal.eventlog import STRIDE, EventLog
from vivavoce.testing.disks import FrailDisk

pytestmark = pytest.mark.anyio


def frail(tmp_path: Path) -> FrailDisk:
    return FrailDisk(tmp_path / "data", tmp_path / "shadow")


async def test_events_come_back_as_they_were(tmp_path: Path) -> None:
    events: list[AnyEvent] = [
        Started(session="s", engine="fake", format=AudioFormat(), title="Sitzung\nübermorgen"),
        Final(
            id="u1",
            start=0,
            end=9,
            text="one",
            engine="e",
            model="m",
            words=(Word("one", 0, 9, 0.5),),
        ),
        Gap(start=3, end=4, reason="noise"),
        Ended(reason="finished", duration=16000),
    ]
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    numbered = [log.append(event) for event in events]
    assert numbered == [Numbered(n, 1, event) for n, event in enumerate(events, 1)]
    assert list(log.read()) == numbered
    assert list(log.read(2)) == numbered[2:]
    await log.close()
    log = await EventLog.open(tmp_path, committer)
    assert (log.epoch, log.last) == (2, 4)
    more = log.append(Marker(at=5))
    assert more == Numbered(5, 2, Marker(at=5))
    assert list(log.read()) == [*numbered, more]
    await log.close()
    assert list(log.read(4)) == [more], "a slow reader may outlive the session"
    with pytest.raises(Gone):
        log.append(Marker(at=6))
    await committer.close()


async def test_reading_begins_anywhere_in_a_long_log(tmp_path: Path) -> None:
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    for at in range(1, STRIDE + 1):
        log.append(Marker(at=at))
    await log.close()
    log = await EventLog.open(tmp_path, committer)
    for at in range(STRIDE + 1, 3 * STRIDE + 2):
        log.append(Marker(at=at, label="long" * 20))
    for after in (0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 2 * STRIDE, 3 * STRIDE, log.last):
        numbers = [each.n for each in log.read(after)]
        assert numbers == list(range(after + 1, 3 * STRIDE + 2))
    assert list(log.read(log.last + 5)) == []
    await log.close()
    await committer.close()


async def test_a_reader_sees_what_is_said_meanwhile(tmp_path: Path) -> None:
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    log.append(Marker(at=1))
    reader = log.read()
    assert next(reader).n == 1
    log.append(Marker(at=2))
    assert [each.n for each in reader] == [2]
    await log.close()
    await committer.close()


async def test_what_a_client_must_be_sent(tmp_path: Path) -> None:
    """Epoch 1 said 1...3, epoch 2 nothing, epoch 3 said 4 and 5."""
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    for at in range(3):
        log.append(Marker(at=at))
    for _ in range(2):
        await log.close()
        log = await EventLog.open(tmp_path, committer)
    for at in range(2):
        log.append(Marker(at=at))
    assert log.epoch == 3
    sent = {
        (1, 0): 1,
        (1, 2): 3,
        (1, 3): 4,
        (1, 9): 4,  # it had events that a power cut took away
        (2, 9): 4,
        (3, 4): 5,
        (3, 5): 6,
        (3, 9): 6,
        (9, 5): 6,
        (0, 5): 1,
        (1, -1): 1,
    }
    for (epoch, after), first in sent.items():
        assert log.since(epoch, after) == first, (epoch, after)
    await log.close()
    await committer.close()


async def test_a_line_torn_or_damaged_at_any_byte_is_cut(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    path = disk.root / "events"
    log = await EventLog.create(disk.root, committer)
    ends = [path.stat().st_size]
    for at in range(3):
        log.append(Marker(at=at, label="ü"))
        ends.append(path.stat().st_size)
    await log.close()
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        for data in (whole[:at], damaged):
            path.write_bytes(data)
            log = await EventLog.open(disk.root, committer)
            kept = sum(end <= at for end in ends[1:])
            assert log.last == kept
            # An epoch that anything still speaks of is never used again.
            assert log.epoch == (1 if data == whole[:at] and at < ends[0] else 2)
            assert log.append(Marker(at=9)).n == kept + 1
            assert [each.n for each in log.read()] == list(range(1, kept + 2))
            await log.close()
    await committer.close()


async def test_damage_behind_the_back_is_told_not_skipped(tmp_path: Path) -> None:
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    for at in range(3):
        log.append(Marker(at=at))
    data = (tmp_path / "events").read_bytes()
    (tmp_path / "events").write_bytes(data.replace(b'"at":1', b'"at":7'))
    with pytest.raises(DiskError, match="event 2 is not whole"):
        list(log.read())
    await log.close()
    await committer.close()


async def test_an_entry_of_a_newer_version_is_not_thrown_away(tmp_path: Path) -> None:
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    log.append(Marker(at=1))
    await log.close()
    with (tmp_path / "events").open("ab") as file:
        file.write(b'e24903e0 {"n":2,"epoch":1,"event":{"type":"from_the_future"}}\n')
    size = (tmp_path / "events").stat().st_size
    with pytest.raises(DiskError, match="cannot be understood"):
        await EventLog.open(tmp_path, committer)
    assert (tmp_path / "events").stat().st_size == size
    await committer.close()


async def test_a_log_that_is_missing_is_begun(tmp_path: Path) -> None:
    committer = Committer(0)
    log = await EventLog.open(tmp_path, committer)
    assert (log.epoch, log.last, list(log.read())) == (1, 0, [])
    await log.close()
    await committer.close()


async def test_a_full_disk_leaves_the_log_whole(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    log = await EventLog.create(disk.root, committer)
    first = log.append(Marker(at=1))
    for room in range(10):
        disk.room = room
        with pytest.raises(DiskError, match="No space left"):
            log.append(Marker(at=2))
        assert list(log.read()) == [first]
    disk.room = None
    second = log.append(Marker(at=3))
    assert list(log.read()) == [first, second]
    await log.close()
    await committer.close()


class Client:
    """Listens to one log across lost lines, dead servers and power cuts.

    It holds the log to its promise: under one number and epoch there is one content.
    """

    def __init__(self, disk: FrailDisk) -> None:
        self.disk = disk
        self.said: dict[tuple[int, int], Marker] = {}
        self.durable = 0
        self.seen: dict[int, Numbered] = {}
        self.last = (1, 0)  # epoch and number of the last event received
        self.words = 0

    async def begin(self) -> None:
        self.committer = Committer(0, self.disk)
        self.log = await EventLog.create(self.disk.root, self.committer)
        self.next = 1

    def say(self, count: int) -> None:
        for _ in range(count):
            self.words += 1
            numbered = self.log.append(Marker(at=self.words, label="x" * (self.words * 37 % 300)))
            assert (numbered.n, numbered.epoch) not in self.said
            assert isinstance(numbered.event, Marker)
            self.said[numbered.n, numbered.epoch] = numbered.event

    def listen(self, count: int) -> None:
        for numbered, _ in zip(self.log.read(self.next - 1), range(count), strict=False):
            assert self.said[numbered.n, numbered.epoch] == numbered.event
            self.seen[numbered.n] = numbered
            self.last = (numbered.epoch, numbered.n)
            self.next = numbered.n + 1

    async def commit(self) -> None:
        await self.log.durable(self.log.last)
        self.durable = self.log.last

    async def restart(self, seed: int | None) -> None:
        self.disk.kill() if seed is None else self.disk.power_cut(seed)
        await self.committer.close()
        epoch = self.log.epoch
        self.committer = Committer(0, self.disk)
        self.log = await EventLog.open(self.disk.root, self.committer)
        assert self.log.epoch > epoch
        assert self.log.last >= self.durable
        self.resume()

    def resume(self) -> None:
        self.next = self.log.since(*self.last)
        assert self.next <= self.last[1] + 1

    async def end(self) -> None:
        self.resume()
        self.listen(10**6)
        log = {numbered.n: numbered for numbered in self.log.read()}
        assert {n: self.seen[n] for n in log} == log
        await self.log.close()
        await self.committer.close()


steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 5)),
        st.tuples(st.just("listen"), st.integers(1, 6)),
        st.tuples(st.just("commit"), st.just(0)),
        st.tuples(st.just("power"), st.integers(0, 2**16)),
        st.tuples(st.just("kill"), st.just(0)),
        st.tuples(st.just("resume"), st.just(0)),
    ),
    max_size=40,
)


@given(steps)
@settings(max_examples=150)
def test_a_client_ends_with_the_log_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        client = Client(frail(tmp_path_factory.mktemp("frail")))
        await client.begin()
        for step, number in steps:
            match step:
                case "say":
                    client.say(number)
                case "listen":
                    client.listen(number)
                case "commit":
                    await client.commit()
                case "power" | "kill":
                    await client.restart(number if step == "power" else None)
                case "resume":
                    client.resume()
        await client.end()

    asyncio.run(play())
