"""Texts named after their time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from vivavoce.core.errors import NotFound
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.recording import new_id
from vivavoce.library.texts import BEFORE, forget_text, save_text

pytestmark = pytest.mark.anyio
AT = datetime(2024, 12, 15, 14, 30, 22, tzinfo=UTC)


@pytest.fixture
def blobs(tmp_path: Path) -> ObjectBlobs:
    return ObjectBlobs.local(tmp_path)


async def read(blobs: ObjectBlobs, name: str) -> str:
    return b"".join([p async for p in blobs.stream(name, 0, await blobs.size(name))]).decode()


async def test_those_of_one_second_do_not_share_a_name(blobs: ObjectBlobs) -> None:
    names = [await save_text(blobs, new_id(), f"text {n}", AT) for n in range(3)]
    assert names == ["20241215_143022.txt", "20241215_143022_2.txt", "20241215_143022_3.txt"]
    assert [await read(blobs, name) for name in names] == ["text 0", "text 1", "text 2"]


async def test_it_goes_with_its_recording_and_others_stay(blobs: ObjectBlobs) -> None:
    one, other = new_id(), new_id()
    name, kept = [await save_text(blobs, each, "Ä text", AT) for each in (one, other)]
    await forget_text(blobs, one)
    with pytest.raises(NotFound):
        await read(blobs, name)
    assert await read(blobs, kept) == "Ä text"
    await forget_text(blobs, one)  # again
    await forget_text(blobs, new_id())  # that never had one


async def test_one_of_an_earlier_version_goes_too(blobs: ObjectBlobs) -> None:
    recording = new_id()
    name = await save_text(blobs, recording, "Ä text", AT)
    await blobs.remove(name)
    await blobs.create(f"{BEFORE}{name}", b"where it lay")
    await forget_text(blobs, recording)
    with pytest.raises(NotFound):
        await blobs.size(f"{BEFORE}{name}")
