"""Told to stop, say so to everybody first.

An ASGI server that gets SIGTERM or SIGINT breaks every WebSocket, then waits until the other
requests have ended, and only after that tells the application. Live clients would never hear
a reason, and one viewer's stream of events would keep the server from stopping at all. So the
application sees the signal first, and passes it on when it is prepared.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def prepared(prepare: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Inside, the first such signal waits for `prepare`; a second one does not.

    Does nothing outside of the main thread, where no signals can be had.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = _Stop(prepare)
    theirs = {int(number): signal.getsignal(number) for number in SIGNALS}
    stop.handlers.update({n: h for n, h in theirs.items() if callable(h)})
    for number in stop.handlers:
        signal.signal(number, stop.told)
    try:
        yield
    finally:
        for number in stop.handlers:
            signal.signal(number, theirs[number])


class _Stop:
    def __init__(self, prepare: Callable[[], Awaitable[None]]) -> None:
        self.handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
        self._prepare = prepare
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._asked = False

    def told(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            self.handlers[number](number, frame)
            return
        self._asked = True
        self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        self._task = asyncio.create_task(self._pass_on(number), name="stop")

    async def _pass_on(self, number: int) -> None:
        try:
            await self._prepare()
        finally:
            self.handlers[number](number, None)
