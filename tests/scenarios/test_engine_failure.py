"""Engines that raise, hang and die in real processes: others go on, and nobody loses a word."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vivavoce.engines.fake import say, silence
from vivavoce.testing.family import children
from vivavoce.testing.faulty import FOLDER, Faults
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import Wire, open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]
SETTINGS = {"hosts": 1, "drain_s": 5, "max_sessions": 8}
PAUSE = silence(1).tobytes()


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setenv(FOLDER, str(tmp_path / "faults"))
    return Faults(tmp_path / "faults")


class Talk:
    """Sentences, each spoken after the words of the last."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.spoken: list[str] = []
        self._frame = 0

    async def say(self, words: str, *, wait: bool = True) -> None:
        await self.wire.frame(self._frame, say(*words.split()).tobytes() + PAUSE)
        self._frame += 1
        self.spoken.append(words)
        while wait and len(self.wire.finals) < len(self.spoken):
            await self.wire.hear()

    @property
    def switches(self) -> list[tuple[str, str]]:
        events = [m["event"] for m in self.wire.heard if m["type"] == "event"]
        return [(e["previous"], e["engine"]) for e in events if e["type"] == "engine_switched"]

    async def end(self) -> None:
        await self.wire.say(type="finish")
        assert await self.wire.closed() == 1000
        assert self.wire.finals == self.spoken


@asynccontextmanager
async def talking(server: ServerProcess) -> AsyncIterator[Talk]:
    async with open_wire(server.url) as wire:
        await wire.start()
        yield Talk(wire)


@pytest.mark.parametrize("preferred", ["faulty", "faulty-native"])
async def test_the_next_goes_on_and_the_preferred_comes_back(
    launch: Launch, faults: Faults, preferred: str
) -> None:
    server = launch(engines=f"{preferred},scripted", engine_deadline_s=1, **SETTINGS)
    there, back = (preferred, "scripted"), ("scripted", preferred)
    async with talking(server) as talk:
        for fault in ("raise", "hang", "exit"):
            faults.set(f"{preferred}/{fault}")
            await talk.say("alfa bravo")
            assert talk.switches[-1] == there
            faults.clear(f"{preferred}/{fault}")
            while talk.switches[-1] != back:
                await talk.say("charlie delta")
        await talk.say("echo")
        await talk.end()


async def test_hosts_that_are_killed_until_nobody_tries_the_engine(
    launch: Launch, faults: Faults
) -> None:
    server = launch(engines="faulty-native,scripted", **SETTINGS)
    async with talking(server) as talk:
        while len(talk.switches) < 5:
            for pid in children(server.pid, "host engine faulty-native"):
                os.kill(pid, signal.SIGKILL)
            await talk.say("alfa bravo")
        await talk.end()


async def test_a_single_native_engine_whose_host_is_killed_goes_on(launch: Launch) -> None:
    server = launch(engine="scripted-native", **SETTINGS)
    async with talking(server) as talk:
        await talk.say("alfa bravo")
        for _ in range(2):
            for pid in children(server.pid, "host engine scripted-native"):
                os.kill(pid, signal.SIGKILL)
            await talk.say("charlie delta")
        await talk.end()
        assert talk.switches == []


async def test_a_server_whose_preferred_engine_cannot_be_loaded(
    launch: Launch, faults: Faults
) -> None:
    faults.set("faulty/load")
    server = launch(engines="faulty,scripted", **SETTINGS)
    assert "faulty was told not to load" in server.log
    async with talking(server) as talk:
        await talk.say("alfa")
        assert talk.switches == []
        faults.clear("faulty/load")
        while not talk.switches:
            await talk.say("bravo")
        assert talk.switches == [("scripted", "faulty")]
        await talk.end()


async def test_a_killed_server_that_comes_back_without_its_engine(
    launch: Launch, faults: Faults
) -> None:
    server = launch(engines="faulty,scripted", **SETTINGS)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa").tobytes() + PAUSE + say("bravo").tobytes())
        await wire.until("ack", frame=0)
        await wire.event("final")
        server.kill()
    faults.set("faulty/load")
    await asyncio.to_thread(server.start)
    async with open_wire(server.url) as wire:
        await wire.resume(ready)
        await wire.frame(1, say("charlie").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        assert " ".join(wire.finals) == "alfa bravo charlie"
        (switched,) = [m["event"] for m in wire.heard if "engine_switched" in str(m)]
        assert (switched["previous"], switched["engine"]) == ("faulty", "scripted")
        assert switched["reason"] == "faulty was told not to load."
