"""The frail disk does forget; otherwise the tests on it would prove nothing."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vivavoce.journal.disk import DiskFile
from vivavoce.testing.disks import SECTOR, FrailDisk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FrailDisk]:
    disk = FrailDisk(tmp_path / "data", tmp_path / "shadow")
    yield disk
    disk.kill()


def durable_file(disk: FrailDisk) -> tuple[DiskFile, Path]:
    path = disk.root / "file"
    file = disk.create(path)
    file.write(0, memoryview(b"a" * 3 * SECTOR))
    file.sync()
    disk.sync_folder(disk.root)
    return file, path


def after_power_cuts(disk: FrailDisk, path: Path, cuts: int = 40) -> set[bytes]:
    now, seen = path.read_bytes(), set()
    shadow = disk.shadow_of(path).read_bytes()
    for seed in range(cuts):
        path.write_bytes(now)
        disk.shadow_of(path).write_bytes(shadow)
        disk.power_cut(seed)
        seen.add(path.read_bytes())
    return seen


def test_what_was_fsynced_stays(disk: FrailDisk) -> None:
    _, path = durable_file(disk)
    assert after_power_cuts(disk, path) == {b"a" * 3 * SECTOR}


def test_of_what_was_not_any_sectors_may_stay(disk: FrailDisk) -> None:
    file, path = durable_file(disk)
    file.write(3 * SECTOR, memoryview(b"b" * 2 * SECTOR))
    seen = after_power_cuts(disk, path)
    assert all(data.startswith(b"a" * 3 * SECTOR) for data in seen)
    tails = {data[3 * SECTOR :] for data in seen}
    assert any(tail.startswith(b"\0") and b"b" in tail for tail in tails), "reordered"
    assert any(0 < len(tail) < 2 * SECTOR for tail in tails), "torn"


def test_a_failed_fsync_forgets_and_the_next_one_lies(disk: FrailDisk) -> None:
    file, path = durable_file(disk)
    file.write(3 * SECTOR, memoryview(b"b" * SECTOR))
    disk.failing_syncs = 1
    with pytest.raises(OSError, match="Input/output"):
        file.sync()
    file.sync()
    assert min(after_power_cuts(disk, path)) != b"a" * 3 * SECTOR + b"b" * SECTOR


def test_a_name_that_was_not_fsynced_may_not_be_there(disk: FrailDisk) -> None:
    disk.create(disk.root / "named").sync()
    disk.sync_folder(disk.root)
    disk.create(disk.root / "nameless").sync()
    disk.power_cut(0)
    assert [path.name for path in disk.root.iterdir()] == ["named"]


def test_a_deleted_name_may_come_back_until_its_folder_is_fsynced(disk: FrailDisk) -> None:
    _, path = durable_file(disk)
    disk.unlink(path)
    disk.power_cut(0)
    assert path.exists()
    disk.unlink(path)
    disk.sync_folder(disk.root)
    disk.power_cut(0)
    assert not path.exists()


def test_a_full_disk_takes_what_fits_and_gives_room_back(disk: FrailDisk) -> None:
    file, _ = durable_file(disk)
    disk.room = 10
    assert file.write(3 * SECTOR, memoryview(b"x" * 15)) == 10
    with pytest.raises(OSError, match="No space"):
        file.write(3 * SECTOR + 10, memoryview(b"x" * 5))
    assert file.write(0, memoryview(b"over")) == 4, "what is there may be written over"
    file.truncate(3 * SECTOR)
    assert disk.room == 10


CHILD = """
import os, sys
from pathlib import Path
from vivavoce.testing.disks import FrailDisk

disk = FrailDisk(Path(sys.argv[1]), Path(sys.argv[2]))
file = disk.create(disk.root / "file")
file.write(0, memoryview(b"kept"))
file.sync()
disk.sync_folder(disk.root)
file.write(4, memoryview(b"not kept"))
os._exit(9)
"""


def test_the_power_of_another_process_may_be_cut_after_its_death(disk: FrailDisk) -> None:
    command = [sys.executable, "-c", CHILD, str(disk.root), str(disk.shadow)]
    assert subprocess.run(command, check=False).returncode == 9
    seen = after_power_cuts(disk, disk.root / "file")
    assert all(data.startswith(b"kept") for data in seen)
    assert b"kept" in {data.rstrip(b"\0") for data in seen}


def test_folders_that_are_fsynced_in_threads_are_all_there(disk: FrailDisk) -> None:
    def begin(name: str) -> None:
        (disk.root / name).mkdir()
        disk.sync_folder(disk.root)

    names = {f"{n:03}" for n in range(200)}
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(begin, names))
    disk.power_cut(1)
    assert {path.name for path in disk.root.iterdir()} == names
