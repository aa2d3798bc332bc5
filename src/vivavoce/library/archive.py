"""Where a backup is written: a folder, which the next one only adds to, or one tar file.

Bytes come first and what is said of them, the manifest, comes last: without it there is no
backup, and what it does not name is not of it. So one that was broken off harms none before it,
and is gone on with by the next.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from vivavoce.core.errors import DiskError
from vivavoce.library.manifest import (
    MANIFEST,
    Entry,
    FolderSource,
    Manifest,
    entry_of,
    on_disk,
    read_manifest,
)

_PART: Final = ".part"


class Archive(Protocol):
    """Every method may raise `DiskError`."""

    def earlier(self, name: str, size: int) -> Entry | None:
        """A file that is there from before, and is of this size."""
        ...

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Entry:
        """Add a file, all or nothing."""
        ...

    def finish(self, manifest: Manifest) -> None:
        """Let these files be the backup."""


class FolderArchive:
    """Implements `Archive`. What is in it stays unless a later backup has it no more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with on_disk(path):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)  # words, and what keys are checked by
        with suppress(DiskError):
            self._before = read_manifest(FolderSource(path)).files
            return
        self._before = {}

    def earlier(self, name: str, size: int) -> Entry | None:
        path = self._path / name
        if not path.is_file() or path.stat().st_size != size:
            return None
        known = self._before.get(name)
        return known if known is not None and known.size == size else entry_of(path)

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Entry:
        path = self._path / name
        part = path.with_name(path.name + _PART)
        with on_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                entry = await _copy(chunks, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        return entry

    def finish(self, manifest: Manifest) -> None:
        path = self._path / MANIFEST
        with on_disk(path):
            part = path.with_name(MANIFEST + _PART)
            with part.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            for old in sorted(self._path.rglob("*"), reverse=True):
                name = old.relative_to(self._path).as_posix()
                if old.is_file() and name not in manifest.files and name != MANIFEST:
                    old.unlink()
                elif old.is_dir():
                    with suppress(OSError):  # there is something in it
                        old.rmdir()


class TarArchive:
    """Implements `Archive`: a file that is there when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + _PART)
        with on_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def earlier(self, name: str, size: int) -> Entry | None:  # noqa: ARG002
        return None

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Entry:
        spool = self._part.with_suffix(".spool")  # a tar says first how much will come
        with on_disk(self._path), spool.open("w+b") as file:
            spool.unlink()
            entry = await _copy(chunks, file)
            file.seek(0)
            self._add(name, entry.size, file)
        return entry

    def finish(self, manifest: Manifest) -> None:
        with on_disk(self._path):
            data = msgspec.json.encode(manifest)
            self._add(MANIFEST, len(data), io.BytesIO(data))
            self._tar.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._part.replace(self._path)

    def close(self) -> None:
        """What was not finished is none."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _add(self, name: str, size: int, file: BinaryIO) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, file)


@contextmanager
def archive_at(path: Path) -> Iterator[Archive]:
    """A tar file where the name says so, else a folder. Raises `DiskError`."""
    if path.suffix != ".tar":
        yield FolderArchive(path)
        return
    with closing(TarArchive(path)) as archive:
        yield archive


async def _copy(chunks: AsyncIterator[bytes], file: BinaryIO) -> Entry:
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        digest.update(chunk)
        size += file.write(chunk)
    return Entry(size, digest.hexdigest())
