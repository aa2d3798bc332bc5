"""The few things that the live path asks of a disk, so that tests can put a worse one there.

`testing/disks.py` has one that forgets what was not fsynced, fills up, and fails to fsync.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vivavoce.core.errors import DiskError
from vivavoce.journal.lease import Lease


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Any OSError within becomes a DiskError whose one sentence names `path`."""
    try:
        yield
    except OSError as error:
        raise DiskError(f"Cannot keep {path}: {error.strerror or error}.") from error


class DiskFile:
    """One open file, read and written by byte offset. Only `sync` may run in another thread."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        # Unbuffered: what `write` took is in the system's hands, and survives our own death.
        self._file = path.open("x+b" if create else "r+b", buffering=0)
        self._at: int | None = None  # where the system stands in it, if that is known
        self._syncing = threading.Lock()  # a descriptor closed under a sync may be another's

    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def read(self, at: int, count: int) -> bytes:
        """The bytes from `at` on: `count` of them, or fewer at the end of the file."""
        self._go(at)
        parts = []
        while count and (part := self._file.read(count)):
            parts.append(part)
            count -= len(part)
        found = b"".join(parts)
        self._at = at + len(found)
        return found

    def write(self, at: int, data: memoryview) -> int:
        """How many of these bytes were taken; may be fewer than all."""
        self._go(at)
        taken = self._file.write(data)
        self._at = at + taken
        return taken

    def truncate(self, size: int) -> None:
        self._file.truncate(size)

    def sync(self) -> None:
        """Return when every byte written so far, and the file's length, survive a power cut."""
        with self._syncing:
            self._sync()

    def close(self) -> None:
        with self._syncing:
            self._file.close()

    def _go(self, at: int) -> None:
        """Who only appends is there already."""
        if self._at != at:
            self._file.seek(at)
        self._at = None  # unknown, if what comes now fails

    def _sync(self) -> None:
        sync_descriptor(self._file.fileno())


class Disk:
    """The real disk."""

    def create(self, path: Path) -> DiskFile:
        return DiskFile(path, create=True)

    def open(self, path: Path) -> DiskFile:
        return DiskFile(path, create=False)

    def lock(self, folder: Path) -> Lease:
        return Lease(folder)

    def rename(self, old: Path, new: Path) -> None:
        old.replace(new)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in this folder survive a power cut."""
        if sys.platform == "win32":
            return  # NTFS journals its folders; there is nothing to ask for
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """Create a folder that is not there yet, with its parents, durably."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True)
        for path in missing:
            self.sync_folder(path.parent)

    def write_whole(self, path: Path, data: bytes) -> None:
        """Put a small new file there, durably, whole or not at all."""
        draft = path.with_name(path.name + ".tmp")
        file = self.create(draft)
        try:
            if file.write(0, memoryview(data)) != len(data):
                raise OSError("it was written only in part")
            file.sync()
        finally:
            file.close()
        self.rename(draft, path)
        self.sync_folder(path.parent)


if sys.platform == "win32":
    sync_descriptor = os.fsync
elif sys.platform == "darwin":
    import fcntl

    def sync_descriptor(descriptor: int) -> None:
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync there stops at the drive's own cache
else:
    sync_descriptor = os.fdatasync
