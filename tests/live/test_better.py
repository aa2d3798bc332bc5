"""Which model makes a final, and what becomes of it when that model cannot be had."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from vivavoce.audio.level import LevelVad
from vivavoce.core.errors import EngineError
from vivavoce.core.results import Decided, Reading
from vivavoce.engines.base import StreamOptions, Urgency, Window
from vivavoce.engines.fake import say, silence
from vivavoce.engines.windowed import WindowedStream
from vivavoce.live.better import Better, Finals
from vivavoce.live.hosts import Hosts
from vivavoce.live.room import Room
from vivavoce.plugins import create
from vivavoce.testing.engines import window

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("odd_engines")]

ALFA = window(say("alfa"))
BETTER, OWN = "tones-better", ""


class Load:
    """A clock, and calls that can be held open."""

    def __init__(self) -> None:
        self.now = 0.0
        self.room = Room(1, lambda: self.now)

    def rise(self) -> None:
        with self.room.call(), self.room.call():
            self.now += 60

    def fall(self) -> None:
        self.now += 60


async def nothing() -> None:
    """Loads it."""


@asynccontextmanager
async def better(finals: Finals, load: Load | None = None) -> AsyncIterator[Better]:
    made = Better("two-models", BETTER, finals, (load or Load()).room)
    await made.start(nothing)
    await made.chosen(ALFA, Urgency.BATCH)  # which waits until it is loaded
    try:
        yield made
    finally:
        await made.stop()


async def model(better: Better, urgency: Urgency) -> str:
    return (await better.chosen(ALFA, urgency)).model


@pytest.mark.parametrize(("finals", "chosen"), [("auto", BETTER), ("base", BETTER), ("tiny", OWN)])
async def test_the_setting_decides_for_finals_and_never_for_interims(
    finals: Finals, chosen: str
) -> None:
    async with better(finals) as made:
        assert await model(made, Urgency.FINAL) == chosen
        assert await model(made, Urgency.BATCH) == chosen
        assert await model(made, Urgency.INTERIM) == OWN


@pytest.mark.parametrize(("finals", "short"), [("auto", OWN), ("base", BETTER)])
async def test_live_finals_give_way_when_the_cores_are_short(finals: Finals, short: str) -> None:
    load = Load()
    async with better(finals, load) as made:
        load.rise()
        assert await model(made, Urgency.FINAL) == short
        assert await model(made, Urgency.BATCH) == BETTER
        load.fall()
        assert await model(made, Urgency.FINAL) == BETTER


async def test_files_do_not_make_the_cores_short() -> None:
    load = Load()
    async with better("auto", load) as made:
        with made.counted(Urgency.BATCH):
            load.now += 60
            assert await model(made, Urgency.FINAL) == BETTER
        with made.counted(Urgency.FINAL):
            load.now += 60
            assert await model(made, Urgency.FINAL) == OWN


async def test_a_final_asked_for_early_is_by_the_model_chosen_then() -> None:
    """The load rises while the speaker pauses: what was asked for stands."""
    load, engine = Load(), create("two-models")
    engine.load_better()  # type: ignore[union-attr]

    async with better("auto", load) as made:

        class Decoder:
            async def decode(self, window: Window, urgency: Urgency) -> Reading:
                chosen = await made.chosen(window, urgency)
                reading: Reading = engine.decode(chosen)  # type: ignore[union-attr]
                return reading

        vad = LevelVad().open()
        stream = WindowedStream(Decoder(), vad, engine.capabilities, StreamOptions())
        await stream.feed(say("alfa"))
        await stream.feed(silence(0.3))
        load.rise()
        await stream.feed(silence(1))
        await stream.feed(say("bravo"))
        await stream.flush()
        await stream.close()
        finals = [result async for result in stream.results() if isinstance(result, Decided)]
    assert [(final.text, final.model) for final in finals] == [("ALFA", BETTER), ("bravo", "tones")]


@asynccontextmanager
async def running(engine: str, finals: Finals = "auto", count: int = 1) -> AsyncIterator[Hosts]:
    hosts = Hosts(engine, count, finals)
    await hosts.start()
    try:
        yield hosts
    finally:
        await hosts.stop()


async def test_files_wait_for_it() -> None:
    async with running("two-models", count=2) as hosts:
        readings = [hosts.decode(ALFA, Urgency.BATCH) for _ in range(4)]
        assert {r.text for r in await asyncio.gather(*readings)} == {"ALFA"}
        assert (await hosts.decode(ALFA, Urgency.FINAL)).model == BETTER
        assert (await hosts.decode(ALFA, Urgency.INTERIM)).text == "alfa"


async def test_a_host_that_died_is_replaced_with_it() -> None:
    async with running("two-models", "base") as hosts:
        os.kill(hosts.pids[0], signal.SIGKILL)
        assert (await hosts.decode(ALFA, Urgency.FINAL)).text == "ALFA"


@pytest.mark.parametrize("engine", ["one-only", "too-large"])
async def test_where_it_cannot_be_had_finals_are_by_the_first(engine: str) -> None:
    async with running(engine) as hosts:
        assert (await hosts.decode(ALFA, Urgency.BATCH)).text == "alfa"
        assert (await hosts.decode(ALFA, Urgency.FINAL)).text == "alfa"


async def test_a_start_that_demands_it_fails_without_it() -> None:
    with pytest.raises(EngineError, match=r"^There is memory for one only\.$"):
        await Hosts("one-only", 1, "base").start()
    with pytest.raises(
        EngineError, match=r"scripted has no better model here .*vivavoce\[better\]"
    ):
        await Hosts("scripted", 1, "base").start()


async def test_a_pool_can_be_stopped_while_it_is_made() -> None:
    hosts = Hosts("two-models", 1)
    await hosts.start()
    waiting = asyncio.create_task(hosts.decode(ALFA, Urgency.BATCH))
    await asyncio.sleep(0)
    await hosts.stop()
    with pytest.raises(EngineError, match="stopped"):
        await waiting
    assert hosts.pids == []
