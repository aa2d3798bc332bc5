"""Puts a backup where there is nothing yet, and brings it up to date.

Into an empty data directory, an empty database, an empty bucket: nothing is ever overwritten. A
mark says that it is under way, so that no server begins on half of it; whoever does it again
begins anew. The library comes last, for with it there is something to overwrite.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from vivavoce.core.errors import SettingError
from vivavoce.library.blobs import Blobs
from vivavoce.library.database import Database, Tables
from vivavoce.library.manifest import Manifest, Source, check, copy_out, read_manifest
from vivavoce.library.migrations import revisions, upgrade
from vivavoce.library.rows import count_rows, read_rows
from vivavoce.library.sql import FILE
from vivavoce.live.backup import BESIDE, BLOBS, LIVE

MARK = "restoring"
"""A file of the data directory that is there while it is under way."""

FOLDERS = (LIVE, *BESIDE)


@dataclass(frozen=True, slots=True)
class Empty:
    """Where it is to go."""

    database: Database
    blobs: Blobs
    data_dir: Path


async def restore(source: Source, empty: Empty) -> Manifest:
    """Raises `DiskError` (the backup is damaged), `SettingError` (there is something already, or
    the backup is of a newer version); then nothing is there that a server would take up."""
    manifest = read_manifest(source)
    if manifest.schema not in revisions():
        raise SettingError(
            f"{source.where} was made by a newer version of Vivavoce, {manifest.version}."
        )
    mark = empty.data_dir / MARK
    if not mark.exists():
        await _check_empty(empty)
    check(source, manifest)
    empty.data_dir.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{source.where}\n")
    await _clear(empty)
    scratch = empty.data_dir / f"{MARK}.part"
    for name, entry in manifest.files.items():
        first, _, rest = name.partition("/")
        if first == BLOBS:
            copy_out(source, name, entry, scratch)
            await empty.blobs.put_file(rest, scratch, "application/octet-stream")
        elif first.startswith(f"{LIVE}-"):
            copy_out(source, name, entry, empty.data_dir / LIVE / rest)
        elif name != manifest.library:
            copy_out(source, name, entry, empty.data_dir / name)
    copy_out(source, manifest.library, manifest.files[manifest.library], scratch)
    await _fill(empty.database, manifest, scratch)
    scratch.unlink()
    mark.unlink()
    return manifest


def check_whole(data_dir: Path) -> None:
    """Raises `SettingError` while a backup is only half there."""
    if (data_dir / MARK).exists():
        raise SettingError(
            f"data_dir: {data_dir} is being restored, or that was broken off; run `vivavoce "
            "restore` again."
        )


async def _fill(database: Database, manifest: Manifest, rows: Path) -> None:
    await upgrade(database, manifest.schema)
    tables = Tables(database)
    try:
        if not await count_rows(tables):  # else it was broken off after this
            await read_rows(tables, rows, manifest.deleted)
    finally:
        await tables.close()
    await upgrade(database)


async def _check_empty(empty: Empty) -> None:
    folder = empty.data_dir
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    if full := [path.name for path in there if path.is_file() or any(path.iterdir())]:
        raise SettingError(
            f"data_dir: {folder} is not empty, it has {full[0]}; a backup is restored into an "
            "empty folder."
        )
    async for key, _ in empty.blobs.list():
        raise SettingError(f"blobs_url: {key} is there already; a backup needs an empty bucket.")
    if empty.database.setting == "data_dir":
        return
    if await _rows(empty.database):
        raise SettingError(
            f"{empty.database.setting}: {empty.database.where} is not empty; a backup is restored "
            "into an empty database."
        )


async def _rows(database: Database) -> int:
    tables = Tables(database)
    try:
        return await count_rows(tables)
    finally:
        await tables.close()


async def _clear(empty: Empty) -> None:
    """What an attempt before this one left."""
    for name in FOLDERS:
        shutil.rmtree(empty.data_dir / name, ignore_errors=True)
    for path in empty.data_dir.glob(f"{FILE}*"):
        path.unlink()
    for prefix in ("recordings/", "transcripts/"):
        await empty.blobs.delete(prefix)
