"""Whoever is cancelled, at whatever moment, leaves no process behind."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import Awaitable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import gone
from vivavoce import processes
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.types import AudioFormat
from vivavoce.live.host_process import HostProcess
from vivavoce.processes import persevere

pytestmark = pytest.mark.anyio

MOMENTS = range(10)
"""Turns of the loop until somebody is cancelled."""

TALKS = ("cat", "/dev/zero")
"""One that fills its pipes, and waits for nobody."""


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return ("asyncio", {"use_uvloop": request.param == "uvloop"})


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def cut(doing: Awaitable[object], *moments: int) -> None:
    """Cancel it after so many turns of the loop, and again after so many more."""
    task = asyncio.ensure_future(doing)
    for number in moments:
        await turns(number)
        task.cancel()
    with suppress(asyncio.CancelledError):  # on a slow machine it may be done before
        await task


async def end(process: Process) -> None:
    processes.kill(process)
    await processes.reaped(process, process.stdout, process.stderr)


async def talking() -> Process:
    return await processes.start(*TALKS, env=dict(os.environ))


@pytest.mark.parametrize("moment", MOMENTS)
async def test_starting_one(started: list[Process], moment: int) -> None:
    async def use() -> None:
        process = await talking()
        try:
            await asyncio.Event().wait()
        finally:
            await persevere(lambda: end(process))

    await cut(use(), moment)
    await cut(use(), moment, 1)
    await cut(use(), 0, moment)
    gone(started)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_ending_a_host(started: list[Process], moment: int) -> None:
    host = HostProcess("talks", await talking())
    host.kill()
    await cut(host.stop(), 1, moment)
    gone(started)
    await host.stop()  # once more is no harm


async def test_nobody_waits_long_for_who_holds_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LAST", 0.1)
    process = await processes.start("sh", "-c", "sleep 2 & echo $!; wait", env=dict(os.environ))
    assert process.stdout is not None
    child = int(await process.stdout.readline())
    await end(process)
    os.kill(child, 9)
    await process.stdout.read()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_decoding_a_file(started: list[Process], moment: int) -> None:
    path = Path(__file__).parent / "data" / "opus.ogg"
    decoding = asyncio.Event()

    async def read() -> None:
        format = AudioFormat("container")
        async with aclosing(read_audio(path, format, CompleteFile(path))) as stream:
            async for _ in stream:
                decoding.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await decoding.wait()
    await cut(task, 0, moment)
    assert len(started) == 1
    gone(started)


async def test_what_is_cut_short_is_done_again_and_told_afterwards() -> None:
    done: list[str] = []
    go = asyncio.Event()

    async def step() -> None:
        done.append("begun")
        await go.wait()
        done.append("over")

    task = asyncio.create_task(persevere(step))
    for times in (1, 2):
        await turns(2)
        assert done == ["begun"] * times
        task.cancel()
    await turns(2)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["begun"] * 3 + ["over"]


async def test_what_it_cannot_do_is_told_at_once() -> None:
    async def step() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await persevere(step)
    with pytest.raises(FileNotFoundError):
        await processes.start("/nowhere/at-all", env=dict(os.environ))
