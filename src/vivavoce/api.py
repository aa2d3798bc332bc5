"""Transcribe in this process, without a server: `async for event in vivavoce.transcribe(...)`.

The engine still runs in host processes of its own. A stream of bytes is kept in a temporary
file while it grows, so that it is read exactly as a file is.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from vivavoce.audio.growth import CompleteFile, Growth
from vivavoce.audio.source import read_audio
from vivavoce.config import Settings, load_settings
from vivavoce.core.commands import Options
from vivavoce.core.errors import DiskError
from vivavoce.core.events import AnyEvent
from vivavoce.core.speakers import assigned
from vivavoce.core.transcript import Fold
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.live.aligner_host import AlignerHost
from vivavoce.live.diarizer_host import DiarizerHost
from vivavoce.live.pipeline import transcribe_file
from vivavoce.live.redacting import Redacting, redactor
from vivavoce.live.streams import (
    check_language,
    default_options,
    make_pool,
    open_stream,
    stream_options,
)
from vivavoce.paths import readable
from vivavoce.processes import persevere

Source = str | os.PathLike[str] | bytes | AsyncIterable[bytes]
"""A path, a whole file's bytes, or bytes as they come."""

CONTAINER = AudioFormat("container")


async def transcribe(
    source: Source,
    *,
    format: AudioFormat = CONTAINER,
    language: str | None = None,
    engine: str | None = None,
    interims: bool = False,
    speakers: bool = False,
) -> AsyncGenerator[AnyEvent, None]:
    """The events of one source, as they are found; the words are in those of type `Final`.

    `format` need only be given for samples without a header. `speakers`: when all is heard, say
    who speaks, in events of type `Speaker`. Raises `NotFound`, `BadAudio`,
    `BadMessage` for a language that the engine does not know, and `EngineError`.
    """
    settings = load_settings(engine=engine)
    async with Transcriber(settings) as transcriber:
        events = transcriber.transcribe(
            source, format=format, language=language, interims=interims, speakers=speakers
        )
        async with aclosing(events):
            async for event in events:
                yield event


class Transcriber:
    """The engine, loaded once for any number of sources; use it with `async with`."""

    def __init__(self, settings: Settings, *, hosts: int = 1) -> None:
        self._settings = settings
        self._hosts = make_pool(settings.engine, hosts, settings.finals, settings.engine_deadline_s)
        self._aligner = AlignerHost()

    async def __aenter__(self) -> Self:
        self._aligner.start()
        try:
            await self._hosts.start()
        except BaseException:
            await self._aligner.stop()
            raise
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._aligner.stop()
        finally:
            await persevere(self._hosts.stop)

    async def transcribe(
        self,
        source: Source,
        *,
        format: AudioFormat = CONTAINER,
        language: str | None = None,
        interims: bool = False,
        name: str | None = None,
        speakers: bool = False,
    ) -> AsyncGenerator[AnyEvent, None]:
        """As the function of this name. `name` is what errors call the source."""
        able = self._hosts.capabilities
        check_language(able, language)
        brief = Brief(diarization=speakers)
        options = Options(language=language, interims=interims, title=name, brief=brief)
        async with _as_file(source) as (path, growth):
            chosen = stream_options(options, default_options(self._settings))
            stream, _ = await open_stream(self._hosts, chosen, aligning=self._aligner)
            events = transcribe_file(path, format, growth, stream, options)
            said = Fold()
            hides = redactor(self._settings)
            told = Redacting(hides).event if hides is not None else None
            async with aclosing(events):
                async for heard in events:
                    event = heard if told is None else told(heard)
                    said.add(event)
                    yield event
            if speakers and not able.diarization:
                host = DiarizerHost(self._settings.diarizer)
                sound = read_audio(path, format, growth, name=name or path.name)
                turns = await host.heard(sound)
                for speaker in assigned(said.transcript, turns):
                    yield speaker


class Spool:
    """A temporary file that takes bytes as they come; its reader follows it (`Growth`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.complete = False
        self._changed = asyncio.Event()

    async def fill(self, chunks: AsyncIterable[bytes]) -> None:
        """Take every chunk. Whatever happens, the file is complete afterwards."""
        try:
            with self.path.open("wb") as file:
                async for chunk in chunks:
                    self._keep(file, chunk)
        finally:
            self.complete = True
            self._tell()

    def _keep(self, file: BinaryIO, chunk: bytes) -> None:
        try:
            file.write(chunk)
            file.flush()
        except OSError as error:
            raise DiskError(f"The audio cannot be kept in {self.path}: {error}.") from error
        self.size += len(chunk)
        self._tell()

    async def changed(self) -> None:
        await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


@asynccontextmanager
async def _as_file(source: Source) -> AsyncGenerator[tuple[Path, Growth], None]:
    """The source as a file that grows or is complete. A temporary one is deleted again."""
    if isinstance(source, str | os.PathLike):
        path = readable(source)
        yield path, CompleteFile(path)
        return
    with tempfile.TemporaryDirectory(prefix="vivavoce-") as folder:
        path = Path(folder, "the audio")  # so that errors call it this
        if isinstance(source, bytes):
            path.write_bytes(source)
            yield path, CompleteFile(path)
            return
        path.touch()
        spool = Spool(path)
        filling = asyncio.create_task(spool.fill(source))
        try:
            yield path, spool
            await filling
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
