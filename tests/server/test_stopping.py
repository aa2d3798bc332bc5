"""Signals that wait for the application."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from vivavoce.server.stopping import prepared

pytestmark = pytest.mark.anyio


class Theirs:
    """The server's own handler."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stopped = asyncio.Event()

    def __call__(self, number: int, frame: object) -> None:
        self.said.append("stop")
        self.stopped.set()


@pytest.fixture
def theirs() -> Iterator[Theirs]:
    theirs = Theirs()
    before = signal.signal(signal.SIGTERM, theirs)
    yield theirs
    signal.signal(signal.SIGTERM, before)


async def test_the_server_is_told_when_all_is_prepared(theirs: Theirs) -> None:
    async def prepare() -> None:
        await asyncio.sleep(0)
        theirs.said.append("prepared")

    with prepared(prepare):
        signal.raise_signal(signal.SIGTERM)
        await theirs.stopped.wait()
    assert theirs.said == ["prepared", "stop"]


async def test_a_second_signal_does_not_wait(theirs: Theirs) -> None:
    with prepared(asyncio.Event().wait):  # type: ignore[arg-type]
        signal.raise_signal(signal.SIGTERM)
        assert theirs.said == []
        signal.raise_signal(signal.SIGTERM)
        assert theirs.said == ["stop"]


async def test_what_fails_on_the_way_does_not_keep_the_server(theirs: Theirs) -> None:
    async def prepare() -> None:
        raise OSError

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    with prepared(prepare):
        signal.raise_signal(signal.SIGTERM)
        await theirs.stopped.wait()
    assert signal.getsignal(signal.SIGTERM) is theirs
