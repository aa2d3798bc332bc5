"""The engines that fail when they are told to, in host processes, as they will be used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Decided
from vivavoce.engines.base import StreamOptions, Urgency, Window
from vivavoce.engines.fake import say, silence
from vivavoce.live import hosts as module
from vivavoce.live.hosts import Hosts
from vivavoce.testing.faulty import FOLDER, Faults

pytestmark = pytest.mark.anyio


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setenv(FOLDER, str(tmp_path / "faults"))
    return Faults(tmp_path / "faults")


@asynccontextmanager
async def running(engine: str) -> AsyncIterator[Hosts]:
    hosts = Hosts(engine, 1)
    await hosts.start()
    try:
        yield hosts
    finally:
        await hosts.stop()


async def read(hosts: Hosts, *words: str) -> str:
    window = Window(samples=say(*words).astype("<f4").tobytes())
    return (await hosts.decode(window, Urgency.FINAL)).text


async def test_it_reads_until_it_is_told_to_fail_and_when_that_is_over(faults: Faults) -> None:
    async with running("faulty") as hosts:
        assert await read(hosts, "alfa") == "alfa"
        faults.set("raise")
        with pytest.raises(EngineError, match="told to fail"):
            await read(hosts, "alfa")
        faults.clear("raise")
        assert await read(hosts, "alfa") == "alfa"


async def test_a_fault_may_be_for_once_for_a_word_and_for_one_engine(faults: Faults) -> None:
    async with running("faulty") as hosts:
        faults.set("raise.1", "bravo")
        faults.set("faulty-native/raise")
        assert await read(hosts, "alfa") == "alfa"
        with pytest.raises(EngineError, match="told to fail"):
            await read(hosts, "alfa", "bravo")
        assert await read(hosts, "bravo") == "bravo"


async def test_a_process_that_exits_takes_one_try(faults: Faults) -> None:
    async with running("faulty") as hosts:
        for number in range(module.TRIES):
            faults.set(f"exit.{number}")
        with pytest.raises(EngineError, match="died"):
            await read(hosts, "alfa")
        assert await read(hosts, "alfa") == "alfa"


async def test_a_call_that_hangs_is_past_its_deadline(
    faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIES", 1)
    async with running("faulty") as hosts:
        assert await read(hosts, "alfa") == "alfa"
        with monkeypatch.context() as patch:
            patch.setattr(module, "DEADLINE", 0.2)
            faults.set("hang.1")
            with pytest.raises(EngineError, match="did not answer"):
                await read(hosts, "alfa")
        assert await read(hosts, "alfa") == "alfa"


async def test_it_may_not_load(faults: Faults) -> None:
    faults.set("load")
    for engine in ("faulty", "faulty-native"):
        with pytest.raises(EngineError, match="told not to load"):
            await Hosts(engine, 1).start()


async def test_the_streaming_one_fails_too(faults: Faults) -> None:
    async with running("faulty-native") as hosts:
        stream = await hosts.open(StreamOptions())
        faults.set("raise.1")
        with pytest.raises(EngineError, match="told to fail"):
            await stream.feed(say("alfa"))
        results = [*await stream.feed(say("bravo")), *await stream.feed(silence(1))]
        assert [result.text for result in results if isinstance(result, Decided)] == ["bravo"]
        faults.set("exit.1", "charlie")
        await stream.feed(say("alfa"))
        with pytest.raises(EngineError, match="died"):
            await stream.feed(say("charlie"))
        await stream.close()
