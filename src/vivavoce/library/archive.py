"""Where a backup lies: a folder, which the next one only adds to, or one tar file.

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
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

import msgspec

from vivavoce.core.errors import DiskError

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1

_PART: Final = ".part"
_READ: Final = 1 << 20


class Entry(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is."""

    format: int = FORMAT
    version: str  # of Vivavoce
    schema: str  # the revision of the tables
    created_at: str
    library: str  # the name of the file with the rows
    files: dict[str, Entry]


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
        with _disk(path):
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
        return known if known is not None and known.size == size else _entry(path)

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Entry:
        path = self._path / name
        part = path.with_name(path.name + _PART)
        with _disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                entry = await _copy(chunks, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        return entry

    def finish(self, manifest: Manifest) -> None:
        path = self._path / MANIFEST
        with _disk(path):
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
        with _disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def earlier(self, name: str, size: int) -> Entry | None:  # noqa: ARG002
        return None

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Entry:
        spool = self._part.with_suffix(".spool")  # a tar says first how much will come
        with _disk(self._path), spool.open("w+b") as file:
            spool.unlink()
            entry = await _copy(chunks, file)
            file.seek(0)
            self._add(name, entry.size, file)
        return entry

    def finish(self, manifest: Manifest) -> None:
        with _disk(self._path):
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


class Source(Protocol):
    """A backup to read. Every method may raise `DiskError`."""

    @property
    def where(self) -> str: ...

    def open(self, name: str) -> BinaryIO:
        """One of its files, which the caller closes."""
        ...


class FolderSource:
    """Implements `Source`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where = str(path)

    def open(self, name: str) -> BinaryIO:
        with _disk(self._path / name):
            return (self._path / name).open("rb")


class TarSource:
    """Implements `Source`."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        with _disk(path):
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115
            self._members = {member.name: member for member in self._tar.getmembers()}

    def open(self, name: str) -> BinaryIO:
        file = self._tar.extractfile(self._members[name]) if name in self._members else None
        if file is None:
            raise DiskError(f"{self.where} has no {name}.")
        return file  # type: ignore[return-value]

    def close(self) -> None:
        self._tar.close()


@contextmanager
def archive_at(path: Path) -> Iterator[Archive]:
    """A tar file where the name says so, else a folder. Raises `DiskError`."""
    if path.suffix != ".tar":
        yield FolderArchive(path)
        return
    with closing(TarArchive(path)) as archive:
        yield archive


@contextmanager
def source_at(path: Path) -> Iterator[Source]:
    """What is there. Raises `DiskError`."""
    if path.is_dir():
        yield FolderSource(path)
        return
    with closing(TarSource(path)) as source:
        yield source


def read_manifest(source: Source) -> Manifest:
    """Raises `DiskError` where there is no backup, or one that was not finished."""
    try:
        with source.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(), type=Manifest)
    except (DiskError, msgspec.MsgspecError) as error:
        reason = f"{source.where} is no backup, or one that was broken off: no {MANIFEST}."
        raise DiskError(reason) from error
    for name in (manifest.library, *manifest.files):
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or parts[0] == "/" or "\\" in name or ":" in name:
            raise DiskError(f"{source.where} names {name!r}, which is no file of a backup.")
    if manifest.format != FORMAT:
        raise DiskError(f"{source.where} was made by a newer version, {manifest.version}.")
    return manifest


def copy_out(source: Source, name: str, entry: Entry, path: Path) -> None:
    """One file to a place of its own, durably. Raises `DiskError`: it is not what it was."""
    digest, size = hashlib.sha256(), 0
    with _disk(path), source.open(name) as file:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            while data := file.read(_READ):
                digest.update(data)
                size += out.write(data)
            out.flush()
            os.fsync(out.fileno())
    if (size, digest.hexdigest()) != (entry.size, entry.sha256):
        path.unlink()
        raise DiskError(f"{source.where} is damaged: {name} is not what was written.")


def check(source: Source, manifest: Manifest) -> None:
    """Raises `DiskError` where a file is missing or is not what was written."""
    for name, entry in manifest.files.items():
        with _disk(Path(source.where) / name), source.open(name) as file:
            found = _digest(file)
        if found != entry:
            raise DiskError(f"{source.where} is damaged: {name} is not what was written.")


async def _copy(chunks: AsyncIterator[bytes], file: BinaryIO) -> Entry:
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        digest.update(chunk)
        size += file.write(chunk)
    return Entry(size, digest.hexdigest())


def _entry(path: Path) -> Entry:
    with _disk(path), path.open("rb") as file:
        return _digest(file)


def _digest(file: BinaryIO) -> Entry:
    digest, size = hashlib.sha256(), 0
    while data := file.read(_READ):
        digest.update(data)
        size += len(data)
    return Entry(size, digest.hexdigest())


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, tarfile.TarError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DiskError(f"{path} cannot be used: {reason}.") from error
