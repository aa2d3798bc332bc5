"""`vivavoce backup`: all that a server keeps, into a folder or a tar file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import NotFound
from vivavoce.library.archive import archive_at
from vivavoce.library.buckets import blobs_at
from vivavoce.library.database import Tables
from vivavoce.library.sql import FILE, database_at
from vivavoce.live.backup import Done, Kept, back_up


def backup(
    to: Annotated[Path, typer.Argument(help="A folder, or a file that ends in .tar.")],
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the recordings.")] = None,
) -> None:
    """Write down recordings, sessions that are live, keys and settings of the library.

    A server may run meanwhile. A folder that has a backup already is brought up to date: only
    audio that it does not have is copied.
    """
    done = asyncio.run(_backup(to, load_settings(data_dir=data_dir)))
    typer.echo(
        f"{to}: {done.recordings} recordings, {done.sessions} of them live; {done.bytes} bytes, "
        f"{done.copied} of them copied now."
    )


async def _backup(to: Path, settings: Settings) -> Done:
    folder = settings.data_dir
    if settings.database is None and not (folder / FILE).is_file():
        raise NotFound(f"There is no library in {folder}; --data-dir names another folder.")
    tables = Tables(database_at(folder, settings.database))
    try:
        blobs = blobs_at(folder, settings.blobs_url, settings.aws_region)
        with archive_at(to) as archive:
            return await back_up(Kept(tables, blobs, folder), archive)
    finally:
        await tables.close()
