"""The library that the settings name, opened by a command that only reads.

Tables of an earlier version are brought up to date first, as a server would.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime
from typing import Annotated

import typer

from vivavoce.config import Settings
from vivavoce.core.errors import NotFound
from vivavoce.core.types import Use
from vivavoce.library.buckets import blobs_at
from vivavoce.library.found import Hit
from vivavoce.library.recording import Recording, is_id
from vivavoce.library.sql import FILE, SqlRepository
from vivavoce.live.recorded import Recorded, recorded

LOCAL = "local"
"""Whose recordings are that were made without a key."""

Owner = Annotated[str, typer.Option(help="Whose, where a server asks for keys.")]


class Shelf:
    """What is kept of one owner's, whether or not a server runs on it."""

    def __init__(self, settings: Settings, repository: SqlRepository, owner: str) -> None:
        self._owner = owner
        self._data_dir = settings.data_dir
        self._repository = repository
        self._blobs = blobs_at(settings.data_dir, settings.blobs_url, settings.aws_region)

    def recorded(self, id: str) -> AbstractAsyncContextManager[Recorded]:
        """One recording. Raises `NotFound`, `DiskError`."""
        if not is_id(id):
            raise NotFound(f"{id!r} is no recording's id; one has 26 letters and digits.")
        return recorded(self._data_dir, self._repository, self._blobs, self._owner, id)

    async def usage(self, since: date | None = None) -> list[tuple[date, Use]]:
        """What was sent to engines, by day, engine and model. Raises `DiskError`."""
        return await self._repository.usage(self._owner, since)

    async def search(self, query: str, limit: int) -> tuple[Hit, ...]:
        """The first utterances that have all that is asked for. Raises `DiskError`."""
        return (await self._repository.search(self._owner, query, limit)).items

    async def recordings(self, since: datetime | None = None) -> AsyncIterator[Recording]:
        """All of them, newest first, or those made at or after a time (aware)."""
        cursor = None
        while True:
            page = await self._repository.page(self._owner, cursor=cursor)
            for row in page.items:
                if since is not None and row.created_at < since:
                    return
                yield row
            cursor = page.next
            if cursor is None:
                return


@asynccontextmanager
async def shelf(settings: Settings, owner: str = LOCAL) -> AsyncIterator[Shelf]:
    """Raises `NotFound` where there is no library, `SettingError` where it cannot be used."""
    folder = settings.data_dir
    if settings.database is None and not (folder / FILE).is_file():
        raise NotFound(f"There is no library in {folder}; --data-dir names another folder.")
    repository = await SqlRepository.open(folder, settings.database)
    try:
        yield Shelf(settings, repository, owner)
    finally:
        await repository.close()
