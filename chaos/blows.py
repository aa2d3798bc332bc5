"""The ways of breaking a server, each one function. Afterwards it serves again."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from chaos.plan import Blow, BlowKind
from chaos.progress import Progress
from chaos.stage import Stage
from vivavoce.testing.disks import FrailDisk
from vivavoce.testing.family import children
from vivavoce.testing.faulty import Faults
from vivavoce.testing.full_disk import FullDisk

STOPPED = (0, -signal.SIGTERM)
"""How a server may end after SIGTERM: uvicorn raises the signal again once all is done."""

CALLS: dict[BlowKind, int] = {"raise": 6, "hang": 3, "exit": 1}
"""Calls of the engine that one blow befalls: more than one, for a failed interim is only left
out, while a failed final moves its session to the next engine."""

REFUSALS = 10
"""Lines that a full disk refuses before there is room again."""


class Blows:
    """For one stage. `dead` is called whenever its server was ended, before it is back."""

    def __init__(
        self,
        stage: Stage,
        progress: Progress,
        dead: Callable[[], Awaitable[None]],
        *,
        disk: FullDisk | None = None,
        faults: Path | None = None,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.trouble: list[str] = []
        self._stage = stage
        self._progress = progress
        self._dead = dead
        self._disk = disk
        self._faults = faults

    async def fall(self, blows: tuple[Blow, ...]) -> None:
        """Each at its moment, one after the other."""
        ways: dict[BlowKind, Callable[[Blow], Awaitable[None]]] = {
            "kill server": self._kill_server,
            "kill host": self._kill_host,
            "cut power": self._cut_power,
            "stop server": self._stop_server,
            "fill disk": self._fill_disk,
            "raise": self._engine_fault,
            "hang": self._engine_fault,
            "exit": self._engine_fault,
        }
        for blow in blows:
            await self._progress.reached(blow.after)
            await self._progress.lasted(blow.pause)
            if blow.pause and self._progress.over:
                return  # nobody is there any more whom it could hit
            await ways[blow.kind](blow)
            self.done[blow.kind] += 1

    async def _kill_server(self, _blow: Blow) -> None:
        await self._stage.kill()
        await self._dead()
        await self._stage.start()

    async def _kill_host(self, blow: Blow) -> None:
        server = self._stage.server.pid
        while not (
            pids := await asyncio.to_thread(children, server, "vivavoce.engines.hosted.host")
        ):
            pass  # one that was killed is being replaced
        os.kill(random.Random(blow.seed).choice(sorted(pids)), signal.SIGKILL)

    async def _cut_power(self, blow: Blow) -> None:
        await self._stage.kill()
        disk = FrailDisk(self._stage.live, self._stage.shadow)
        await asyncio.to_thread(disk.power_cut, blow.seed)
        await self._dead()
        await self._stage.start()

    async def _stop_server(self, _blow: Blow) -> None:
        status = await self._stage.stop()
        if status not in STOPPED:
            self.trouble.append(f"The server ended with {status} after SIGTERM.")
        await self._dead()
        await self._stage.start()

    async def _fill_disk(self, _blow: Blow) -> None:
        assert self._disk is not None
        self._disk.fill(self._stage.server)
        await self._progress.refusal(REFUSALS)
        self._disk.empty(self._stage.server)

    async def _engine_fault(self, blow: Blow) -> None:
        assert self._faults is not None
        for call in range(CALLS[blow.kind]):
            Faults(self._faults).set(f"faulty/{blow.kind}.{blow.seed}-{call}")
