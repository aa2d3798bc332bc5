"""A disk that fails in the ways that real ones do, for tests.

It works in a real folder, so that every reader sees what it always sees, and keeps beside it
what is really on the disk. `power_cut` then makes the folder what a machine could find after
losing power: everything fsynced is there; of anything else, any sectors may or may not be.
"""

import errno
import os
import random
import shutil
import threading
from pathlib import Path

from vivavoce.journal.disk import Disk, DiskFile
from vivavoce.journal.lease import Lease

SECTOR = 512  # bytes that reach the disk together or not at all

_NAMES = ".names"  # in the shadow of a folder: the names that are on the disk


class FrailDisk(Disk):
    """Everything under `root`: an empty folder, none, or one that an earlier one kept there.

    `shadow` is a folder beside it, kept up to date by the process that writes; `power_cut`
    may be called by another, after that one was killed.
    """

    def __init__(self, root: Path, shadow: Path) -> None:
        self.root = root
        self.shadow = shadow
        self.room: int | None = None  # bytes that may still be written; None: any number
        self.failing_syncs = 0  # so many fsyncs fail, and forget what they were to write
        self._files: list[DiskFile] = []
        self._leases: list[Lease] = []
        self._noting = threading.Lock()
        root.mkdir(parents=True, exist_ok=True)
        shadow.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path) -> DiskFile:
        self.take_room(1)
        return self._keep(_FrailFile(self, path, create=True))

    def open(self, path: Path) -> DiskFile:
        return self._keep(_FrailFile(self, path, create=False))

    def lock(self, folder: Path) -> Lease:
        lease = super().lock(folder)
        self._leases.append(lease)
        return lease

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        if self.shadow_of(old).exists():
            self.shadow_of(old).replace(self.shadow_of(new))

    def sync_folder(self, folder: Path) -> None:
        if not folder.is_relative_to(self.root):
            return
        with self._noting:  # sessions begin in threads: an older list must not come after a newer
            self.shadow_of(folder).mkdir(parents=True, exist_ok=True)
            _note_names(folder, self.shadow_of(folder))

    def shadow_of(self, path: Path) -> Path:
        return self.shadow / path.relative_to(self.root)

    def take_room(self, count: int) -> int:
        """How many of `count` bytes find room; they are taken. Raises OSError when none do."""
        if self.room is None:
            return count
        count = min(count, self.room)
        if not count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= count
        return count

    def kill(self) -> None:
        """What the death of the writing process does: every file is closed, every lock free."""
        while self._files:
            self._files.pop().close()
        while self._leases:
            self._leases.pop().release()

    def power_cut(self, seed: int) -> None:
        """Lose, by this seed's choice, what was not fsynced. Whoever wrote is dead after it."""
        self.kill()
        _cut_folder(self.root, self.shadow, random.Random(seed))

    def _keep(self, file: DiskFile) -> DiskFile:
        self._files.append(file)
        return file


class _FrailFile(DiskFile):
    def __init__(self, disk: FrailDisk, path: Path, *, create: bool) -> None:
        super().__init__(path, create=create)
        self._disk = disk
        self._changed_from: int | None = None if not create else 0

    def write(self, at: int, data: memoryview) -> int:
        growth = at + len(data) - self.size()
        if growth > 0:
            data = data[: len(data) - growth + self._disk.take_room(growth)]
        taken = super().write(at, data)
        self._change(at)
        return taken

    def truncate(self, size: int) -> None:
        if self._disk.room is not None:
            self._disk.room += max(0, self.size() - size)
        super().truncate(size)
        self._change(size)

    def _sync(self) -> None:
        if self._file.closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        start, self._changed_from = self._changed_from, None
        if self._disk.failing_syncs:
            self._disk.failing_syncs -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if start is not None:
            self._copy(start)

    def _change(self, at: int) -> None:
        self._changed_from = at if self._changed_from is None else min(at, self._changed_from)

    def _copy(self, start: int) -> None:
        shadow = self._disk.shadow_of(self.path)
        shadow.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("rb") as source, shadow.open("r+b" if shadow.exists() else "wb") as to:
            source.seek(start)
            data = source.read()
            to.seek(start)
            to.write(data)
            to.truncate(start + len(data))


def _cut_folder(folder: Path, shadow: Path, chance: random.Random) -> None:
    names = shadow / _NAMES
    durable = set(names.read_text().split("\n")) - {""} if names.exists() else set()
    for name in sorted({path.name for path in folder.iterdir()} | durable):
        path, old = folder / name, shadow / name
        if name not in durable:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif path.is_dir() or old.is_dir():
            path.mkdir(exist_ok=True)
            _cut_folder(path, old, chance)
        else:
            before = old.read_bytes() if old.exists() else b""
            now = path.read_bytes() if path.exists() else before
            path.write_bytes(_mix(before, now, chance))
    _remember(folder, shadow)


def _mix(before: bytes, now: bytes, chance: random.Random) -> bytes:
    """Sectors of either, and a length between both; a sector that never came is zeros."""
    size = chance.randint(*sorted((len(before), len(now))))
    sectors = (
        chance.choice((before, now))[at : at + SECTOR].ljust(SECTOR, b"\0")
        for at in range(0, size, SECTOR)
    )
    return b"".join(sectors)[:size]


def _remember(folder: Path, shadow: Path) -> None:
    """What is there now is what is on the disk."""
    shutil.rmtree(shadow, ignore_errors=True)
    shutil.copytree(folder, shadow)
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        _note_names(each, shadow / each.relative_to(folder))


def _note_names(folder: Path, shadow: Path) -> None:
    """Whole or not at all: the process that writes may be killed in the middle."""
    draft = shadow / f"{_NAMES}.tmp"
    draft.write_text("\n".join(path.name for path in folder.iterdir()))
    draft.replace(shadow / _NAMES)
