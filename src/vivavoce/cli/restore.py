"""`vivavoce restore`: a backup, where there is nothing yet."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.config import Settings, load_settings
from vivavoce.library.buckets import blobs_at
from vivavoce.library.manifest import Manifest, source_at
from vivavoce.library.sql import database_at
from vivavoce.live.restore import Empty
from vivavoce.live.restore import restore as put_back


def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="What `vivavoce backup` made.")],
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the recordings.")] = None,
) -> None:
    """Put a backup into an empty folder, and into an empty database and bucket where the
    settings name such.

    It is checked first, and brought up to date: a backup of an earlier version is fine. If it is
    broken off, run it again.
    """
    manifest = asyncio.run(_restore(source, load_settings(data_dir=data_dir)))
    typer.echo(f"Restored what {source} had on {manifest.created_at[:16]} (UTC).")


async def _restore(source: Path, settings: Settings) -> Manifest:
    folder = settings.data_dir
    empty = Empty(
        database_at(folder, settings.database),
        blobs_at(folder, settings.blobs_url, settings.aws_region),
        folder,
    )
    with source_at(source) as found:
        return await put_back(found, empty)
