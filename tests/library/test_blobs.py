"""Blobs in a folder, in memory, and in a bucket of a real server."""

import asyncio
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from vivavoce.core.errors import NotFound, SettingError
from vivavoce.library.blobs import CHUNK, BlobError, ObjectBlobs
from vivavoce.library.buckets import blobs_at
from vivavoce.testing.buckets import BUCKET, S3Server

pytestmark = pytest.mark.anyio
KEY = "recordings/01m7vm3phbd0jvfg1w1yfv59qj/audio"
AUDIO = bytes(range(256)) * 25_000  # more than one part of an upload


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "50% of blobs"


EXACT = ["local", "memory", "s3", "az"]
"""Stores that know which of two who create a key was first; an S3 server does not know the word
that Google's storage is asked with."""


@pytest.fixture(params=[*EXACT, "gs"])
def blobs(root: Path, request: pytest.FixtureRequest) -> ObjectBlobs:
    match request.param:
        case "local":
            return ObjectBlobs.local(root)
        case "memory":
            return ObjectBlobs(MemoryStore(), "memory")
        case cloud:
            url: str = request.getfixturevalue(f"{cloud}_url")
            return blobs_at(root, url)


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.write_bytes(AUDIO)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def read(blobs: ObjectBlobs, key: str, start: int, end: int) -> list[bytes]:
    return [chunk async for chunk in blobs.stream(key, start, end)]


async def test_every_key_is_listed_with_its_size(blobs: ObjectBlobs, audio: Path) -> None:
    await blobs.put_file(KEY, audio, "audio/webm")
    await blobs.create("transcripts/20261120_093000.txt", b"hello")
    found = {key: size async for key, size in blobs.list()}
    assert found[KEY] == 6_400_000
    assert found["transcripts/20261120_093000.txt"] == 5
    await blobs.remove(KEY)
    assert KEY not in {key async for key, _ in blobs.list()}


async def test_a_file_comes_back_whole_and_in_parts(blobs: ObjectBlobs, audio: Path) -> None:
    await blobs.put_file(KEY, audio, "audio/webm")
    size = await blobs.size(KEY)
    assert size == 6_400_000
    assert b"".join(await read(blobs, KEY, 0, size)) == AUDIO
    assert b"".join(await read(blobs, KEY, 255, 258)) == b"\xff\x00\x01"
    assert b"".join(await read(blobs, KEY, CHUNK - 1, CHUNK + 1)) == b"\xff\x00"
    assert await read(blobs, KEY, 5, 5) == []


async def test_a_large_blob_comes_in_bounded_chunks(blobs: ObjectBlobs, audio: Path) -> None:
    await blobs.put_file(KEY, audio, "audio/webm")
    chunks = await read(blobs, KEY, 0, 6_400_000)
    assert max(map(len, chunks)) <= CHUNK


@pytest.fixture
def short(tmp_path: Path) -> Path:
    path = tmp_path / "short"
    path.write_bytes(b"again")
    return path


async def test_putting_again_replaces(blobs: ObjectBlobs, audio: Path, short: Path) -> None:
    await blobs.put_file(KEY, audio, "audio/webm")
    await blobs.put_file(KEY, short, "audio/webm")
    assert await read(blobs, KEY, 0, await blobs.size(KEY)) == [b"again"]


