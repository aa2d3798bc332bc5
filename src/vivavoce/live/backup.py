"""Writes down all that a server keeps, while it runs: sessions, rows, blobs.

In this order, by which three make one: a session that ends meanwhile goes from its journal into
the blobs and the rows, so what is found no more in the one place is found in the next. What is
found in both has ended. A recording that began after the journals were read is left out, as if
it had begun a moment later, and so is one that was deleted before all was written, as if that
had been a moment earlier.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from vivavoce import __version__
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.journal.copying import ORDER, contents, kept_sessions, there
from vivavoce.journal.uses import FILE as USE
from vivavoce.library.archive import Archive
from vivavoce.library.blobs import Blobs
from vivavoce.library.database import Tables
from vivavoce.library.manifest import Entry, Manifest
from vivavoce.library.recording import UNFINISHED
from vivavoce.library.rows import Rows

BLOBS = "blobs"
LIVE = "live"
BESIDE = ("tls",)
"""Folders of the data directory that are kept as they are."""
RECORDINGS = "recordings/"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is to write down."""

    tables: Tables
    blobs: Blobs
    data_dir: Path


@dataclass(frozen=True, slots=True)
class Done:
    """What a backup has: recordings, live sessions, and bytes, of which some were copied now."""

    recordings: int
    sessions: int
    bytes: int
    copied: int


async def back_up(kept: Kept, archive: Archive) -> Done:
    """Make a backup, or bring one up to date. Raises `DiskError`, `SettingError`."""
    now = datetime.now(UTC)
    stamp = f"{now:%Y%m%dT%H%M%S%f}"
    work = _Work(archive)
    live = [session.name async for session in work.sessions(kept.data_dir / LIVE, stamp)]
    library = f"library-{stamp}.jsonl.gz"
    rows = Rows(kept.tables, live)
    async with aclosing(rows.chunks()) as chunks:
        await work.add(library, chunks)
    ended = [id for id in live if rows.states.get(id) not in UNFINISHED]
    for id in ended:
        work.forget(f"{LIVE}-{stamp}/{id}/")
    await work.blobs(kept.blobs, rows.states)
    deleted = await rows.deleted()
    for id in deleted:
        work.forget(f"{LIVE}-{stamp}/{id}/")
        work.forget(f"{BLOBS}/{RECORDINGS}{id}/")
    for folder in BESIDE:
        await work.folder(kept.data_dir, folder)
    manifest = Manifest(
        version=__version__,
        schema=rows.schema,
        created_at=now.isoformat(),
        library=library,
        files=work.files,
        deleted=tuple(sorted(deleted)),
    )
    archive.finish(manifest)
    size = sum(entry.size for entry in work.files.values())
    sessions = len(set(live) - set(ended) - deleted)
    return Done(len(rows.states) - len(deleted), sessions, size, work.copied)


class _Work:
    def __init__(self, archive: Archive) -> None:
        self.files: dict[str, Entry] = {}
        self.copied = 0  # bytes
        self._archive = archive

    async def add(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        entry = await self._archive.put(name, chunks)
        self.files[name] = entry
        self.copied += entry.size

    async def sessions(self, folder: Path, stamp: str) -> AsyncIterator[Path]:
        """Those that were written down. One that ends meanwhile is in the library."""
        for session in kept_sessions(folder):
            under = f"{LIVE}-{stamp}/{session.name}/"
            try:
                for name in ORDER:
                    if name == USE and not (session / name).is_file():
                        continue  # nothing was sent to an engine yet
                    await self.add(f"{under}{name}", contents(session / name))
            except DiskError as error:
                if there(session):
                    raise
                log.debug("ended while it was copied", session=session.name, reason=error.message)
                self.forget(under)
                continue
            yield session

    async def blobs(self, blobs: Blobs, states: dict[str, str]) -> None:
        """Those of recordings that are in the rows. What is deleted meanwhile is not there."""
        async for key, size in blobs.list():
            if key.startswith(RECORDINGS) and key.split("/")[1] not in states:
                continue
            name = f"{BLOBS}/{key}"
            if (entry := self._archive.earlier(name, size)) is not None:
                self.files[name] = entry
                continue
            try:
                await self.add(name, blobs.stream(key, 0, size))
            except NotFound:
                continue

    async def folder(self, data_dir: Path, folder: str) -> None:
        for path in sorted((data_dir / folder).rglob("*")):
            if path.is_file():
                await self.add(path.relative_to(data_dir).as_posix(), contents(path))

    def forget(self, under: str) -> None:
        for name in [name for name in self.files if name.startswith(under)]:
            del self.files[name]
