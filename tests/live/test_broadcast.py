"""One log for everybody who watches, each at their own pace."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vivavoce.core.errors import DiskError
from vivavoce.core.events import Ended, Final, Interim, Marker, Numbered
from vivavoce.journal.commit import Committer
from vivavoce.journal.eventlog import EventLog
from vivavoce.live.broadcast import RECENT, Broadcast
from vivavoce.testing.disks import FrailDisk

pytestmark = pytest.mark.anyio

ENDED = Ended(reason="finished", duration=9)


def interim(tail: str, id: str = "u1") -> Interim:
    return Interim(id=id, start=0, end=1, stable="", tail=tail)


def final(id: str = "u1") -> Final:
    return Final(id=id, start=0, end=1, text="x", engine="e", model="m")


@pytest.fixture
async def broadcast(tmp_path: Path) -> AsyncIterator[Broadcast]:
    committer = Committer(0)
    said = Broadcast(await EventLog.create(tmp_path, committer))
    yield said
    await said.close()
    await committer.close()


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_everybody_hears_everything_and_then_the_end(broadcast: Broadcast) -> None:
    async def numbers(after: int) -> list[int]:
        return [item.n async for item in broadcast.watch(after) if isinstance(item, Numbered)]

    watching = [asyncio.create_task(numbers(after)) for after in (0, 0, 2)]
    for at in range(3):
        broadcast.say(Marker(at=at))
        await turns()
    broadcast.say(ENDED)
    broadcast.conclude()
    assert await asyncio.gather(*watching) == [[1, 2, 3, 4], [1, 2, 3, 4], [3, 4]]
    assert await numbers(3) == [4], "who comes late hears it too"


async def test_a_slow_watcher_catches_up_from_the_file(broadcast: Broadcast) -> None:
    watched = broadcast.watch(0)
    broadcast.say(Marker(at=1))
    first = await anext(watched)
    assert isinstance(first, Numbered)
    for at in range(2, 3 * RECENT):
        broadcast.say(Marker(at=at))
    broadcast.say(ENDED)
    broadcast.conclude()
    assert not broadcast.holds(1)
    rest = [item.n async for item in watched if isinstance(item, Numbered)]
    assert rest == [*range(2, 3 * RECENT + 1)]


async def test_of_interims_only_the_latest_is_kept(broadcast: Broadcast) -> None:
    for tail in ("a", "a b", "a b c"):
        broadcast.show(interim(tail))
    watched = broadcast.watch(0)
    assert await anext(watched) == interim("a b c")
    broadcast.show(interim("a b c d"))
    broadcast.say(final())
    item = await anext(watched)
    assert isinstance(item, Numbered)
    assert broadcast.interim is None
    broadcast.show(interim("next", "u2"))
    assert await anext(watched) == interim("next", "u2")


async def test_the_same_interim_is_shown_once(broadcast: Broadcast) -> None:
    broadcast.show(interim("a"))
    watched = broadcast.watch(0)
    assert await anext(watched) == interim("a")
    broadcast.say(Marker(at=1))
    item = await anext(watched)
    assert isinstance(item, Numbered)
    broadcast.say(ENDED)
    broadcast.conclude()
    assert [type(item) async for item in watched] == [Numbered]


async def test_a_watcher_is_let_go_when_the_session_moves_on(broadcast: Broadcast) -> None:
    async def watch() -> list[object]:
        return [item async for item in broadcast.watch(0)]

    watching = asyncio.create_task(watch())
    broadcast.say(Marker(at=1))
    await turns()
    await broadcast.close()
    assert len(await watching) == 1


async def test_what_was_not_logged_was_not_said(tmp_path: Path) -> None:
    disk = FrailDisk(tmp_path / "data", tmp_path / "shadow")
    committer = Committer(0, disk)
    said = Broadcast(await EventLog.create(disk.root, committer))
    disk.room = 0
    with pytest.raises(DiskError):
        said.say(ENDED)
    assert not said.ended
    assert list(said.after(0)) == []
    disk.room = None
    said.say(ENDED)
    said.conclude()
    assert said.ended
    assert [numbered.n for numbered in said.after(0)] == [1]
    await said.close()
    await committer.close()


async def test_the_end_is_shown_when_it_is_concluded(broadcast: Broadcast) -> None:
    async def first() -> Numbered | Interim:
        return await anext(broadcast.watch(1))

    watching = asyncio.create_task(first())
    broadcast.say(final())
    broadcast.say(ENDED)
    await turns()
    assert broadcast.ended
    assert [numbered.event for numbered in broadcast.after(0)] == [final()]
    assert not watching.done()
    broadcast.conclude()
    assert await watching == Numbered(2, 1, ENDED)
