"""Every scene, one after the other, each on its stage."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from chaos.check import Violations
from chaos.draw import Plan
from chaos.plan import ScenePlan
from chaos.scene import Log, Result, Scene
from chaos.sound import tones, voice
from chaos.stage import Stage, stage
from vivavoce.testing.faulty import FOLDER
from vivavoce.testing.full_disk import FullDisk, Limited, Small, may_mount

CLIP = Path(str(files("vivavoce") / "data" / "demo.flac"))

CHAIN = "faulty,scripted"
"""The engine that fails when it is told to, and who speaks for it then."""

MEGABYTES = 24
"""Of the small disk: room for what the speakers on it say, and for the library."""

FEW = 6
"""Speakers on the small disk and with the faulty engine."""

Tell = Callable[[Result], None]


class Suite:
    """All that a plan has; `tell` hears of each scene as it is over. `folder` takes the files
    of the servers."""

    def __init__(self, plan: Plan, folder: Path, tell: Tell) -> None:
        self.results: list[Result] = []
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._speeches = [tones(speech) for speech in plan.speeches]
        self._frames = [len(speech.frames) for speech in self._speeches]
        self._logs: list[Log] = []  # of each speech, undisturbed

    async def play(self) -> list[Result]:
        if self._plan.extent.together:
            await self._all_at_once()
        else:
            await self._on_one_server()
            await self._on_a_disk_that_forgets()
            await self._on_a_small_disk()
            await self._with_a_faulty_engine()
        if self._plan.extent.listeners:
            await self._with_real_speech()
        return self.results

    async def _all_at_once(self) -> None:
        plan, frames = self._plan, self._frames
        everything = plan.scene("everything at once", frames, plan.extent.blows)
        everything = plan.tampered(plan.broken(everything, frames, plan.extent.breaks), frames)
        disk = Limited(self._folder)
        with self._faults() as faults:
            async with self._stage("all", forgets=True, engines=CHAIN, hosts=1) as stage:
                self._logs = await self._scene(plan.scene("undisturbed", frames), stage)
                await self._scene(everything, stage, forgets=True, disk=disk, faults=faults)

    async def _on_one_server(self) -> None:
        plan, frames = self._plan, self._frames
        lines = plan.broken(plan.scene("lost lines", frames), frames, plan.extent.breaks)
        if plan.extent.leaver:
            lines = plan.left(lines, frames)
        killed = plan.some("kill server", "kill host")
        async with self._stage("tones", engine="scripted", hosts=2) as stage:
            self._logs = await self._scene(plan.scene("undisturbed", frames), stage)
            await self._scene(lines, stage)
            await self._scene(plan.tampered(plan.scene("frames astray", frames), frames), stage)
            await self._scene(plan.scene("killed servers and hosts", frames, killed), stage)
            await self._scene(plan.scene("SIGTERM", frames, plan.some("stop server")), stage)

    async def _on_a_disk_that_forgets(self) -> None:
        cut = self._plan.scene("power cuts", self._frames, self._plan.some("cut power"))
        async with self._stage("power", forgets=True, engine="scripted", hosts=1) as stage:
            await self._scene(cut, stage, forgets=True)

    async def _on_a_small_disk(self) -> None:
        full = self._plan.scene("full disks", self._frames[:FEW], self._plan.some("fill disk"))
        with _small_disk(self._folder / "disk") as disk:
            async with self._stage("disk/small", engine="scripted", hosts=1) as stage:
                await self._scene(full, stage, disk=disk)

    async def _with_a_faulty_engine(self) -> None:
        failures = self._plan.some("raise", "hang", "exit")
        failing = self._plan.scene("engine failures", self._frames[:FEW], failures)
        with self._faults() as faults:
            async with self._stage("engines", engines=CHAIN, hosts=2) as stage:
                await self._scene(failing, stage, faults=faults)

    async def _with_real_speech(self) -> None:
        plan, extent = self._plan, self._plan.extent
        speeches = [await voice(CLIP, extent.readings, n / 3) for n in range(extent.listeners)]
        frames = [len(speech.frames) for speech in speeches]
        loud = plan.scene("real speech", frames, extent.loud)
        loud = plan.broken(loud, frames, 10 * extent.listeners)
        async with self._stage("voice", engine="moonshine", hosts=2) as stage:
            quiet = plan.scene("real speech, undisturbed", frames)
            self._speeches, self._logs = speeches, []
            self._logs = await self._scene(quiet, stage)
            await self._scene(loud, stage)

    @asynccontextmanager
    async def _stage(self, name: str, **settings: Any) -> AsyncIterator[Stage]:
        """A server. What is open when its scenes are over counts as well."""
        async with stage(self._folder / name, **settings) as found:
            yield found
            if still := await found.left_open():
                self._heard(Result(f"left open: {name}", Violations(open=still)))

    async def _scene(
        self, plan: ScenePlan, stage: Stage, *, forgets: bool = False, **means: Any
    ) -> list[Log]:
        scene = Scene(plan, stage, self._speeches, **means)
        result, logs = await scene.play(self._logs or None, forgets=forgets)
        self._heard(result)
        return logs

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
