"""What a backup is put into, and what it is refused for."""

import gzip
import json
from pathlib import Path

import pytest

from vivavoce.core.errors import DiskError, SettingError
from vivavoce.core.events import Ended, Final
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.library.archive import FolderArchive
from vivavoce.library.buckets import blobs_at
from vivavoce.library.database import Tables
from vivavoce.library.manifest import FolderSource, read_manifest
from vivavoce.library.recording import audio_key
from vivavoce.library.sql import SqlRepository, database_at
from vivavoce.live.backup import Kept, back_up
from vivavoce.live.restore import MARK, Empty, check_whole, restore
from vivavoce.testing.recordings import keep

pytestmark = pytest.mark.anyio


def said(text: str) -> list[Final | Ended]:
    final = Final(id="u1", start=0, end=SAMPLE_RATE, text=text, engine="e", model="m")
    return [final, Ended(reason="finished", duration=SAMPLE_RATE)]


@pytest.fixture
async def recording(tmp_path: Path) -> str:
    """In a library at `old`."""
    return await keep(tmp_path / "old", "A talk", said("Guten Tag, Zürich"), b"RIFF of a kind")


@pytest.fixture
async def backup(tmp_path: Path, recording: str) -> Path:
    return await backed_up(tmp_path / "old", tmp_path / "backup")


async def backed_up(data_dir: Path, to: Path, url: str | None = None) -> Path:
    tables = Tables(database_at(data_dir, url))
    try:
        await back_up(Kept(tables, blobs_at(data_dir), data_dir), FolderArchive(to))
    finally:
        await tables.close()
    return to


def rows_of(backup: Path) -> Path:
    [rows] = backup.glob("library-*")
    return rows


def empty(data_dir: Path, url: str | None = None) -> Empty:
    return Empty(database_at(data_dir, url), blobs_at(data_dir), data_dir)


async def heard(data_dir: Path, id: str, url: str | None = None) -> str:
    library = await SqlRepository.open(data_dir, url)
    try:
        [hit] = (await library.search("local", "zurich")).items
        assert hit.recording == id
        return (await library.transcript("local", id)).text
    finally:
        await library.close()


async def test_all_of_it_is_there_again(tmp_path: Path, backup: Path, recording: str) -> None:
    new = tmp_path / "new"
    await restore(FolderSource(backup), empty(new))
    assert await heard(new, recording) == "Guten Tag, Zürich"
    blobs = blobs_at(new)
    whole = [part async for part in blobs.stream(audio_key(recording), 0, 100)]
    assert b"".join(whole) == b"RIFF of a kind"
    assert sorted(path.name for path in new.iterdir() if "library" not in path.name) == ["blobs"]


async def test_from_a_file_into_postgresql_and_back(
    tmp_path: Path, backup: Path, recording: str, postgres: object
) -> None:
    from vivavoce.testing.postgres import PostgresServer

    assert isinstance(postgres, PostgresServer)
    postgres.sql("CREATE DATABASE restored")
    url = postgres.url("restored")
    try:
        await restore(FolderSource(backup), empty(tmp_path / "one", url))
        assert await heard(tmp_path / "one", recording, url) == "Guten Tag, Zürich"
        with pytest.raises(SettingError, match=r"database_url: .* is not empty"):
            await restore(FolderSource(backup), empty(tmp_path / "two", url))
        back = await backed_up(tmp_path / "one", tmp_path / "back", url)
    finally:
        postgres.drop("restored")
    await restore(FolderSource(back), empty(tmp_path / "three"))
    assert await heard(tmp_path / "three", recording) == "Guten Tag, Zürich"


async def test_nothing_is_overwritten(tmp_path: Path, backup: Path, recording: str) -> None:
    with pytest.raises(SettingError, match=r"old is not empty, it has"):
        await restore(FolderSource(backup), empty(tmp_path / "old"))
    assert await heard(tmp_path / "old", recording) == "Guten Tag, Zürich"


@pytest.mark.parametrize("damage", ["changed", "missing", "rows"])
async def test_what_is_damaged_is_refused_before_anything_is_written(
    tmp_path: Path, backup: Path, recording: str, damage: str
) -> None:
    audio = backup / "blobs" / audio_key(recording)
    if damage == "changed":
        audio.write_bytes(b"RIFF of a mind")
    elif damage == "missing":
        audio.unlink()
    else:
        rows = rows_of(backup)
        rows.write_bytes(rows.read_bytes()[:-9])
    with pytest.raises(DiskError):
        await restore(FolderSource(backup), empty(tmp_path / "new"))
    assert not (tmp_path / "new" / MARK).exists()
    check_whole(tmp_path / "new")


async def test_a_backup_from_the_future_is_left_alone(tmp_path: Path, backup: Path) -> None:
    manifest = backup / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace(f'"{read_manifest(FolderSource(backup)).schema}"', '"9999"')
    )
    with pytest.raises(SettingError, match="was made by a newer version of Vivavoce"):
        await restore(FolderSource(backup), empty(tmp_path / "new"))


async def test_no_name_leads_out_of_the_folder(tmp_path: Path, backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    for name in ("../out", "/etc/out", "tls/../../out", "C:out", "tls\\out", ""):
        files = {name: {"size": 0, "sha256": "0"}}
        (backup / "manifest.json").write_text(json.dumps({**manifest, "files": files}))
        with pytest.raises(DiskError, match="which is no file of a backup"):
            await restore(FolderSource(backup), empty(tmp_path / "new"))


async def test_one_that_was_broken_off_is_done_again(
    tmp_path: Path, backup: Path, recording: str
) -> None:
    new = tmp_path / "new"
    (new / "live" / "half").mkdir(parents=True)
    (new / MARK).write_text("somewhere")
    (new / "library.db").write_bytes(b"half")
    with pytest.raises(SettingError, match="is being restored, or that was broken off"):
        check_whole(new)
    await restore(FolderSource(backup), empty(new))
    check_whole(new)
    assert not (new / "live" / "half").exists()
    assert await heard(new, recording) == "Guten Tag, Zürich"


async def test_the_rows_are_text(backup: Path) -> None:
    rows = rows_of(backup)
    with gzip.open(rows, "rt") as file:
        lines = [json.loads(line) for line in file]
    headers = [line for line in lines if isinstance(line, dict)]
    tables = [header["table"] for header in headers]
    assert {"principals", "recordings", "events", "passages"} <= set(tables)
    assert not [table for table in tables if table.startswith("search")]
    assert tables.index("principals") < tables.index("recordings") < tables.index("events")
