"""Processes that are killed or told to stop in mid-speech: nobody loses a word."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from vivavoce.client import Session, connect
from vivavoce.core.events import Final, Interim
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.journal.disk import Disk
from vivavoce.journal.uses import Uses
from vivavoce.testing.family import children
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

# Its size is given: measuring the machine would run a decoder, and calls of its own.
SCRIPTED = {"engine": "scripted", "hosts": 1, "drain_s": 5, "max_sessions": 8}
FORMAT = AudioFormat("pcm_f32le")
PAUSE = silence(1).tobytes()


async def words(session: Session) -> list[str]:
    """The rest of the session; what became final in it, each utterance in its last reading."""
    await session.finish()
    found = {event.id: event.text async for event in session if isinstance(event, Final)}
    return [text for text in found.values() if text]


async def heard_something(session: Session) -> None:
    async for event in session:
        if isinstance(event, Interim):
            return


async def decoder(server: ServerProcess, session: str) -> int:
    """The pid of the decoder that reads the session's audio, once it has started."""
    while not (pids := await asyncio.to_thread(children, server.pid, f"/live/{session}/audio")):
        pass
    [pid] = pids
    return pid


async def ended(server: ServerProcess, recording: str) -> dict[str, Any]:
    """The recording, once it is neither live nor being transcribed."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        async with http.stream("GET", f"/api/v1/recordings/{recording}/events") as answer:
            async for _ in answer.aiter_lines():
                pass
        while True:
            found = (await http.get(f"/api/v1/recordings/{recording}")).json()
            if found["state"] not in ("live", "transcribing"):
                text = await http.get(f"/api/v1/recordings/{recording}/transcript?format=txt")
                return {**found, "text": text.text.strip()}


async def final(session: Session) -> str:
    """What becomes final next."""
    async for event in session:
        if isinstance(event, Final):
            return event.text
    raise AssertionError("nothing became final any more")


@asynccontextmanager
async def speaking(server: ServerProcess) -> AsyncIterator[Session]:
    """A session in the middle of its second sentence."""
    async with connect(server.url, FORMAT) as session:
        await session.send(say("alfa", "bravo").tobytes() + PAUSE)
        await session.send(say("charlie", "delta", "echo", "foxtrot").tobytes())
        await heard_something(session)
        yield session


async def test_an_engine_host_that_is_killed_in_mid_sentence(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with speaking(server) as session:
        for pid in children(server.pid, "vivavoce.engines.hosted.host"):
            os.kill(pid, signal.SIGKILL)
        await session.send(say("golf").tobytes())
        said = " ".join(await words(session))
    assert said.endswith("charlie delta echo foxtrot golf")


async def test_engine_hosts_that_are_killed_again_and_again(launch: Launch) -> None:
    server = launch(**{**SCRIPTED, "hosts": 2})
    async with connect(server.url, FORMAT) as session:
        for sentence in ["alfa bravo", "charlie delta", "echo foxtrot", "golf hotel"]:
            await session.send(say(*sentence.split()).tobytes())
            os.kill(children(server.pid, "vivavoce.engines.hosted.host")[0], signal.SIGKILL)
            await session.send(PAUSE)
            # Only then the next: a call whose host dies is made three times, not for ever.
            assert await final(session) == sentence
        assert await words(session) == []


async def test_a_decoder_that_is_killed_takes_only_its_own_recording(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with speaking(server) as session, open_wire(server.url) as other:
        ready = await other.start(format={"encoding": "container"})
        await other.frame(0, b"RIFF\xff\xff\xff\xffWAVEfmt ".ljust(4096))
        os.kill(await decoder(server, ready["session"]), signal.SIGKILL)
        warning = await other.event("warning")
        assert warning["message"].startswith("The audio decoder stopped in the middle of")
        assert (await other.event("ended"))["reason"] == "internal"
        assert " ".join(await words(session)).endswith("charlie delta echo foxtrot")


async def test_a_server_that_is_killed_and_started_again(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with speaking(server) as session:
        server.kill()
        await session.send(say("golf").tobytes())
        await asyncio.to_thread(server.start)
        await words(session)
    found = await ended(server, session.id)
    assert (found["state"], found["reason"]) == ("done", "finished")
    assert found["text"] == "alfa bravo\ncharlie delta echo foxtrot golf"


async def test_what_a_service_was_sent_before_the_server_was_killed_is_counted(
    launch: Launch,
) -> None:
    server = launch(**{**SCRIPTED, "engine": "scripted-service", "prices": "scripted-service=3600"})
    async with speaking(server) as session:
        server.kill()
        (before,) = Uses(server.data_dir / "live" / session.id, Disk()).all
        await session.send(say("golf").tobytes())
        await asyncio.to_thread(server.start)
        await words(session)
    found = await ended(server, session.id)
    (use,) = found["use"]
    assert before.samples > 0
    assert max(found["duration"], before.samples / 16_000) < use["seconds"]
    assert use["seconds"] <= before.samples / 16_000 + found["duration"]
    assert use["cost"] == pytest.approx(use["seconds"])
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as http:
        assert (await http.get("/api/v1/usage")).json()["engines"] == [use]


async def test_a_killed_servers_session_whose_client_never_comes_back(launch: Launch) -> None:
    server = launch(**SCRIPTED, grace_s=0.2)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes() + PAUSE)
        await wire.frame(1, say("charlie", "delta").tobytes())
        await wire.until("ack", frame=1)
        server.kill()
    await asyncio.to_thread(server.start)
    found = await ended(server, ready["session"])
    assert (found["state"], found["reason"]) == ("done", "abandoned")
    assert found["text"] == "alfa bravo\ncharlie delta"


async def test_a_server_that_stops_says_so_and_goes_on_when_it_is_back(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes() + PAUSE)
        await wire.frame(1, say("charlie", "delta").tobytes())
        await wire.until("interim")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert await wire.closed() == 1001
        assert wire.heard[-1] == {"type": "bye", "reason": "draining"}
    await stopping
    await asyncio.to_thread(server.start)
    async with open_wire(server.url) as wire:
        assert (await wire.resume(ready))["next_frame"] == 2
        await wire.frame(2, say("echo").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert " ".join(wire.finals) == "alfa bravo charlie delta echo"


async def test_a_client_of_a_server_that_stops_goes_on_by_itself(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with speaking(server) as session:
        await asyncio.to_thread(server.stop)
        await session.send(say("golf").tobytes())
        await asyncio.to_thread(server.start)
        await words(session)
    found = await ended(server, session.id)
    assert found["text"].split() == ["alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf"]


async def test_those_who_watch_do_not_keep_a_server_from_stopping(launch: Launch) -> None:
    server = launch(**SCRIPTED)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        path = f"{server.url}api/v1/recordings/{ready['session']}/events"
        async with (
            httpx2.AsyncClient(timeout=120, trust_env=False) as http,
            http.stream("GET", path) as answer,
        ):
            lines = answer.aiter_lines()
            assert await anext(lines) == "id: 1"
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            assert "event: ended" not in [line async for line in lines]
        await stopping
    await asyncio.to_thread(server.start)
