"""The port to what is kept as bytes: sealed audio, texts. One object store, here or in a cloud."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore

from vivavoce.core.errors import DiskError, NotFound, SettingError
from vivavoce.library.blob_errors import reason

CHUNK: Final = 1024 * 1024
"""Bytes that `stream` asks for at a time. Each is a request of its own, so whoever reads slowly,
a player say, holds no connection, and one that breaks is made again without beginning anew."""

PARTS: Final = 2
"""Parts of 5 MiB that `put_file` holds at a time."""

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


class BlobError(DiskError):
    """The store cannot be used; it names the store and the key."""


class Blobs(Protocol):
    """Bytes under keys such as `recordings/<id>/audio`.

    A key is lower-case letters, digits, dots, dashes and underscores between single
    slashes; no part begins with a dot, so no key leaves the store. Every method may raise
    `BlobError`.
    """

    async def put_file(self, key: str, path: Path, media_type: str) -> None:
        """Keep a file's bytes, all or nothing; durable on return."""

    async def create(self, key: str, data: bytes) -> bool:
        """Keep bytes under a key that is free; durable on return. False: it is taken, and
        nothing is changed."""
        ...

    async def size(self, key: str) -> int:
        """Bytes under a key. Raises `NotFound`."""
        ...

    def stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in chunks. Raises `NotFound`."""
        ...

    def list(self) -> AsyncIterator[tuple[str, int]]:
        """Every key, in no order, and how many bytes are under it."""
        ...

    async def remove(self, key: str) -> None:
        """Remove one key; none is fine too."""

    async def delete(self, prefix: str) -> None:
        """Remove every key under a folder such as `recordings/<id>/`; none is fine too."""

    async def check(self) -> None:
        """Return when the store answers."""


class ObjectBlobs:
    """Implements `Blobs` on an object store. `where` names it in messages."""

    def __init__(self, store: ObjectStore, where: str) -> None:
        self._store = store
        self._where = where
        self._root = store.prefix if isinstance(store, LocalStore) else None

    @classmethod
    def local(cls, root: Path) -> "ObjectBlobs":
        """Blobs as files under a folder, made here. Raises `SettingError`."""
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(f"data_dir: {root} cannot be made: {error.strerror}.") from error
        return cls(LocalStore(root), str(root))

    async def put_file(self, key: str, path: Path, media_type: str) -> None:
        _checked(key)
        with self._trouble("write", key):
            if self._root is None:
                attributes = {"Content-Type": media_type}
                await obstore.put_async(
                    self._store, key, path, attributes=attributes, max_concurrency=PARTS
                )
            else:  # a file has no media type, and nobody has told the disk to keep it yet
                await obstore.put_async(self._store, key, path, max_concurrency=PARTS)
                await asyncio.to_thread(_sync, Path(self._root), key)

    async def create(self, key: str, data: bytes) -> bool:
        _checked(key)
        with self._trouble("write", key):
            try:
                await obstore.put_async(self._store, key, data, mode="create")
            except AlreadyExistsError:
                return False
            if self._root is not None:
                await asyncio.to_thread(_sync, Path(self._root), key)
        return True

    async def size(self, key: str) -> int:
        with self._trouble("read", _checked(key)):
            return (await obstore.head_async(self._store, key))["size"]

    async def stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        _checked(key)
        for at in range(start, end, CHUNK):  # the store knows no empty ranges
            with self._trouble("read", key):
                part = await obstore.get_range_async(
                    self._store, key, start=at, end=min(end, at + CHUNK)
                )
            yield bytes(part)

    async def list(self) -> AsyncIterator[tuple[str, int]]:
        with self._trouble("list", "the keys"):
            async for found in obstore.list(self._store):
                for item in found:
                    if _KEY.fullmatch(item["path"]):  # else it is half-written, or not ours
                        yield item["path"], item["size"]

    async def remove(self, key: str) -> None:
        _checked(key)
        with self._trouble("delete", key), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def delete(self, prefix: str) -> None:
        folder = _checked(prefix.rstrip("/"))
        with self._trouble("delete", prefix):
            if self._root is not None:
                # The store does not list what a crash left half-written; that goes as well.
                await asyncio.to_thread(_remove, Path(self._root) / folder)
                return
            async for found in obstore.list(self._store, prefix=f"{folder}/"):
                await obstore.delete_async(self._store, [item["path"] for item in found])

    async def check(self) -> None:
        # To list is what tells a bucket that is not there from a key that is not.
        with self._trouble("list", "recordings"):
            async for _ in obstore.list(self._store, prefix="recordings/", chunk_size=1):
                break

    @contextmanager
    def _trouble(self, verb: str, key: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            if verb == "read" and isinstance(error, FileNotFoundError):
                raise NotFound(f"There is no blob {key} in {self._where}.") from error
            raise BlobError(f"Cannot {verb} {key} in {self._where}: {reason(error)}.") from error


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a blob key: {key!r}")  # ours: no client's name becomes a key
    return key


def _remove(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _sync(root: Path, key: str) -> None:
    """fsync a new file and, where the system can, the folders that lead to it."""
    path = root / key
    _fsync(path, os.O_RDWR)
    if os.name == "posix":
        for folder in path.parents:
            _fsync(folder, os.O_RDONLY)
            if folder == root:
                break


def _fsync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
