"""Every scene, each on its stage."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from chaos.check import Violations
from chaos.draw import Plan
from chaos.plan import ScenePlan
from chaos.scene import Log, Result, Scene
from chaos.sound import Speech, tones, voice
from chaos.stage import Stage, stage
from vivavoce.testing.faulty import FOLDER
from vivavoce.testing.full_disk import FullDisk, Limited, Small, may_mount

CLIP = Path(str(files("vivavoce") / "data" / "demo.flac"))

CHAIN: dict[str, Any] = {"engines": "faulty,scripted", "engine_deadline_s": 3}
"""The engine that fails when it is told to, and who speaks for it then."""

MEGABYTES = 24
"""Of the small disk: room for what the speakers on it say, and for the library."""

EVEN, ODD = slice(0, None, 2), slice(1, None, 2)
"""Halves of the speakers."""

FEW = 6
"""Speakers on the small disk and with the faulty engine."""

Tell = Callable[[Result], None]


@dataclass(frozen=True)
class Said:
    """What is said, and what comes of it where nothing is broken."""

    speeches: Sequence[Speech]
    logs: Sequence[Log] = ()

    @property
    def frames(self) -> list[int]:
        return [len(speech.frames) for speech in self.speeches]

    def part(self, which: slice) -> "Said":
        return Said(self.speeches[which], self.logs[which])


class Suite:
    """All that a plan has; `tell` hears of each scene as it is over. `folder` takes the files
    of the servers."""

    def __init__(self, plan: Plan, folder: Path, tell: Tell) -> None:
        self.results: list[Result] = []
        self._plan = plan
        self._folder = folder
        self._tell = tell

    async def play(self) -> list[Result]:
        said = Said([tones(speech) for speech in self._plan.speeches])
        if self._plan.extent.together:
            await self._all_at_once(said)
        else:
            await self._one_by_one(said)
        return self.results

    async def _all_at_once(self, said: Said) -> None:
        plan, extent, frames = self._plan, self._plan.extent, said.frames
        everything = plan.scene("everything at once", frames, extent.blows)
        everything = plan.tampered(plan.broken(everything, frames, extent.breaks), frames)
        disk = Limited(self._folder)
        with self._faults() as faults:
            async with self._stage("all", forgets=True, hosts=1, **CHAIN) as stage:
                said = await self._undisturbed("undisturbed", stage, said)
                await self._scene(everything, stage, said, forgets=True, disk=disk, faults=faults)

    async def _one_by_one(self, said: Said) -> None:
        """Two servers at a time: while one starts again the other has the machine."""
        async with self._stage("tones", engines="scripted", hosts=2) as stage:
            said = await self._undisturbed("undisturbed", stage, said)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._on_one_server(stage, said))
                group.create_task(self._on_others(said))

    async def _on_one_server(self, stage: Stage, said: Said) -> None:
        plan, frames = self._plan, said.frames
        lines = plan.broken(plan.scene("lost lines", frames), frames, plan.extent.breaks)
        if plan.extent.leaver:
            lines = plan.left(lines, frames)
        await self._scene(lines, stage, said)
        await self._scene(plan.tampered(plan.scene("frames astray", frames), frames), stage, said)
        await self._killed("killed servers and hosts, 1", stage, said.part(EVEN))
        await self._scene(plan.scene("SIGTERM", frames, plan.some("stop server")), stage, said)

    async def _killed(self, name: str, stage: Stage, said: Said) -> None:
        """Half of the blows: most of the time goes by while servers start."""
        blows = self._plan.some("kill server", "kill host")
        half = {kind: -(-count // 2) for kind, count in blows.items()}
        await self._scene(self._plan.scene(name, said.frames, half), stage, said)

    async def _on_others(self, said: Said) -> None:
        async with self._stage("killed", engines="scripted", hosts=1) as stage:
            await self._killed("killed servers and hosts, 2", stage, said.part(ODD))
        await self._on_a_disk_that_forgets(said)
        await self._on_a_small_disk(said.part(slice(FEW)))
        await self._with_a_faulty_engine(said.part(slice(FEW)))
        await self._with_real_speech()

    async def _on_a_disk_that_forgets(self, said: Said) -> None:
        cut = self._plan.scene("power cuts", said.frames, self._plan.some("cut power"))
        async with self._stage("power", forgets=True, engines="scripted", hosts=1) as stage:
            await self._scene(cut, stage, said, forgets=True)

    async def _on_a_small_disk(self, said: Said) -> None:
        full = self._plan.scene("full disks", said.frames, self._plan.some("fill disk"))
        with _small_disk(self._folder / "disk") as disk:
            async with self._stage("disk/small", engines="scripted", hosts=1) as stage:
                await self._scene(full, stage, said, disk=disk)

    async def _with_a_faulty_engine(self, said: Said) -> None:
        failures = self._plan.some("raise", "hang", "exit")
        failing = self._plan.scene("engine failures", said.frames, failures)
        with self._faults() as faults:
            async with self._stage("engines", hosts=2, **CHAIN) as stage:
                await self._scene(failing, stage, said, faults=faults)

    async def _with_real_speech(self) -> None:
        plan, extent = self._plan, self._plan.extent
        said = Said([await voice(CLIP, extent.readings, n / 3) for n in range(extent.listeners)])
        loud = plan.scene("real speech", said.frames, extent.loud)
        loud = plan.broken(loud, said.frames, 10 * extent.listeners)
        async with self._stage("voice", engines="moonshine", hosts=2) as stage:
            said = await self._undisturbed("real speech, undisturbed", stage, said)
            await self._scene(loud, stage, said)

    @asynccontextmanager
    async def _stage(self, name: str, **settings: Any) -> AsyncIterator[Stage]:
        """A server. What is open when its scenes are over counts as well."""
        async with stage(self._folder / name, **settings) as found:
            yield found
            await self._look_for_open(name, found)

    async def _look_for_open(self, name: str, stage: Stage) -> None:
        if still := await stage.left_open():
            self._heard(Result(f"left open: {name}", Violations(open=still)))

    async def _undisturbed(self, name: str, stage: Stage, said: Said) -> Said:
        scene = Scene(self._plan.scene(name, said.frames), stage, said.speeches)
        result, logs = await scene.play()
        self._heard(result)
        return replace(said, logs=logs)

    async def _scene(
        self, plan: ScenePlan, stage: Stage, said: Said, *, forgets: bool = False, **means: Any
    ) -> None:
        result, _ = await Scene(plan, stage, said.speeches, **means).play(
            said.logs, forgets=forgets
        )
        self._heard(result)

    def _heard(self, result: Result) -> None:
        self.results.append(result)
        self._tell(result)

    @contextmanager
    def _faults(self) -> Iterator[Path]:
        """The folder of the faulty engine's faults; servers that are started now look there."""
        folder = self._folder / "faults"
        folder.mkdir()
        os.environ[FOLDER] = str(folder)
        try:
            yield folder
        finally:
            del os.environ[FOLDER]


@contextmanager
def _small_disk(folder: Path) -> Iterator[FullDisk]:
    disk = Small(folder, MEGABYTES) if may_mount() else Limited(folder)
    try:
        yield disk
    finally:
        disk.release()
