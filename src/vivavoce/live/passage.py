"""One stream's way through a session's journal, from where all that was said leaves off."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from vivavoce.audio.source import read_audio
from vivavoce.core.commands import Configure, Flush, Mark
from vivavoce.engines.base import EngineStream, Pcm, StreamOptions
from vivavoce.journal.controls import ControlCommand
from vivavoce.journal.journal import Journal
from vivavoce.live.paced import PacedJournal
from vivavoce.live.pipeline import Feeder
from vivavoce.live.streams import configured


class Owner(Protocol):
    """Whose session it is."""

    attended: Callable[[], bool]

    async def mark(self, at: int, label: str) -> None:
        """A client noted this moment."""

    async def lag(self, position: int) -> None:
        """The stream is being fed from here on."""

    def speaks(self, at: int, language: str) -> None:
        """From here on it is in this language. May raise: then another stream reads it."""

    def heeds(self, at: int, on: bool) -> None:
        """From here on spoken commands are obeyed, or are not."""


class Passage:
    """Call `begin`, read the stream's results, then `end`; and `close`, whatever happens.

    Commands of the journal are obeyed again where they lie: a flush cuts what is not decided
    yet in the same place, and nothing that is. `marks`: how many were said already.
    """

    def __init__(
        self,
        journal: Journal,
        stream: EngineStream,
        options: StreamOptions,
        position: int,
        marks: int,
        owner: Owner,
    ) -> None:
        """`position`: the first sample that the stream is to be fed."""
        self.stream = stream
        self.fed = False  # whether all audio is read, and no more will come
        self._journal = journal
        self._options = options
        self._marks = marks
        self._flushes = 0  # obeyed: of all in the journal, for it is read from the first on
        self._owner = owner
        self._start = position
        self._feeder = Feeder(stream, position)
        self._feeding: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """The next sample that the stream is to be fed."""
        return self._feeder.position

    async def begin(self) -> None:
        """Feed the stream from now on, until the audio is finished."""
        feeding = asyncio.create_task(self._feeder.run(self._blocks()))
        try:
            # A task that is cancelled before its first step never closes the stream.
            await asyncio.sleep(0)
        finally:
            self._feeding = feeding

    def cancel(self) -> None:
        """Feed no more, and give up what is not decided."""
        if self._feeding is not None:
            self._feeding.cancel()

    async def end(self) -> None:
        """After the last result. Raises what reading the audio may."""
        assert self._feeding is not None
        await asyncio.wait([self._feeding])
        if not self._feeding.cancelled():
            self._feeding.result()

    async def close(self) -> None:
        """Let go of the stream, also if it was never fed."""
        if self._feeding is None:
            await self.stream.close()
        else:
            self._feeding.cancel()
            await asyncio.gather(self._feeding, return_exceptions=True)

    async def _blocks(self) -> AsyncGenerator[Pcm, None]:
        header = self._journal.header
        attended = self._owner.attended
        growth = PacedJournal(self._journal, self._obey, self._idle, attended)
        name = header.options.title or "The audio"
        path = self._journal.audio_path
        reading = read_audio(path, header.format, growth, name=name, skip=self._start)
        async with aclosing(reading) as blocks:  # else its decoder would outlive the session
            async for block in blocks:
                await self._owner.lag(self.position)
                yield block
        self.fed = True

    async def _obey(self, command: ControlCommand) -> None:
        match command:
            case Flush():
                await self.stream.flush()
                self._flushes += 1
                self.stream.flushed(self._flushes)
            case Mark() if self._marks:
                self._marks -= 1
            case Mark():
                here, moment = self.position, command.moment
                await self._owner.mark(here if moment is None else min(moment, here), command.label)
            case Configure():
                if command.voice_commands is not None:
                    self._owner.heeds(self.position, command.voice_commands)
                if command.language is not None:
                    self._owner.speaks(self.position, command.language)
                self._options = configured(self._options, command)
                self.stream.configure(self._options)

    async def _idle(self, elapsed: int) -> None:
        await self.stream.tick(elapsed)
