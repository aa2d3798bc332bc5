"""One engine host process, seen from the server: calls with a deadline, killed when it hangs."""

import asyncio
import os
import sys
from typing import Literal

import msgspec

from vivavoce import processes
from vivavoce.core.errors import EngineError
from vivavoce.engines.hosted.calls import ERRORS, LARGEST, LENGTH, Answer, Call, pack, unpack_answer
from vivavoce.live.overheard import Overheard
from vivavoce.processes import persevere

PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Large pages for weights, where the system is Linux's and gives them to who asks: every token
reads all of the weights, and looking up where they are takes a tenth of that."""

START_DEADLINE = 60.0  # seconds until the weights must be loaded


class HostDied(EngineError):
    """The process ended, or hung and was killed; the call may be tried on another."""

    grave = True


class HostProcess:
    """Started by `start`; one call at a time, so that an answer belongs to its call."""

    def __init__(self, engine: str, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        self._engine = engine
        self._process = process
        self._overheard = Overheard(process.stderr, engine, process.pid)
        self._one = asyncio.Lock()
        self._killed = False
        self.streams = 0  # of a native engine, open here

    @classmethod
    async def start(
        cls, engine: str, kind: Literal["engine", "aligner", "diarizer"] = "engine"
    ) -> "HostProcess":
        """Start a host and wait until what it hosts is loaded. Raises `EngineError`."""
        try:
            process = await processes.start(
                *(sys.executable, "-m", "vivavoce.engines.hosted.host", kind, engine),
                env=PAGES | os.environ,
            )
        except OSError as error:
            why = error.strerror or error
            raise EngineError(f"No host process of {engine} can be started: {why}.") from error
        host = cls(engine, process)
        try:
            hello = await host._wait(START_DEADLINE)
        except BaseException:
            await host.stop()
            raise
        if hello.error is not None:
            await host.stop()
            raise EngineError(hello.error)
        return host

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """What was killed is not, even before the system has told us that it is gone."""
        return not self._killed and self._process.returncode is None

    async def call(self, call: Call, deadline: float) -> Answer:
        """The host's answer. Raises `HostDied`, and `EngineError` when the call failed.

        A call given up half-way (cancelled, or past its deadline in seconds) costs the host
        its life: its answer would be taken for the next call's.
        """
        async with self._one:
            try:
                await self.post(call)
                answer = await self._wait(deadline)
            except BaseException:
                self.kill()
                raise
        if answer.error is not None:
            raise ERRORS[answer.fault](answer.error)
        return answer

    async def post(self, call: Call) -> None:
        """Say it, and wait for no answer. Raises `HostDied`."""
        assert self._process.stdin is not None
        try:
            # uvloop does not take a write to a pipe that is closing.
            if not self.alive or self._process.stdin.is_closing():
                raise self._died("died")
            self._process.stdin.write(pack(call))
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise self._died("died") from error

    async def told(self) -> bytes:
        """The next thing that it says. Raises `HostDied`."""
        assert self._process.stdout is not None
        try:
            (length,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
            if length > LARGEST:
                raise self._died(f"announced an answer of {length} bytes")
            return await self._process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise self._died("died") from error

    async def _wait(self, deadline: float) -> Answer:
        try:
            async with asyncio.timeout(deadline):
                return unpack_answer(await self.told())
        except TimeoutError as error:
            raise self._died(f"did not answer within {deadline:.0f} s") from error
        except msgspec.MsgspecError as error:
            raise self._died("answered what cannot be understood") from error

    def _died(self, how: str) -> HostDied:
        self.kill()
        return HostDied(f"The host process of {self._engine} (pid {self.pid}) {how}.")

    def kill(self) -> None:
        self._killed = True
        processes.kill(self._process)

    async def stop(self) -> None:
        """End it, at once: it holds nothing worth keeping. Who is cancelled here has ended it."""
        self.kill()
        await persevere(self._over)

    async def _over(self) -> None:
        await processes.reaped(self._process, self._process.stdout)
        await self._overheard.stop()
