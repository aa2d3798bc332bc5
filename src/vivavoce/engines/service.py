"""A service over the network as a session's stream: one connection after the other.

A connection is a `Turn`. It is opened when there is audio, and ended by a flush: that is what
every service understands as "decide all you have". The next audio opens the next one, which
counts from zero again; here positions are the stream's.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Protocol

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.core.narrator import Narrator
from vivavoce.core.results import Flushed, Heard, Result
from vivavoce.core.segmenter import WINDOW
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Capabilities, Pcm, StreamOptions, Turn
from vivavoce.engines.native import shifted
from vivavoce.engines.outbox import Outbox
from vivavoce.engines.windowed import Vad

SILENT = 30 * SAMPLE_RATE
"""Samples of speech without a word from the service, after which it is taken for dead."""

SPEECH = 0.5
"""Probability from which a window counts as speech."""

PATIENCE = 2 * SAMPLE_RATE
"""Time without audio after which the open sentence of a client that fell silent is decided:
longer than the network's hiccups, because it costs a connection."""

IDLE = 10 * SAMPLE_RATE
"""The same where nobody is speaking: a connection without audio is not kept."""


LATE = 10 * SAMPLE_RATE
"""Silence after which speech must have been answered; else the service is asked for its last
words of it, and has the deadline for them."""

BRIEF = SAMPLE_RATE // 2
"""Speech that a service may well take for none."""

LOOK = "see whether the service and the network are up"


class Service(Protocol):
    """Where turns come from: an engine in a host process, or in a test."""

    async def open(self, options: StreamOptions) -> Turn:
        """Raises `EngineError`, also when the service does not answer in time."""
        ...


class ServiceStream:
    """An `EngineStream`. `base` is the position of the first sample it will be fed; `deadline`
    the seconds that a service has to decide what it was sent, once it is told that it is all."""

    def __init__(
        self,
        service: Service,
        vad: Vad,
        capabilities: Capabilities,
        options: StreamOptions,
        base: int,
        deadline: float,
    ) -> None:
        self.capabilities = capabilities
        self._service = service
        self._vad = vad
        self._options = options
        self._deadline = deadline
        self._position = base
        self._narrator = Narrator(base)
        self._turn: Turn | None = None
        self._telling: asyncio.Task[None] | None = None
        self._idle = 0
        self._unanswered = 0  # samples of speech since the service last said something
        self._quiet = 0  # samples since speech
        self._broken = False
        self._outbox = Outbox()

    async def feed(self, pcm: Pcm) -> None:
        self._idle = 0
        for at in range(0, len(pcm), SAMPLE_RATE):
            if self._broken:
                return
            try:
                await self._feed(pcm[at : at + SAMPLE_RATE])
            except EngineError as error:
                self._break(error)

    async def tick(self, elapsed: int) -> None:
        self._idle += elapsed
        if self._idle >= (PATIENCE if self._narrator.speaking else IDLE):
            await self.flush()

    async def flush(self) -> None:
        if self._turn is None or self._telling is None:
            return
        turn, telling, self._turn = self._turn, self._telling, None
        try:
            async with asyncio.timeout(self._deadline):
                await turn.finish()
                await telling  # a time-out cancels it
        except EngineError as error:
            self._break(error)
        except TimeoutError:
            name = self.capabilities.name
            seconds = f"{self._deadline:g} s"
            self._break(EngineError(f"{name} did not give its last words in {seconds}: {LOOK}."))
        finally:
            await self._hang_up(turn, telling)
        self._put(self._narrator.close(self._position))

    async def settle(self) -> None:
        """What has ended, the service has decided, or it will come."""

    def flushed(self, count: int) -> None:
        self._outbox.put([Flushed(count=count)])

    def configure(self, options: StreamOptions) -> None:
        """Holds from the next connection on."""
        self._options = options

    def results(self) -> AsyncIterator[Result]:
        return self._outbox.read()

    async def close(self) -> None:
        if self._turn is not None and self._telling is not None:
            await self._hang_up(self._turn, self._telling)
            self._turn = None
        self._outbox.close()

    async def _feed(self, pcm: Pcm) -> None:
        if self._turn is None:
            self._turn = await self._service.open(self._options)
            self._telling = asyncio.create_task(self._tell(self._turn, self._position))
            self._unanswered = self._quiet = 0
        self._position += len(pcm)
        await self._turn.feed(pcm)
        spoken = WINDOW * int(np.count_nonzero(self._vad.feed(pcm) > SPEECH))
        self._unanswered += spoken
        self._quiet = 0 if spoken else self._quiet + len(pcm)
        if self._unanswered > SILENT:
            name, seconds = self.capabilities.name, SILENT // SAMPLE_RATE
            raise EngineError(f"{name} said nothing to {seconds} s of speech: {LOOK}.")
        if self._quiet > LATE and (self._narrator.speaking or self._unanswered > BRIEF):
            await self.flush()

    async def _tell(self, turn: Turn, base: int) -> None:
        """What a turn that was opened at `base` says."""
        try:
            async for result in turn.results():
                self._unanswered = 0
                self._put(self._narrator.tell(shifted(result, base), self._position))
        except EngineError as error:
            self._break(error)

    def _put(self, results: Iterable[Result]) -> None:
        for result in results:
            if self._options.interims or not isinstance(result, Heard):
                self._outbox.put([result])

    def _break(self, error: EngineError) -> None:
        """The reader opens another stream, of this engine or of another."""
        if not self._broken:
            self._broken = True
            self._outbox.fail(error)

    async def _hang_up(self, turn: Turn, telling: asyncio.Task[None]) -> None:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        with suppress(EngineError):
            await turn.close()
