"""Finals by an engine's better model: who gets them, and what must be made for that.

    finals = "tiny"   nobody
    finals = "base"   everybody; the engine is not ready before its better model is
    finals = "auto"   files, which wait for it, and live sessions while the cores have room

The choice is made when the final is asked for and travels with the window, so a final that
was asked for early and one that was made again on another host are by the model chosen once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import structlog
from msgspec.structs import replace

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Urgency, Window
from vivavoce.engines.hosted.calls import LoadBetter
from vivavoce.live.host_process import HostProcess
from vivavoce.live.room import Room

log = structlog.get_logger()

Finals = Literal["auto", "tiny", "base"]

LOAD_DEADLINE = 60.0  # seconds; a quiet machine takes one


class Better:
    """One engine's. `model` is its capabilities' `better`; empty: it has none here. `demanded`:
    everybody gets it, however much there is to do."""

    def __init__(self, engine: str, model: str, finals: Finals, room: Room) -> None:
        self.loaded = False
        self._engine = engine
        self._model = model if finals != "tiny" else ""
        self.demanded = finals == "base"
        self._room = room
        self._known = asyncio.Event()  # whether it is loaded
        self._why = ""  # it is not
        self._making: asyncio.Task[None] | None = None

    async def start(self, load: Callable[[], Awaitable[None]]) -> None:
        """`load` it, in the background unless all finals must be by it.

        Raises `EngineError` where they must and it cannot be loaded.
        """
        if self._model:
            self._making = asyncio.create_task(self._make(load))
        if self.demanded:
            if self._making is None:
                raise missing(self._engine)
            await asyncio.shield(self._making)
            if not self.loaded:
                raise EngineError(self._why)

    async def stop(self) -> None:
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    async def chosen(self, window: Window, urgency: Urgency) -> Window:
        """The window, with the model that is to decode it."""
        if not self._model or urgency is Urgency.INTERIM:
            return window
        if urgency is Urgency.BATCH:
            await self._known.wait()
        elif not self.demanded and not self._room.enough:
            return window
        return replace(window, model=self._model) if self.loaded else window

    @contextmanager
    def counted(self, urgency: Urgency) -> Iterator[None]:
        """Around a call. Files take what is left, so they do not count."""
        if urgency is Urgency.BATCH:
            yield
        else:
            with self._room.call():
                yield

    async def load_anew(self, host: HostProcess) -> None:
        """On a host that takes the place of one that had it; if it fails, that was it."""
        try:
            await host.call(LoadBetter(), LOAD_DEADLINE)
        except EngineError as error:
            self._give_up(error)

    async def _make(self, load: Callable[[], Awaitable[None]]) -> None:
        try:
            await load()
            self.loaded = True
        except EngineError as error:
            self._give_up(error)
        finally:
            self._known.set()

    def _give_up(self, error: EngineError) -> None:
        self.loaded = False
        self._why = error.message
        log.warning("finals go on without the better model", model=self._model, reason=self._why)


def missing(engine: str) -> EngineError:
    """For `finals = "base"` where there is no such model."""
    return EngineError(
        f"finals cannot be 'base': {engine} has no better model here "
        "(Moonshine's comes with pip install 'vivavoce[better]')."
    )
