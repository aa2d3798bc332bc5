"""From a session's journal to its events: one task per session.

The runner only ever reads the journal. A microphone, an upload, and a session taken up after
a crash differ in how fast the journal grows and in nothing else.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing

from vivavoce.audio.source import read_audio
from vivavoce.core.commands import Configure, Flush, Mark
from vivavoce.core.errors import DiskError, VivavoceError
from vivavoce.core.events import AnyEvent, Interim
from vivavoce.core.session import Session
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import EngineStream, Pcm, StreamOptions
from vivavoce.journal.controls import ControlCommand
from vivavoce.journal.journal import Journal
from vivavoce.live.broadcast import Broadcast
from vivavoce.live.paced import PacedJournal
from vivavoce.live.pipeline import Feeder
from vivavoce.live.streams import configured

ROOM = 0.5
"""Seconds between two attempts to log an event on a full disk."""


class Runner:
    """`position`: the first sample that the stream is to be fed.

    `marked`: how many of the journal's marks an earlier server has said.
    """

    def __init__(
        self,
        journal: Journal,
        broadcast: Broadcast,
        session: Session,
        stream: EngineStream,
        options: StreamOptions,
        *,
        position: int,
        marked: int = 0,
    ) -> None:
        self._journal = journal
        self._broadcast = broadcast
        self._session = session
        self._stream = stream
        self._options = options
        self._position = position
        self._marked = marked
        self.attended: Callable[[], bool] = lambda: True  # whether a client is on the line
        self._feeder = Feeder(stream, position)
        self._feeding: asyncio.Task[None] | None = None
        self.reason = "finished"  # what `Ended` will say
        self.unwanted = False  # nothing of the session is to be kept

    async def run(self) -> None:
        """Until the audio is finished and all is said; the last event is `Ended`."""
        feeding = asyncio.create_task(self._feeder.run(self._blocks()))
        try:
            # A task that is cancelled before its first step never closes the stream.
            await asyncio.sleep(0)
            self._feeding = feeding
            if self.reason == "cancelled":
                feeding.cancel()
            async for result in self._stream.results():
                await self._say(self._session.result(result))
            await asyncio.wait([feeding])
            if not feeding.cancelled():
                feeding.result()
        except VivavoceError as error:
            self.reason = error.code
            await self._say(self._session.warn(error.code, error.message))
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
        await self._say(self._session.end(self.reason, self._feeder.position))

    def cancel(self) -> None:
        """End soon, without what is not decided yet."""
        self.reason = "cancelled"
        if self._feeding is not None:
            self._feeding.cancel()

    def discard(self) -> None:
        """End soon, also on a disk so full that it cannot be said."""
        self.unwanted = True
        self.cancel()

    async def settle(self) -> None:
        """Decide everything fed so far."""
        await self._stream.flush()

    async def _blocks(self) -> AsyncGenerator[Pcm, None]:
        header = self._journal.header
        growth = PacedJournal(self._journal, self._obey, self._idle)
        name = header.options.title or "The audio"
        path = self._journal.audio_path
        reading = read_audio(path, header.format, growth, name=name, skip=self._position)
        async with aclosing(reading) as blocks:  # else its decoder would outlive the session
            async for block in blocks:
                await self._lag()
                yield block

    async def _obey(self, command: ControlCommand) -> None:
        match command:
            case Flush():
                await self._stream.flush()
            case Mark() if self._marked:
                self._marked -= 1
            case Mark():
                await self._say(self._session.mark(self._feeder.position, command.label))
            case Configure():
                self._options = configured(self._options, command)
                self._stream.configure(self._options)

    async def _idle(self, elapsed: int) -> None:
        # While the line is lost more audio of this very word may be on its way.
        if self.attended():
            await self._stream.tick(elapsed)

    async def _lag(self) -> None:
        """Say so when a live session's words come late."""
        format = self._journal.header.format
        if format.encoding == "container" or not self._options.interims:
            return
        received = self._journal.size // format.frame_bytes * SAMPLE_RATE // format.rate
        await self._say(self._session.behind(received - self._feeder.position))

    async def _say(self, events: Iterable[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, Interim):
                self._broadcast.show(event)
            else:
                await self._log(event)

    async def _log(self, event: AnyEvent) -> None:
        """The audio is safe in the journal, so a full disk only makes the words wait."""
        while True:
            try:
                self._broadcast.say(event)
                return
            except DiskError:
                if self.unwanted:
                    return
                await asyncio.sleep(ROOM)