async def test_an_empty_file_is_a_blob_too(blobs: ObjectBlobs, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    await blobs.put_file(KEY, tmp_path / "empty", "audio/webm")
    assert await blobs.size(KEY) == 0


async def test_deleting_a_folder_leaves_its_neighbours(blobs: ObjectBlobs, short: Path) -> None:
    await blobs.put_file("recordings/a/audio", short, "audio/webm")
    await blobs.put_file("recordings/a/deep/er", short, "audio/webm")
    await blobs.put_file("recordings/ab/audio", short, "audio/webm")
    await blobs.delete("recordings/a/")
    await blobs.delete("recordings/a/")
    with pytest.raises(NotFound, match="recordings/a/audio"):
        await blobs.size("recordings/a/audio")
    with pytest.raises(NotFound):
        await blobs.size("recordings/a/deep/er")
    assert await blobs.size("recordings/ab/audio") == 5


async def test_what_is_not_there_is_not_found(blobs: ObjectBlobs) -> None:
    with pytest.raises(NotFound, match=KEY):
        await blobs.size(KEY)
    with pytest.raises(NotFound, match=KEY):
        await read(blobs, KEY, 0, 1)


@pytest.mark.parametrize("blobs", EXACT, indirect=True)
async def test_a_key_is_created_once_and_removed_once(blobs: ObjectBlobs) -> None:
    assert await blobs.create(KEY, b"first")
    assert not await blobs.create(KEY, b"second")
    assert await read(blobs, KEY, 0, 5) == [b"first"]
    await blobs.remove(KEY)
    await blobs.remove(KEY)
    with pytest.raises(NotFound):
        await blobs.size(KEY)
    assert await blobs.create(KEY, b"third")


@pytest.mark.parametrize("blobs", EXACT, indirect=True)
async def test_of_many_who_create_a_key_one_does(blobs: ObjectBlobs) -> None:
    made = await asyncio.gather(*(blobs.create(KEY, b"%d" % n) for n in range(8)))
    assert sum(made) == 1
    assert await read(blobs, KEY, 0, 1) == [b"%d" % made.index(True)]


async def test_it_says_that_it_works(blobs: ObjectBlobs, short: Path) -> None:
    await blobs.check()
    await blobs.put_file(KEY, short, "audio/webm")
    await blobs.check()


# --- a folder


async def test_deleting_leaves_nothing_on_the_disk(root: Path, audio: Path) -> None:
    blobs = ObjectBlobs.local(root)
    await blobs.put_file("recordings/a/audio", audio, "audio/webm")
    (root / "recordings" / "a" / "audio#1").touch()  # what a crash leaves of a write
    await blobs.delete("recordings/a/")
    assert not (root / "recordings" / "a").exists()


@pytest.mark.parametrize(
    "key",
    [
        "../out",
        "recordings/../../out",
        "/etc/passwd",
        "a//b",
        "a/./b",
        "",
        "a\\b",
        ".a",
        "a\n",
        "Ä",
    ],
)
async def test_no_key_leaves_the_root(root: Path, tmp_path: Path, audio: Path, key: str) -> None:
    blobs = ObjectBlobs.local(root)
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.put_file(key, audio, "audio/webm")
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.size(key)
    with pytest.raises(ValueError, match="not a blob key"):
        await read(blobs, key, 0, 1)
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.delete(key)
    assert names(tmp_path) == [root.name, "journal"]


async def test_a_folder_that_cannot_be_written_is_named(root: Path, audio: Path) -> None:
    blobs = ObjectBlobs.local(root)
    (root / "recordings").write_text("in the way")
    with pytest.raises(
        BlobError, match=r"Cannot write recordings/.*/audio in .*50% of blobs: Not a directory\."
    ):
        await blobs.put_file(KEY, audio, "audio/webm")


def test_a_root_that_cannot_be_made_is_a_setting_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match=r"data_dir: .*file.blobs cannot be made"):
        ObjectBlobs.local(tmp_path / "file" / "blobs")


# --- a bucket


async def test_keys_in_a_bucket_begin_with_what_its_address_ends_with(
    s3: S3Server, s3_url: str, short: Path, tmp_path: Path
) -> None:
    await blobs_at(tmp_path, s3_url).put_file(KEY, short, "audio/webm")
    prefix = s3_url.removeprefix(f"s3://{BUCKET}/")
    assert f"{prefix}/{KEY}" in s3.objects()
    head = s3.ask("GET", f"/{BUCKET}/{prefix}/{KEY}")
    assert head == b"again"
