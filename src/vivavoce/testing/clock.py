"""An event loop whose time jumps: what waits for minutes is tested in milliseconds.

Give it to anyio's pytest plugin by a fixture:

    @pytest.fixture
    def anyio_backend() -> tuple[str, dict[str, object]]:
        return virtual_time()

Whenever nobody has anything to do, the clock jumps to the next timer. A test that would hang
therefore reaches its `asyncio.timeout` at once.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any

PATIENCE = 0.02
"""Seconds of real idleness before a jump, and one for each hundred that are skipped: threads
that the loop does not know of, such as a database's, answer within them."""


def virtual_time(patience: float = PATIENCE) -> tuple[str, dict[str, object]]:
    """The value of an `anyio_backend` fixture. `patience` 0: nothing outside the loop is used."""
    return "asyncio", {"loop_factory": partial(VirtualLoop, patience)}


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time` is the real one plus all that was skipped.

    It does not skip while a call runs in an executor. Child processes it cannot know of, so
    it is not for tests that start any.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.skipped = 0.0
        self.busy = 0
        self.patience = patience
        super().__init__(_Skipping(self))

    def time(self) -> float:
        return time.monotonic() + self.skipped

    def run_in_executor(  # type: ignore[override]  # typeshed's variadic generics differ by version
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        self.busy += 1
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: object) -> None:
        self.busy -= 1


class _Skipping(selectors.DefaultSelector):
    """Waits a moment for the outside world, then lets the rest of the wait be over."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self._loop.busy:
            return super().select(timeout)
        started = time.monotonic()
        patience = self._loop.patience + timeout / 100 if self._loop.patience else 0
        events = super().select(min(timeout, patience))
        if not events:
            self._loop.skipped += max(0.0, timeout - (time.monotonic() - started))
        return events
