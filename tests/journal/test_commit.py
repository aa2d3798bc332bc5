"""Group commit: everybody's writes with few fsyncs, and no promise that cannot be kept."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from vivavoce.core.errors import DiskError
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.commit import Committer, Durable
from vivavoce.journal.disk import Disk, DiskFile
from vivavoce.testing.disks import FrailDisk

pytestmark = pytest.mark.anyio

NEVER = 3_600_000  # ms


class WatchedDisk(Disk):
    """The real one; it notes which file was fsynced, and in which thread."""

    def __init__(self) -> None:
        self.syncs: list[tuple[str, int]] = []

    def create(self, path: Path) -> DiskFile:
        return _WatchedFile(self, path)


class _WatchedFile(DiskFile):
    def __init__(self, disk: WatchedDisk, path: Path) -> None:
        super().__init__(path, create=True)
        self._disk = disk

    def _sync(self) -> None:
        super()._sync()
        self._disk.syncs.append((self.path.name, threading.get_ident()))


def writer(committer: Committer, folder: Path, name: str) -> tuple[AppendFile, Durable]:
    file = AppendFile.create(committer.disk, folder / name)
    return file, committer.track(file, mark=0)


async def one_commit(committer: Committer, folder: Path) -> None:
    """So that the delay to the next begins."""
    file, durable = writer(committer, folder, "first")
    file.append(b"x")
    durable.wrote(1)
    await durable.reached(1)
    file.close()


def commits() -> set[asyncio.Task[None]]:
    return {task for task in asyncio.all_tasks() if task.get_name() == "commit"}


async def test_many_writes_of_many_writers_cost_one_fsync_each(tmp_path: Path) -> None:
    disk = WatchedDisk()
    committer = Committer(NEVER, disk)
    await one_commit(committer, tmp_path)
    disk.syncs.clear()
    writers = [writer(committer, tmp_path, f"w{n}") for n in range(20)]
    for mark in range(1, 11):
        for file, durable in writers:
            file.append(b"x")
            durable.wrote(mark)
        await asyncio.sleep(0)
    assert disk.syncs == []
    assert {durable.mark for _, durable in writers} == {0}
    await committer.close()
    assert sorted(name for name, _ in disk.syncs) == sorted(f"w{n}" for n in range(20))
    assert threading.get_ident() not in {thread for _, thread in disk.syncs}
    assert {durable.mark for _, durable in writers} == {10}
    for file, _ in writers:
        assert file.synced == file.size == 10
        file.close()


async def test_who_writes_after_a_pause_waits_for_nobody(tmp_path: Path) -> None:
    committer = Committer(NEVER)
    file, durable = writer(committer, tmp_path, "w")
    file.append(b"x")
    durable.wrote(1)
    await durable.reached(1)
    file.append(b"y")
    durable.wrote(2)
    await asyncio.sleep(0)
    assert (durable.mark, file.synced) == (1, 1)
    await committer.close()
    assert (durable.mark, file.synced) == (2, 2)
    file.close()


async def test_who_acknowledges_is_told_how_long_the_first_of_it_waited(tmp_path: Path) -> None:
    disk, told = FrailDisk(tmp_path / "data", tmp_path / "shadow"), list[float]()
    committer = Committer(0, disk, told.append)
    file = AppendFile.create(disk, disk.root / "w")
    durable = committer.track(file, mark=0, acknowledged=True)
    other, silent = writer(committer, disk.root, "nobody waits")
    for mark in (1, 2):
        file.append(b"x")
        other.append(b"x")
        durable.wrote(mark)
        silent.wrote(mark)
    await durable.reached(2)
    await silent.reached(2)
    assert len(told) == 1

    disk.failing_syncs = 1
    began = time.monotonic()
    file.append(b"y")
    durable.wrote(3)
    with pytest.raises(DiskError):
        await durable.reached(3)
    assert len(told) == 1
    between = time.monotonic() - began
    await durable.settle()
    assert told[1] >= between
    await committer.close()
    file.close()
    other.close()


async def test_nothing_runs_while_nothing_is_dirty(tmp_path: Path) -> None:
    disk = WatchedDisk()
    committer = Committer(0, disk)
    file, durable = writer(committer, tmp_path, "w")
    assert commits() == set()
    file.append(b"x")
    durable.wrote(1)
    await durable.reached(1)
    await asyncio.gather(*commits())
    assert commits() == set()
    await durable.reached(1)
    await committer.close()
    assert [name for name, _ in disk.syncs] == ["w"]
    file.close()


async def test_what_is_written_during_a_commit_is_in_the_next(tmp_path: Path) -> None:
    began, go_on = threading.Event(), threading.Event()

    class SlowFile(DiskFile):
        def _sync(self) -> None:
            began.set()
            go_on.wait()
            super()._sync()

    file = AppendFile(SlowFile(tmp_path / "w", create=True))
    committer = Committer(0)
    durable = committer.track(file, mark=0)
    file.append(b"a")
    durable.wrote(1)
    await asyncio.to_thread(began.wait)
    file.append(b"b")
    durable.wrote(2)
    go_on.set()
    await durable.reached(1)
    assert (durable.mark, file.synced) == (1, 1)
    await durable.reached(2)
    assert file.synced == 2
    await committer.close()
    file.close()


async def test_a_failed_fsync_tells_those_who_wait_and_only_them(tmp_path: Path) -> None:
    disk = FrailDisk(tmp_path / "data", tmp_path / "shadow")
    committer = Committer(0, disk)
    bad, bad_durable = writer(committer, disk.root, "bad")
    good, good_durable = writer(committer, disk.root, "good")
    disk.failing_syncs = 1
    bad.append(b"x")
    bad_durable.wrote(1)
    waits = [asyncio.create_task(bad_durable.reached(1)) for _ in range(2)]
    for failure in await asyncio.gather(*waits, return_exceptions=True):
        assert isinstance(failure, DiskError)
        assert str(failure) == f"Cannot make {disk.root} durable: Input/output error."
    good.append(b"y")
    good_durable.wrote(1)
    await good_durable.reached(1)
    assert (bad_durable.mark, bad.synced) == (0, 0)
    disk.kill()
    await committer.close()


async def test_writes_after_a_failure_do_not_slip_through(tmp_path: Path) -> None:
    """The system would call the next fsync a success, though it had dropped the first bytes."""
    disk = FrailDisk(tmp_path / "data", tmp_path / "shadow")
    committer = Committer(0, disk)
    file, durable = writer(committer, disk.root, "w")
    disk.failing_syncs = 1
    file.append(b"lost")
    durable.wrote(1)
    with pytest.raises(DiskError):
        await durable.reached(1)
    file.append(b"late")
    durable.wrote(2)
    with pytest.raises(DiskError):
        await durable.reached(2)
    await asyncio.gather(*commits())
    assert (durable.mark, file.synced) == (0, 0)
    durable.mend()
    await durable.reached(2)
    assert disk.shadow_of(file.path).read_bytes() == b"lostlate"
    disk.kill()
    await committer.close()


async def test_mending_may_fail_and_be_tried_again(tmp_path: Path) -> None:
    disk = FrailDisk(tmp_path / "data", tmp_path / "shadow")
    committer = Committer(0, disk)
    file, durable = writer(committer, disk.root, "w")
    disk.failing_syncs = 3
    file.append(b"first")
    durable.wrote(1)
    for _ in range(2):
        with pytest.raises(DiskError):
            await durable.settle()
        file.append(b"+")
    with pytest.raises(DiskError):
        await durable.settle()
    await durable.settle()
    assert durable.mark == durable.written == 1
    assert disk.shadow_of(file.path).read_bytes() == b"first++"
    disk.kill()
    await committer.close()


async def test_a_waiter_that_gives_up_leaves_the_others_alone(tmp_path: Path) -> None:
    committer = Committer(NEVER)
    file, durable = writer(committer, tmp_path, "w")
    file.append(b"x")
    durable.wrote(1)
    quitter, patient = (asyncio.create_task(durable.reached(1)) for _ in range(2))
    await asyncio.sleep(0)
    quitter.cancel()
    await committer.close()
    await patient
    assert quitter.cancelled()
    file.close()
