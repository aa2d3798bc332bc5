"""The scenes of two servers behind a balancer: on one volume, and each on its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaos.draw import Plan
from chaos.replicas import Replicas, Stores, replicas
from chaos.scene import Result
from chaos.sound import tones
from chaos.suite import Said, Suite, Tell

ENGINE: dict[str, Any] = {"engines": "scripted", "hosts": 1}


class Several(Suite):
    """All that a plan has for them."""

    def __init__(self, plan: Plan, folder: Path, tell: Tell, stores: Stores) -> None:
        super().__init__(plan, folder, tell)
        self._stores = stores

    async def play(self) -> list[Result]:
        said = Said([tones(speech) for speech in self._plan.speeches])
        async with self._replicas("one volume", apart=False) as stage:
            said = await self._undisturbed("two servers, undisturbed", stage, said)
            await self._killed_in_turn("two servers on one volume", stage, said)
        async with self._replicas("apart", apart=True) as stage:
            await self._killed_in_turn("two servers, each on its own", stage, said)
        return self.results

    async def _killed_in_turn(self, name: str, stage: Replicas, said: Said) -> None:
        plan, frames = self._plan, said.frames
        scene = plan.scene(name, frames, plan.extent.blows)
        scene = plan.broken(scene, frames, plan.extent.breaks)
        if plan.extent.leaver:
            scene = plan.left(scene, frames)
        scene = replace(plan.timed(scene), watched=True)
        # Without a shared volume, what only the dead one knew may be said anew, in a higher epoch.
        await self._scene(scene, stage, said, forgets=stage.asks_again)

    @asynccontextmanager
    async def _replicas(self, name: str, *, apart: bool) -> AsyncIterator[Replicas]:
        async with replicas(self._folder / name, self._stores, apart=apart, **ENGINE) as found:
            yield found
            await self._look_for_open(name, found)
