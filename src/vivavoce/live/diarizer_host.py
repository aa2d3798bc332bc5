"""The host process of a diarizer: niced, there only while somebody speaks in it, and disposable.

One recording at a time, in pieces; who comes while one is heard waits. A piece that the process
dies or hangs at costs the recording's stream: whoever feeds it begins again.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

import numpy as np

from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm
from vivavoce.engines.hosted.calls import AskTurns, CloseStream, Feed, OpenVoices
from vivavoce.live.host_process import HostProcess

DIARIZER: Final = "community-1"
PIECE: Final = 10 * SAMPLE_RATE
"""Samples of one call; `Voices.feed` cuts what is longer."""

DEADLINE: Final = 600.0
"""Seconds for one call: a piece takes ten on a quiet core, and the process is the last in turn.
Now and then half an hour's voices are put together, which takes as long again."""

_STREAM: Final = 1  # a host has one


class DiarizerHost:
    """Call `stop` at the end."""

    def __init__(self, name: str = DIARIZER) -> None:
        self.name = name
        self._one = asyncio.Lock()
        self._host: HostProcess | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, when there is one."""
        return self._host.pid if self._host is not None and self._host.alive else None

    @asynccontextmanager
    async def open(self, *, hasty: bool = False) -> AsyncIterator["Voices"]:
        """A stream in a process that is started for it and ends with it.

        Raises `EngineError` when it cannot be started or loaded.
        """
        async with self._one:
            host = await HostProcess.start(self.name, "diarizer")
            self._host = host
            try:
                await host.call(OpenVoices(_STREAM, hasty), DEADLINE)
                yield Voices(host)
                await host.call(CloseStream(_STREAM), DEADLINE)
            finally:
                await host.stop()

    async def heard(self, sound: AsyncGenerator[Pcm, None]) -> Sequence[SpeakerTurn]:
        """Who speaks when in all of it; the generator is closed. Raises as `open` and `Voices`,
        and what the generator does."""
        async with aclosing(sound), self.open() as voices:
            async for piece in pieces(sound):
                await voices.feed(piece)
            return await voices.turns(last=True)

    async def stop(self) -> None:
        """End the process; who feeds it is told by a `HostDied`."""
        if self._host is not None:
            await self._host.stop()


class Voices:
    """One recording's voices. Every method raises `HostDied`, and `EngineError` when the
    diarizer failed."""

    def __init__(self, host: HostProcess) -> None:
        self._host = host

    async def feed(self, pcm: Pcm) -> None:
        for at in range(0, len(pcm), PIECE):
            piece = np.asarray(pcm[at : at + PIECE], "<f4").tobytes()
            await self._host.call(Feed(_STREAM, piece), DEADLINE)

    async def turns(self, *, last: bool = False) -> Sequence[SpeakerTurn]:
        """Who spoke when, as far as it can be told; `last`: there are no more samples."""
        return (await self._host.call(AskTurns(_STREAM, last), DEADLINE)).turns


async def pieces(sound: AsyncIterator[Pcm]) -> AsyncGenerator[Pcm, None]:
    """The samples, so many together as one call takes."""
    blocks: list[Pcm] = []
    async for block in sound:
        blocks.append(block)
        if sum(map(len, blocks)) >= PIECE:
            yield np.concatenate(blocks)
            blocks = []
    if blocks:
        yield np.concatenate(blocks)
