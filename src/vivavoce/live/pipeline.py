"""From a file of audio to events: the path of a word without a journal or a server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

from vivavoce.audio.source import Growth, read_audio
from vivavoce.core.commands import Options
from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import AnyEvent
from vivavoce.core.session import Session
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import EngineStream, Pcm


async def transcribe_file(
    path: Path, format: AudioFormat, growth: Growth, stream: EngineStream, options: Options
) -> AsyncGenerator[AnyEvent, None]:
    """The events of one file, as they are found; the stream is closed at the end.

    Raises `BadAudio`, `DiskError` and `EngineError`. Close the generator
    (`contextlib.aclosing`) if you stop early.
    """
    session = Session(stream.capabilities.name)
    feeder = Feeder(stream)
    blocks = read_audio(path, format, growth, name=options.title or path.name)
    feeding = asyncio.create_task(feeder.run(blocks))
    try:
        for event in session.start(path.name, format, options.language, options.title):
            yield event
        async for result in stream.results():
            for event in session.result(result):
                yield event
        await feeding
        for event in session.end("finished", feeder.position):
            yield event
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        await stream.close()  # a task cancelled before its first step has not


class Feeder:
    """Feeds a stream until the audio ends, then flushes and closes it, whatever happens."""

    def __init__(self, stream: EngineStream, position: int = 0) -> None:
        self._stream = stream
        self.position = position  # samples fed

    async def run(self, blocks: AsyncGenerator[Pcm, None]) -> None:
        """What is said before a break in the audio is decided before its error is raised."""
        broken: VivavoceError | None = None
        try:
            try:
                async with aclosing(blocks):
                    await self._feed(blocks)
            except VivavoceError as error:
                broken = error
            await self._stream.flush()
        finally:
            await self._stream.close()
        if broken is not None:
            raise broken

    async def _feed(self, blocks: AsyncIterator[Pcm]) -> None:
        async for block in blocks:
            await self._stream.feed(block)
            self.position += len(block)
