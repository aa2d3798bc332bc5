"""The aligner in a process of its own, and what becomes of words when it dies."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Span, Urgency
from vivavoce.engines.fake import GAP, WORD, say
from vivavoce.engines.hosted.host import POLITE
from vivavoce.live import aligner_host as module
from vivavoce.live.aligner_host import GIVE_UP, AlignerHost

pytestmark = pytest.mark.anyio

LIVE, FILE = Urgency.FINAL, Urgency.BATCH


@asynccontextmanager
async def running(name: str) -> AsyncIterator[AlignerHost]:
    host = AlignerHost(name)
    host.start()
    try:
        yield host
    finally:
        await host.stop()


async def ask(host: AlignerHost, *words: str, urgency: Urgency = LIVE) -> list[Span]:
    return await host.align(say(*words), words, urgency)


PLACES = [(0, WORD), (WORD + GAP, 2 * WORD + GAP)]


async def test_words_are_placed_in_a_process_of_their_own_that_is_polite() -> None:
    async with running("scripted") as host:
        assert await ask(host, "alfa", "delta") == PLACES
        assert host.pid not in (None, os.getpid())
        assert os.getpriority(os.PRIO_PROCESS, host.pid) == POLITE + os.getpriority(
            os.PRIO_PROCESS, 0
        )
    assert host.pid is None


async def test_live_words_go_before_those_of_files() -> None:
    """Everything is asked for before the process is there."""
    order: list[str] = []

    async def asked(word: str, urgency: Urgency) -> None:
        await ask(host, word, urgency=urgency)
        order.append(word)

    async with running("scripted") as host:
        files = [asked("alfa", FILE), asked("delta", FILE)]
        await asyncio.gather(*files, asked("echo", LIVE))
    assert order == ["echo", "alfa", "delta"]


async def test_a_call_that_kills_it_fails_and_the_next_goes_on(odd_engines: Path) -> None:
    async with running("fatal") as host:
        assert await ask(host, "alfa", "delta") == PLACES
        first = host.pid
        with pytest.raises(EngineError):
            await ask(host, "bravo")
        assert await ask(host, "alfa", "delta") == PLACES
        assert host.pid != first


async def test_a_call_that_hangs_fails_and_the_next_goes_on(
    odd_engines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running("stuck") as host:
        assert await ask(host, "alfa", "delta") == PLACES
        with monkeypatch.context() as patch:
            patch.setattr(module, "DEADLINE", 0.05)
            with pytest.raises(EngineError):
                await ask(host, "bravo")
        assert await ask(host, "alfa", "delta") == PLACES


async def test_a_call_that_fails_costs_nothing_else(odd_engines: Path) -> None:
    async with running("failing") as host:
        assert await ask(host, "alfa", "delta") == PLACES
        first = host.pid
        for word in ("bravo", "charlie") * GIVE_UP:
            with pytest.raises(EngineError):
                await ask(host, word)
        assert await ask(host, "alfa", "delta") == PLACES
        assert host.pid == first


async def test_one_that_always_dies_is_given_up(odd_engines: Path) -> None:
    async with running("fatal") as host:
        for _ in range(GIVE_UP):
            with pytest.raises(EngineError, match="gave no answer"):
                await ask(host, "bravo")
        with pytest.raises(EngineError, match="does not work here"):
            await ask(host, "alfa")


async def test_one_that_cannot_be_loaded_is_given_up_at_once(odd_engines: Path) -> None:
    async with running("unloadable") as host:
        with pytest.raises(EngineError, match="unloadable"):
            await ask(host, "alfa")
        with pytest.raises(EngineError, match="does not work here"):
            await ask(host, "alfa")


async def test_stopping_answers_everybody(odd_engines: Path) -> None:
    async with running("stuck") as host:
        asked = [asyncio.create_task(ask(host, word)) for word in ("bravo", "alfa")]
        await asyncio.sleep(0)
    for result in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(result, EngineError)


def test_an_aligner_that_nobody_has() -> None:
    with pytest.raises(EngineError, match="There is no aligner 'none'; there are "):
        AlignerHost("none")
