"""What a backup is, and how one is read: a folder, or one tar file.

The manifest names every file with its size and its SHA-256. Without it there is no backup, and
what it does not name is not of it.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

import msgspec

from vivavoce.core.errors import DiskError

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1

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
    deleted: tuple[str, ...] = ()  # recordings among the rows that were deleted meanwhile


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
        with on_disk(self._path / name):
            return (self._path / name).open("rb")


class TarSource:
    """Implements `Source`."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        with on_disk(path):
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
    digests, size = hashlib.sha256(), 0
    with on_disk(path), source.open(name) as file:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            while data := file.read(_READ):
                digests.update(data)
                size += out.write(data)
            out.flush()
            os.fsync(out.fileno())
    if (size, digests.hexdigest()) != (entry.size, entry.sha256):
        path.unlink()
        raise DiskError(f"{source.where} is damaged: {name} is not what was written.")


def check(source: Source, manifest: Manifest) -> None:
    """Raises `DiskError` where a file is missing or is not what was written."""
    for name, entry in manifest.files.items():
        with on_disk(Path(source.where) / name), source.open(name) as file:
            found = digest(file)
        if found != entry:
            raise DiskError(f"{source.where} is damaged: {name} is not what was written.")


def entry_of(path: Path) -> Entry:
    """What a file is. Raises `DiskError`."""
    with on_disk(path), path.open("rb") as file:
        return digest(file)


def digest(file: BinaryIO) -> Entry:
    """What is left of a file."""
    digests, size = hashlib.sha256(), 0
    while data := file.read(_READ):
        digests.update(data)
        size += len(data)
    return Entry(size, digests.hexdigest())


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Say what the system says as a `DiskError` that names the path."""
    try:
        yield
    except (OSError, tarfile.TarError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DiskError(f"{path} cannot be used: {reason}.") from error
