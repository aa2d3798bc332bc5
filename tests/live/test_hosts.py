"""Engines in processes of their own, and what becomes of calls when these die."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Decided, SpeechStarted
from vivavoce.engines.base import StreamOptions, Urgency, Window
from vivavoce.engines.fake import say, silence
from vivavoce.live import hosts as module
from vivavoce.live.hosts import Hosts

pytestmark = pytest.mark.anyio

FINAL = Urgency.FINAL
FOR_EVER = 3600.0  # seconds: no deadline may be what ends a call


def window(*words: str) -> Window:
    return Window(samples=say(*words).astype("<f4").tobytes())


ALFA = window("alfa")


@asynccontextmanager
async def running(engine: str, count: int = 1) -> AsyncIterator[Hosts]:
    hosts = Hosts(engine, count)
    await hosts.start()
    try:
        yield hosts
    finally:
        await hosts.stop()


def dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def stuck(notes: Path) -> None:
    """Return when a host is in the call that does not return: another process says so."""
    while not (notes / "stuck").exists():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_windows_are_read_in_a_process_of_their_own() -> None:
    hosts = Hosts("scripted", 1)
    assert not hosts.ready
    await hosts.start()
    assert hosts.ready
    (pid,) = hosts.pids
    assert pid != os.getpid()
    assert (await hosts.decode(ALFA, FINAL)).text == "alfa"
    await hosts.stop()
    assert not hosts.ready
    assert dead(pid)


async def test_what_a_library_prints_is_no_answer(odd_engines: Path) -> None:
    async with running("noisy") as hosts:
        assert (await hosts.decode(ALFA, FINAL)).text == "alfa"
        assert (await hosts.decode(window("bravo"), FINAL)).text == "bravo"


async def test_an_exception_fails_its_call_and_no_other(odd_engines: Path) -> None:
    async with running("failing") as hosts:
        (pid,) = hosts.pids
        with pytest.raises(EngineError, match="failing failed: ValueError: nothing to decode"):
            await hosts.decode(Window(samples=b""), FINAL)
        assert (await hosts.decode(ALFA, FINAL)).text == "alfa"
        assert hosts.pids == [pid]


async def test_a_host_killed_in_mid_call_is_replaced_and_the_call_made_again(
    odd_engines: Path,
) -> None:
    async with running("stuck-once") as hosts:
        (pid,) = hosts.pids
        sent: list[Window] = []
        call = asyncio.create_task(hosts.decode(ALFA, FINAL, sent.append))
        await stuck(odd_engines)
        assert sent == [ALFA]
        os.kill(pid, signal.SIGKILL)
        assert (await call).text == "alfa"
        assert hosts.pids != [pid]
        assert sent == [ALFA, ALFA]  # it was sent twice


async def test_a_host_that_hangs_is_killed_at_its_deadline(
    odd_engines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE", 2.0)  # the second host has to keep it
    async with running("stuck-once") as hosts:
        (pid,) = hosts.pids
        assert (await hosts.decode(ALFA, FINAL)).text == "alfa"
        assert dead(pid)


async def test_a_window_that_kills_every_host_is_given_up(odd_engines: Path) -> None:
    async with running("fatal") as hosts:
        with pytest.raises(EngineError, match="died"):
            await hosts.decode(ALFA, FINAL)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs to find the host's pipe")
@pytest.mark.parametrize("engine", ["garbled", "huge"])
async def test_rubbish_in_the_pipe_costs_the_host_and_not_the_call(
    odd_engines: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE", FOR_EVER)
    async with running(engine) as hosts:
        (pid,) = hosts.pids
        assert (await hosts.decode(ALFA, FINAL)).text == "alfa"
        assert (await hosts.decode(window("bravo"), FINAL)).text == "bravo"
        assert hosts.pids != [pid]


async def test_an_engine_that_cannot_load_says_why(odd_engines: Path) -> None:
    with pytest.raises(EngineError, match=r"^The weights are not here\.$"):
        await Hosts("unloadable", 2).start()
    with pytest.raises(EngineError, match="libodd"):
        await Hosts("broken-load", 1).start()


async def test_hosts_that_cannot_all_start_leave_none_behind(odd_engines: Path) -> None:
    hosts = Hosts("half-loadable", 3)
    with pytest.raises(EngineError, match="memory for one only"):
        await hosts.start()
    assert hosts.pids == []
    assert not hosts.ready


async def test_finals_go_before_interims_before_files(odd_engines: Path) -> None:
    """Whoever came first: while the only host is busy, those who wait are put in order."""
    async with running("scripted") as hosts:
        order: list[str] = []

        async def ask(name: str, urgency: Urgency) -> None:
            await hosts.decode(window("alfa"), urgency)
            order.append(name)

        names = ("file", "interim", "final", "late final")
        urgencies = (Urgency.BATCH, Urgency.INTERIM, Urgency.FINAL, Urgency.FINAL)
        calls = [
            asyncio.create_task(ask(name, urgency))
            for name, urgency in zip(names, urgencies, strict=True)
        ]
        await asyncio.gather(*calls)
        assert order == ["final", "late final", "interim", "file"]
        assert hosts.waiting == 0


async def test_who_gave_up_waiting_is_passed_over(odd_engines: Path) -> None:
    async with running("stuck-once") as hosts:
        first = asyncio.create_task(hosts.decode(ALFA, FINAL))
        await stuck(odd_engines)
        second = asyncio.create_task(hosts.decode(ALFA, FINAL))
        await asyncio.sleep(0)
        second.cancel()
        os.kill(hosts.pids[0], signal.SIGKILL)
        assert (await first).text == "alfa"
        assert hosts.waiting == 0 or (await hosts.decode(ALFA, FINAL)).text == "alfa"


async def test_stopping_fails_what_waits_and_what_is_being_read(
    odd_engines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE", FOR_EVER)
    hosts = Hosts("stuck", 1)
    await hosts.start()
    calls = [asyncio.create_task(hosts.decode(ALFA, FINAL)) for _ in range(3)]
    await stuck(odd_engines)
    await hosts.stop()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, EngineError) for outcome in outcomes)


async def test_a_native_engine_streams_from_its_host() -> None:
    async with running("scripted-native") as hosts:
        stream = await hosts.open(StreamOptions())
        assert list(await stream.feed(say("alfa"))) == [SpeechStarted(at=0)]
        results = [*await stream.feed(silence(1)), *await stream.flush()]
        assert [r.text for r in results if isinstance(r, Decided)] == ["alfa"]
        await stream.close()


async def test_streams_are_spread_over_the_hosts() -> None:
    async with running("scripted-native", 2) as hosts:
        streams = [await hosts.open(StreamOptions()) for _ in range(4)]
        on = [stream.host.pid for stream in streams]
        assert sorted(on.count(pid) for pid in hosts.pids) == [2, 2]
        for stream in streams[:2]:
            await stream.close()
        again = [await hosts.open(StreamOptions()) for _ in range(2)]
        assert sorted(s.host.pid for s in again) == sorted(s.host.pid for s in streams[:2])


async def test_who_gives_up_on_a_native_call_does_not_end_the_others(odd_engines: Path) -> None:
    async with running("slow-native") as hosts:
        one, other = await hosts.open(StreamOptions()), await hosts.open(StreamOptions())
        call = asyncio.create_task(one.feed(say("alfa")))
        await asyncio.sleep(0.05)
        call.cancel()
        assert list(await other.feed(say("bravo"))) == [SpeechStarted(at=0)]
        assert [r.text for r in await other.flush() if isinstance(r, Decided)] == ["bravo"]
        assert [r.text for r in await one.flush() if isinstance(r, Decided)] == ["alfa"]


async def test_a_native_host_that_died_is_told_and_replaced() -> None:
    async with running("scripted-native") as hosts:
        stream = await hosts.open(StreamOptions())
        os.kill(hosts.pids[0], signal.SIGKILL)
        with pytest.raises(EngineError, match="died"):
            await stream.feed(np.zeros(160, np.float32))
        await stream.close()
        opened = await asyncio.gather(*(hosts.open(StreamOptions()) for _ in range(3)))
        assert len(hosts.pids) == 1
        assert {stream.host.pid for stream in opened} == set(hosts.pids)


async def test_a_host_that_is_started_while_its_pool_stops_is_ended_too() -> None:
    hosts = Hosts("scripted-native", 1)
    await hosts.start()
    (pid,) = hosts.pids
    os.kill(pid, signal.SIGKILL)
    while hosts.ready:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    opening = asyncio.create_task(hosts.open(StreamOptions()))
    await asyncio.sleep(0)  # it has begun to start another
    await hosts.stop()
    await asyncio.gather(opening, return_exceptions=True)
    assert hosts.pids == []
    with pytest.raises(EngineError, match="stopped"):
        await hosts.open(StreamOptions())
    await hosts.start()
    assert hosts.ready
    await hosts.stop()
