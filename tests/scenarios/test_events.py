"""What those who watch see is what is kept, wherever they come in."""

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

import httpx2
import msgspec
import pytest

from vivavoce.client import connect
from vivavoce.core.events import AnyEvent
from vivavoce.core.transcript import fold
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.sse import Message, messages

pytestmark = pytest.mark.anyio

SENTENCES = [["alfa", "bravo"], ["charlie"], ["delta", "echo", "foxtrot"], ["golf", "hotel"]]


def browser(server: ServerProcess) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False)


async def seen(http: httpx2.AsyncClient, recording: str, after: int = 0) -> list[Message]:
    return [m async for m in messages(http, recording, after) if m.id is not None]


async def impatient(http: httpx2.AsyncClient, recording: str) -> list[Message]:
    """Somebody who comes back after each event, asking for those after it."""
    found: list[Message] = []
    while not found or found[-1].type != "ended":
        async with aclosing(messages(http, recording, len(found))) as watching:
            async for message in watching:
                if message.id is not None:
                    found.append(message)
                    break
    return found


async def test_events_folded_are_the_stored_transcript(embedded: ServerProcess, data: Path) -> None:
    async with browser(embedded) as http:
        clip = (data / "ljspeech_short.wav").read_bytes()
        answer = await http.post("/api/v1/recordings?wait=true", content=clip)
        recording = answer.json()["id"]
        events = await seen(http, recording)
        path = f"/api/v1/recordings/{recording}/transcript"
        kept = (await http.get(path, params={"format": "json"})).json()
        lines = (await http.get(path, params={"format": "txt"})).text
    folded = fold(msgspec.convert(m.data["event"], AnyEvent) for m in events)
    assert [u["text"] for u in kept["utterances"]] == [u.text for u in folded.utterances]
    assert lines.split() == folded.text.split()
    assert len(lines.split()) > 8


async def test_who_comes_back_misses_nothing_and_sees_nothing_twice(
    scripted: ServerProcess,
) -> None:
    async with (
        browser(scripted) as http,
        connect(scripted.url, AudioFormat("pcm_f32le")) as session,
        asyncio.TaskGroup() as group,
    ):
        steady = group.create_task(seen(http, session.id))
        leaving = group.create_task(impatient(http, session.id))
        for words in SENTENCES:
            await session.send(say(*words).tobytes() + silence(1).tobytes())
            await session.mark(json.dumps(words))
        await session.finish()
        own = [event async for event in session]
    after = await _after(scripted, session.id)
    assert [m.id for m in steady.result()] == list(range(1, len(after) + 1))
    assert steady.result() == leaving.result() == after
    finals = [m.data["event"]["text"] for m in after if m.type == "final"]
    assert finals == [" ".join(words) for words in SENTENCES]
    assert type(own[-1]).__name__.lower() == after[-1].type == "ended"


async def _after(server: ServerProcess, recording: str) -> list[Message]:
    """The events as they are once the recording is in the library."""
    async with browser(server) as http:
        return await seen(http, recording)


async def test_a_late_viewer_gets_the_beginning_too(scripted: ServerProcess) -> None:
    async with (
        browser(scripted) as http,
        connect(scripted.url, AudioFormat("pcm_f32le")) as session,
    ):
        await session.send(say("alfa").tobytes() + silence(1).tobytes())
        async for event in session:
            if type(event).__name__ == "Final":
                break
        late = messages(http, session.id)
        first = await anext(late)
        await session.finish()
        rest = [m.type async for m in late if m.id is not None]
    assert (first.id, first.type) == (1, "started")
    assert rest == ["speech", "speech", "final", "ended"]
