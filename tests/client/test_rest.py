"""The recordings of a real server."""

import json
from pathlib import Path

import pytest

from vivavoce.client import Recordings, Unreachable
from vivavoce.core.errors import NotFound
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio


async def test_the_life_of_a_recording(server: ServerProcess, clip: Path) -> None:
    async with Recordings(server.url) as recordings:
        uploaded = await recordings.upload(clip, wait=True)
        assert (uploaded.state, uploaded.title) == ("done", clip.name)
        assert await recordings.get(uploaded.id) == uploaded
        renamed = await recordings.rename(uploaded.id, "Renamed")
        assert renamed.title == "Renamed"
        assert renamed in [recording async for recording in recordings.list()]
        words = await recordings.transcript(uploaded.id)
        assert words.strip()
        document = json.loads(await recordings.transcript(uploaded.id, "json"))
        assert document["text"] == words.strip()
        await recordings.delete(uploaded.id)
        with pytest.raises(NotFound):
            await recordings.get(uploaded.id)


async def test_bytes_may_be_uploaded(server: ServerProcess, file: bytes) -> None:
    async with Recordings(server.url) as recordings:
        uploaded = await recordings.upload(file, title="Bytes", wait=True)
        assert (uploaded.state, uploaded.title) == ("done", "Bytes")


async def test_every_page_is_listed(server: ServerProcess, file: bytes) -> None:
    async with Recordings(server.url) as recordings:
        made = [(await recordings.upload(file, title=str(n))).id for n in range(3)]
        listed = [recording.id async for recording in recordings.list(page=2)]
        assert listed[:3] == made[::-1]
        assert len(listed) == len(set(listed))


async def test_where_there_is_no_server(unused_port: int) -> None:
    async with Recordings(f"127.0.0.1:{unused_port}") as recordings:
        with pytest.raises(Unreachable, match=f"http://127.0.0.1:{unused_port}"):
            await recordings.get("x")
