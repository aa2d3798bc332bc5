"""Backups as they lie there: added to, broken off, read again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vivavoce.core.errors import DiskError
from vivavoce.library.archive import Archive, FolderArchive, archive_at
from vivavoce.library.manifest import (
    FolderSource,
    Manifest,
    check,
    copy_out,
    read_manifest,
    source_at,
)

pytestmark = pytest.mark.anyio


async def chunks(*data: bytes) -> AsyncIterator[bytes]:
    for part in data:
        yield part


async def breaks(*data: bytes) -> AsyncIterator[bytes]:
    for part in data:
        yield part
    raise DiskError("The other disk has had enough.")


async def made(archive: Archive, **files: bytes) -> Manifest:
    entries = {name: await archive.put(name, chunks(data)) for name, data in files.items()}
    manifest = Manifest(version="1", schema="0001", created_at="now", library="rows", files=entries)
    archive.finish(manifest)
    return manifest


@pytest.fixture(params=["backup", "backup.tar"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "new" / str(request.param)


async def test_what_is_put_in_comes_out(path: Path, tmp_path: Path) -> None:
    with archive_at(path) as archive:
        manifest = await made(archive, rows=b"one\n", audio=b"two" * 100_000, empty=b"")
    with source_at(path) as source:
        assert read_manifest(source) == manifest
        check(source, manifest)
        for name, entry in manifest.files.items():
            copy_out(source, name, entry, tmp_path / "out" / name)
    assert (tmp_path / "out" / "audio").read_bytes() == b"two" * 100_000


async def test_nobody_else_may_read_it(path: Path) -> None:
    with archive_at(path) as archive:
        await made(archive, rows=b"one")
    assert (await asyncio.to_thread(path.stat)).st_mode & 0o077 == 0


async def test_without_its_manifest_it_is_none(path: Path) -> None:
    with archive_at(path) as archive:
        await archive.put("rows", chunks(b"one"))
    with pytest.raises(DiskError), source_at(path) as source:
        read_manifest(source)


async def test_one_that_breaks_off_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    manifest = await made(FolderArchive(path), rows=b"one", audio=b"two")
    broken = FolderArchive(path)
    await broken.put("rows-2", chunks(b"three"))
    with pytest.raises(DiskError):
        await broken.put("audio-2", breaks(b"fo", b"ur"))
    source = FolderSource(path)
    assert read_manifest(source) == manifest
    check(source, manifest)
    again = FolderArchive(path)
    assert again.earlier("rows-2", 5) is not None  # it is not copied twice
    assert again.earlier("audio-2", 4) is None
    await made(again, rows=b"five")
    assert sorted(file.name for file in path.rglob("*")) == ["manifest.json", "rows"]


async def test_what_is_there_is_known_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    manifest = await made(FolderArchive(path), rows=b"one")
    again = FolderArchive(path)
    assert again.earlier("rows", 3) == manifest.files["rows"]
    assert again.earlier("rows", 4) is None
    assert again.earlier("other", 3) is None


@pytest.mark.parametrize("damage", [b"", b"onE", b"one!"])
async def test_damage_is_found(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "backup"
    manifest = await made(FolderArchive(path), rows=b"one")
    (path / "rows").write_bytes(damage)
    with pytest.raises(DiskError, match="is damaged: rows is not what was written"):
        check(FolderSource(path), manifest)
    with pytest.raises(DiskError, match="is damaged: rows is not what was written"):
        copy_out(FolderSource(path), "rows", manifest.files["rows"], tmp_path / "out")
    assert not await asyncio.to_thread((tmp_path / "out").exists)


async def test_what_is_no_backup_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.tar").write_text("Dear diary")
    for name in ("letter.tar", "nothing", "."):
        where = source_at(tmp_path / name)
        refused = pytest.raises(DiskError, match=r"letter\.tar|nothing|is no backup")
        with refused, where as source:
            read_manifest(source)
