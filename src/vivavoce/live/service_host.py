"""The host process of an engine that is a service: one for all its sessions, as it only waits.

As with other hosts, it is disposable: a client library that hangs or dies takes this process
with it and nothing else. Whoever had a turn there learns that it is lost, and what was not
decided comes again out of the journal.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Result
from vivavoce.engines.base import Capabilities, Pcm, StreamOptions
from vivavoce.engines.hosted.calls import (
    ERRORS,
    Call,
    CloseStream,
    Feed,
    FinishStream,
    OpenStream,
    Told,
    unpack_told,
)
from vivavoce.engines.service import LOOK
from vivavoce.live.host_process import HostDied, HostProcess
from vivavoce.live.tally import Tally
from vivavoce.plugins import capabilities

OUTSTANDING = 4
"""Calls of a turn that may wait in the host, of a second of audio each at most."""


class ServiceHost:
    """The pool of a service's engine, as `live/hosts.py` is of others. Use `start` and `stop`."""

    count = 1
    waiting = 0
    enough_room = True  # it computes elsewhere

    def __init__(self, engine: str, deadline: float, tally: Tally | None = None) -> None:
        """`deadline` is in seconds for one call. Raises `EngineError` (`plugins.create`)."""
        self._tally = tally or Tally()
        self.capabilities: Capabilities = capabilities(engine)
        self.deadline = deadline
        self._engine = engine
        self._starting = asyncio.Lock()
        self._process: HostProcess | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._numbers = itertools.count()
        self._turns: dict[int, RemoteTurn] = {}
        self._stopping = False

    @property
    def ready(self) -> bool:
        return self._process is not None and self._process.alive

    @property
    def pids(self) -> list[int]:
        """Of the host process, if it lives."""
        return [self._process.pid] if self._process is not None and self._process.alive else []

    async def start(self) -> None:
        """Raises `EngineError` if the engine cannot be loaded."""
        self._stopping = False
        await self._started()

    async def stop(self) -> None:
        self._stopping = True
        async with self._starting:
            await self._end()

    async def open(self, options: StreamOptions) -> "RemoteTurn":
        """A connection to the service. Raises `EngineError`."""
        turn = RemoteTurn(await self._started(), next(self._numbers), self.deadline, self)
        self._turns[turn.number] = turn
        try:
            await turn.opened(options)
        except BaseException:
            await turn.close()
            raise
        return turn

    def forget(self, turn: "RemoteTurn") -> None:
        self._turns.pop(turn.number, None)

    async def _started(self) -> HostProcess:
        async with self._starting:
            if self._stopping:
                raise EngineError(f"{self._engine} was stopped.")
            if self._process is None or not self._process.alive:
                self._tally.restarted[self._engine] += self._process is not None
                await self._end()
                self._process = await HostProcess.start(self._engine)
                self._hearing = asyncio.create_task(self._hear(self._process))
            return self._process

    async def _end(self) -> None:
        if self._process is not None:
            await self._process.stop()
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        self._process = self._hearing = None

    async def _hear(self, process: HostProcess) -> None:
        """Pass on what is told, until the process is no more: then nobody's turn goes on."""
        try:
            while True:
                told = unpack_told(await process.told())
                if (turn := self._turns.get(told.stream)) is not None:
                    turn.hear(told)
        except HostDied as error:
            self._died(process, error)
        except Exception as error:
            who = f"The host process of {self._engine} (pid {process.pid})"
            kind = type(error).__name__
            self._died(process, HostDied(f"{who} said what cannot be understood ({kind})."))

    def _died(self, process: HostProcess, error: HostDied) -> None:
        process.kill()
        for turn in list(self._turns.values()):
            turn.fail(error)


class RemoteTurn:
    """A `Turn` in the host process. It is counted there until `close`."""

    def __init__(
        self, process: HostProcess, number: int, deadline: float, owner: ServiceHost
    ) -> None:
        self.number = number
        self._process = process
        self._deadline = deadline
        self._owner = owner
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._error: EngineError | None = None
        self._outstanding = 0
        self._less = asyncio.Event()

    async def opened(self, options: StreamOptions) -> None:
        await self._call(OpenStream(self.number, options))
        await self._carried_out(0)

    async def feed(self, pcm: Pcm) -> None:
        await self._carried_out(OUTSTANDING - 1)
        await self._call(Feed(self.number, np.asarray(pcm, "<f4").tobytes()))

    async def finish(self) -> None:
        await self._call(FinishStream(self.number))
        await self._carried_out(0)

    async def results(self) -> AsyncIterator[Result]:
        while (result := await self._results.get()) is not None:
            yield result
        if self._error is not None:
            raise self._error

    async def close(self) -> None:
        self._owner.forget(self)
        with suppress(EngineError):
            await self._process.post(CloseStream(self.number))

    def hear(self, told: Told) -> None:
        for result in told.results:
            self._results.put_nowait(result)
        self._outstanding -= told.done
        self._less.set()
        if told.error is not None:
            self.fail(ERRORS[told.fault](told.error))
        elif told.over:
            self._results.put_nowait(None)

    def fail(self, error: EngineError) -> None:
        if self._error is None:
            self._error = error
            self._results.put_nowait(None)
            self._less.set()

    async def _call(self, call: Call) -> None:
        self._outstanding += 1
        await self._process.post(call)

    async def _carried_out(self, most: int) -> None:
        """Wait until no more than so many calls are left. Raises `EngineError`."""
        try:
            async with asyncio.timeout(self._deadline):
                while self._outstanding > most and self._error is None:
                    self._less.clear()
                    await self._less.wait()
        except TimeoutError:
            name = self._owner.capabilities.name
            raise EngineError(
                f"{name} did not answer within {self._deadline:g} s: {LOOK}."
            ) from None
        if self._error is not None:
            raise self._error
