"""Several workers behind one port, under the servers that people deploy with."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from vivavoce.engines.fake import say
from vivavoce.testing.family import family
from vivavoce.testing.process import GUNICORN, UVICORN, ServerProcess
from vivavoce.testing.wire import Wire, open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

TWO = {"engine": "scripted", "hosts": 1, "workers": 2}


def owner(server: ServerProcess, session: str) -> int:
    """The worker that has the session's journal open."""
    for member in family(server.pid):
        links = f"/proc/{member.pid}/fd"
        for name in os.listdir(links):  # noqa: PTH208
            if os.readlink(f"{links}/{name}").endswith(f"/live/{session}/frames"):  # noqa: PTH115
                return member.pid
    raise AssertionError(f"nobody has {session}")


@asynccontextmanager
async def wire_to_another(server: ServerProcess, worker: int) -> AsyncIterator[Wire]:
    """A connection that this worker does not get, because it sleeps while it is made."""
    os.kill(worker, signal.SIGSTOP)
    try:
        async with open_wire(server.url) as wire:
            os.kill(worker, signal.SIGCONT)
            yield wire
    finally:
        os.kill(worker, signal.SIGCONT)


@pytest.mark.parametrize(
    "command",
    [(*GUNICORN, "--workers", "2"), (*UVICORN, "--workers", "2")],
    ids=["gunicorn", "uvicorn"],
)
async def test_a_session_goes_on_in_another_worker(
    launch: Launch, command: tuple[str, ...]
) -> None:
    server = launch(command=command, **TWO)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.until("ack", frame=0)
    owners = [owner(server, ready["session"])]
    for frame, word in enumerate(["charlie", "delta", "echo"], start=1):
        async with wire_to_another(server, owners[-1]) as wire:
            assert (await wire.resume(ready))["next_frame"] == frame
            await wire.frame(frame, say(word).tobytes())
            await wire.until("ack", frame=frame)
            owners.append(owner(server, ready["session"]))
    async with open_wire(server.url) as wire:
        await wire.resume(ready)
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert " ".join(wire.finals) == "alfa bravo charlie delta echo"
    assert owners[0] == owners[2] != owners[1] == owners[3]
