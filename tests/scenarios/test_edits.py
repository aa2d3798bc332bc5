"""Transcripts put right by people while real servers are killed and stopped."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from vivavoce.client import Session, connect
from vivavoce.core.events import Edited, Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

SCRIPTED = {"engine": "scripted", "hosts": 1, "drain_s": 5, "max_sessions": 8}
FORMAT = AudioFormat("pcm_f32le")
PAUSE = silence(1).tobytes()


@asynccontextmanager
async def rest(server: ServerProcess) -> AsyncIterator[httpx2.AsyncClient]:
    base = f"{server.url}api/v1/"
    async with httpx2.AsyncClient(base_url=base, timeout=120, trust_env=False) as http:
        yield http


async def edit(server: ServerProcess, recording: str, text: str, base: int) -> httpx2.Response:
    """Of the first utterance."""
    asked = {"edits": [{"utterance": "u1", "text": text, "base_revision": base}]}
    async with rest(server) as http:
        return await http.post(f"recordings/{recording}/edits", json=asked)


async def events(server: ServerProcess, recording: str, query: str = "") -> AsyncIterator[Any]:
    path = f"recordings/{recording}/events{query}"
    async with rest(server) as http, http.stream("GET", path) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line.startswith('data: {"n"'):
                yield json.loads(line.partition(": ")[2])


async def text(server: ServerProcess, recording: str) -> str:
    async for _ in events(server, recording):
        pass  # it is sealed then
    async with rest(server) as http:
        return (await http.get(f"recordings/{recording}/transcript?format=txt")).text


async def said(session: Session, kind: type[Final | Edited]) -> str:
    """What the next event of this kind reads."""
    async for event in session:
        if isinstance(event, kind):
            return event.text
    raise AssertionError("nothing more was said")


async def test_an_edit_that_was_answered_survives_the_server_s_death(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with connect(server.url, FORMAT) as session:
        await session.send(say("alfa", "bravo").tobytes() + PAUSE)
        assert await said(session, Final) == "alfa bravo"
        assert (await edit(server, session.id, "alfa beta", 0)).status_code == 200
        server.kill()
        await session.send(say("charlie").tobytes() + PAUSE)
        await asyncio.to_thread(server.start)
        assert await said(session, Edited) == "alfa beta"
        assert await said(session, Final) == "charlie"
        assert (await edit(server, session.id, "mine", 0)).status_code == 409
        assert (await edit(server, session.id, "alfa gamma", 1)).status_code == 200
        await session.finish()
        async for _ in session:
            pass
    assert await text(server, session.id) == "alfa gamma\ncharlie\n"
    assert (await edit(server, session.id, "alfa delta", 2)).status_code == 200
    server.kill()
    await asyncio.to_thread(server.start)
    assert await text(server, session.id) == "alfa delta\ncharlie\n"
    numbers = [event["n"] async for event in events(server, session.id)]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_who_follows_does_not_keep_a_server_from_stopping(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with connect(server.url, FORMAT) as session:
        await session.send(say("alfa").tobytes())
        await session.finish()
        async for _ in session:
            pass
    following = events(server, session.id, "?follow=true")
    async with asyncio.timeout(120):
        async for event in following:
            if event["event"]["type"] == "ended":
                break
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert [event async for event in following] == []
        await stopping
        await asyncio.to_thread(server.start)  # the fixture stops it once more
