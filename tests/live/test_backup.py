"""What becomes of a recording while a backup is made. `scenarios/test_backup.py` has the rest,
with servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vivavoce.core.events import Ended
from vivavoce.library.archive import FolderArchive
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.manifest import Entry, source_at
from vivavoce.library.recording import folder
from vivavoce.library.sql import SqlRepository, database_at
from vivavoce.live.backup import Kept, back_up
from vivavoce.live.restore import Empty, restore
from vivavoce.testing.recordings import keep

pytestmark = pytest.mark.anyio


class Meanwhile(FolderArchive):
    """Somebody deletes a recording as soon as the rows are written down."""

    def __init__(self, path: Path, kept: Path, id: str) -> None:
        super().__init__(path)
        self._kept, self._id = kept, id

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> Entry:
        entry = await super().put(name, chunks)
        if name.startswith("library-"):
            repository = await SqlRepository.open(self._kept)
            await ObjectBlobs.local(self._kept / "blobs").delete(folder(self._id))
            await repository.delete("local", self._id)
            await repository.close()
        return entry


async def test_a_recording_deleted_meanwhile_is_not_restored_by_half(tmp_path: Path) -> None:
    old, new, at = tmp_path / "old", tmp_path / "new", tmp_path / "backup"
    over = [Ended(duration=0, reason="finished")]
    stays, goes = [await keep(old, title, over, b"RIFF") for title in ("stays", "goes")]
    repository = await SqlRepository.open(old)
    blobs = ObjectBlobs.local(old / "blobs")
    done = await back_up(Kept(repository.tables, blobs, old), Meanwhile(at, old, goes))
    await repository.close()

    assert done.recordings == 1
    with source_at(at) as source:
        manifest = await restore(
            source, Empty(database_at(new, None), ObjectBlobs.local(new / "blobs"), new)
        )
    assert manifest.deleted == (goes,)
    restored = await SqlRepository.open(new)
    assert [row.id for row in (await restored.page("local")).items] == [stays]
    await restored.close()
