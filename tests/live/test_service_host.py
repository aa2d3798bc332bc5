"""A service's engine in a process of its own, and what becomes of turns when it dies."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vivavoce.core.errors import EngineError, EngineExpired, EngineRefused
from vivavoce.core.results import Decided, Result
from vivavoce.engines.base import StreamOptions
from vivavoce.engines.fake import say, silence
from vivavoce.live.host_process import HostDied
from vivavoce.live.service_host import RemoteTurn, ServiceHost
from vivavoce.live.streams import open_stream
from vivavoce.testing.engines import check_grammar, pieces, said
from vivavoce.testing.local import hear

pytestmark = pytest.mark.anyio

FOR_EVER = 3600.0  # seconds: no deadline may be what ends a call


@asynccontextmanager
async def running(
    engine: str = "scripted-service", deadline: float = FOR_EVER
) -> AsyncIterator[ServiceHost]:
    host = ServiceHost(engine, deadline)
    await host.start()
    try:
        yield host
    finally:
        await host.stop()


async def rest(turn: RemoteTurn) -> Sequence[Result]:
    return [result async for result in turn.results()]


def texts(results: Sequence[Result]) -> list[str]:
    return [result.text for result in results if isinstance(result, Decided)]


async def test_turns_are_had_side_by_side() -> None:
    async with running() as host:
        one, other = await host.open(StreamOptions()), await host.open(StreamOptions())
        await one.feed(say("alfa"))
        await other.feed(say("bravo"))
        for turn in (one, other):
            await turn.finish()
        assert (texts(await rest(one)), texts(await rest(other))) == (["alfa"], ["bravo"])
        await one.close()
        await other.close()


async def test_a_session_hears_it_as_any_other_engine() -> None:
    async with running() as host:
        sent: list[tuple[str, int]] = []
        stream, _ = await open_stream(host, StreamOptions(), count=lambda *use: sent.append(use))
        speech = [say("alfa", "bravo"), silence(1), say("charlie"), silence(1)]
        results = await hear(stream, [piece for part in speech for piece in pieces(part, 1600)])
        check_grammar(results, sum(map(len, speech)))
        assert said(results) == "alfa bravo charlie"
        assert sum(samples for _, samples in sent) == sum(map(len, speech))


async def test_when_the_process_dies_its_turns_fail_and_another_is_started() -> None:
    async with running() as host:
        turn = await host.open(StreamOptions())
        await turn.feed(say("alfa"))
        (pid,) = host.pids
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(HostDied, match=str(pid)):
            await rest(turn)
        with pytest.raises(EngineError):
            await turn.feed(say("bravo"))
        await turn.close()
        again = await host.open(StreamOptions())
        assert host.pids != [pid]
        await again.feed(say("bravo"))
        await again.finish()
        assert texts(await rest(again)) == ["bravo"]
        await again.close()


@pytest.mark.parametrize(
    ("engine", "error", "message"),
    [
        ("refusing-service", EngineRefused, "The key is wrong."),
        ("expiring-service", EngineExpired, "An hour is over."),
        ("failing-service", EngineError, "failing-service failed: ZeroDivisionError."),
    ],
)
async def test_what_goes_wrong_there_is_raised_here(
    odd_engines: Path, engine: str, error: type[EngineError], message: str
) -> None:
    async with running(engine) as host:
        with pytest.raises(error) as caught:  # noqa: PT012
            turn = await host.open(StreamOptions())
            await turn.feed(say("alfa"))
            await rest(turn)
        assert type(caught.value) is error
        assert caught.value.message == message


async def test_a_service_that_does_not_answer_is_not_waited_for(odd_engines: Path) -> None:
    async with running("hanging-service", 0.2) as host:
        with pytest.raises(EngineError, match=r"hanging-service did not answer within 0.2 s"):
            await host.open(StreamOptions())


async def test_a_stopped_one_opens_nothing() -> None:
    async with running() as host:
        pass
    with pytest.raises(EngineError, match="was stopped"):
        await host.open(StreamOptions())
    await asyncio.sleep(0)
    assert not host.pids
