"""A file that only grows, of which it is known how much is on the disk."""

import contextlib
import errno
import os
import zlib
from pathlib import Path
from typing import NamedTuple

from vivavoce.journal.disk import Disk, DiskFile, disk_errors

CHUNK = 1 << 20  # bytes held in memory while a file is read through


class Part(NamedTuple):
    """Bytes written since the part before: where they end, and their crc32."""

    end: int
    crc: int


class AppendFile:
    """Whole appends or none, and a way back after a failed fsync.

    A failed fsync may leave pages marked clean that never reached the disk, so that the next
    fsync succeeds without writing them. Therefore what is not known to be on the disk is kept
    as a checksum, and `write_again` reads it back, proves it and writes it anew before another
    fsync may count.
    """

    def __init__(self, file: DiskFile) -> None:
        self.path: Path = file.path
        self.size = file.size()  # bytes that are whole and may be read
        self.synced = self.size  # bytes known to be on the disk
        self._file = file
        self._begun: Part | None = None  # what the sync that runs, or failed, was to cover
        self._crc = 0  # of the bytes after `_begun`, or after `synced`
        self._ragged = False  # bytes of a failed append may lie after `size`

    @classmethod
    def create(cls, disk: Disk, path: Path) -> "AppendFile":
        with disk_errors(path):
            return cls(disk.create(path))

    @classmethod
    def open(cls, disk: Disk, path: Path) -> "AppendFile":
        """What the file holds is not to be trusted before `restore`."""
        with disk_errors(path):
            return cls(disk.open(path))

    def restore(self, trusted: int, size: int) -> None:
        """Keep `size` bytes, of which `trusted` are known to be on the disk, and put the others
        there. Blocks until it is done."""
        with disk_errors(self.path):
            self._file.truncate(size)
            self._rewrite(trusted, size, 0)
            self._file.sync()
        self.size = self.synced = size
        self._begun, self._crc = None, 0

    def append(self, data: bytes) -> None:
        """Add these bytes at the end, or raise DiskError and leave the file as it was."""
        with disk_errors(self.path):
            try:
                self._trim()
                self._write(self.size, data)
            except OSError:
                self._ragged = True
                self._try_trim()
                raise
        self.size += len(data)
        self._crc = zlib.crc32(data, self._crc)

    def mark(self) -> Part:
        """The end as it is now, for `back`; worth nothing once a sync has begun."""
        return Part(self.size, self._crc)

    def back(self, mark: Part) -> None:
        """Forget what was appended after `mark`."""
        self.size, self._crc = mark
        self._ragged = True
        self._try_trim()

    def begin_sync(self) -> None:
        self._begun, self._crc = Part(self.size, self._crc), 0

    def sync(self) -> None:
        """Between `begin_sync` and `end_sync`, in any thread. Raises OSError."""
        self._file.sync()

    def end_sync(self) -> None:
        """It succeeded. (When it failed, `write_again` comes next.)"""
        assert self._begun is not None
        self.synced, self._begun = self._begun.end, None

    def write_again(self) -> None:
        """After a failed sync: write everything anew that is not known to be on the disk."""
        parts = [Part(self.size, self._crc)]
        if self._begun is not None:
            parts.insert(0, self._begun)
        start, whole = self.synced, 0
        with disk_errors(self.path):
            for end, expected in parts:
                crc, whole = self._rewrite(start, end, whole)
                if crc != expected:
                    raise OSError(errno.EIO, "what was written could not be read back")
                start = end
        self._begun, self._crc = None, whole

    def read(self, at: int, count: int) -> bytes:
        with disk_errors(self.path):
            return self._file.read(at, min(count, max(0, self.size - at)))

    def close(self) -> None:
        self._try_trim()
        self._file.close()

    def _write(self, at: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            taken = self._file.write(at, rest)
            if not taken:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            at, rest = at + taken, rest[taken:]

    def _rewrite(self, start: int, end: int, whole: int) -> tuple[int, int]:
        """Write a range over itself; its own crc32, and `whole` continued by it."""
        crc = 0
        while start < end:
            data = self._file.read(start, min(CHUNK, end - start))
            if not data:
                raise OSError(errno.EIO, "the file became shorter")
            self._write(start, data)
            crc, whole = zlib.crc32(data, crc), zlib.crc32(data, whole)
            start += len(data)
        return crc, whole

    def _trim(self) -> None:
        if self._ragged:
            self._file.truncate(self.size)
            self._ragged = False

    def _try_trim(self) -> None:
        with contextlib.suppress(OSError):  # then the next append tries first, or recovery cuts
            self._trim()
