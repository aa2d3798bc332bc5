"""A file transcribed for one request, and then forgotten."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, SpooledTemporaryFile
from typing import Any, Final, TypeVar

from starlette.requests import Request

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import (
    BadAudio,
    Draining,
    EngineError,
    Gone,
    OurError,
    PeerError,
    QuotaSpent,
    VivavoceError,
)
from vivavoce.core.events import AnyEvent, Ended, Numbered, Warning
from vivavoce.core.speakers import assigned
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Bye, Failed
from vivavoce.journal.bell import Bell
from vivavoce.journal.disk import disk_errors
from vivavoce.journal.frames import MAX_RECORDED
from vivavoce.live.seat import Seat
from vivavoce.server.bodies.forms import Upload
from vivavoce.server.names import media_type
from vivavoce.server.services import Services

T = TypeVar("T")

FAULTS: Final[dict[str, type[VivavoceError]]] = {
    BadAudio.code: BadAudio,
    EngineError.code: EngineError,
    QuotaSpent.code: QuotaSpent,
}
"""What a session that ended for a reason of this name is refused with."""

_running: Final[set[asyncio.Task[None]]] = set()  # held, or the loop might forget them


class OneOff:
    """Runs from the moment it is made, in a task of its own, and closes the upload.

    What is said is kept here, not in the session, whose memory ends with it: a client that
    reads slowly still gets every word.
    """

    def __init__(
        self,
        parts: Services,
        owner: str,
        upload: Upload,
        options: Options,
        *,
        speakers: bool = False,
    ) -> None:
        """`speakers`: tell who speaks, when all is heard."""
        if speakers:
            parts.diarizing.check()
        self._speakers = speakers
        self._parts = parts
        self._owner = owner
        self._upload = upload
        self._options = options
        self._events: list[AnyEvent] = []
        self._changed = Bell()
        self._task = asyncio.create_task(self._run())
        _running.add(self._task)
        self._task.add_done_callback(_running.discard)
        self._task.add_done_callback(self._over)

    def stop(self) -> None:
        """Nobody waits for it any more; what it began ends by itself."""
        self._task.cancel()

    async def transcript(self) -> Transcript:
        """All of it. Raises what kept it from being transcribed."""
        await asyncio.shield(self._task)
        return fold(self._events)

    async def events(self) -> AsyncIterator[AnyEvent]:
        """What is said, as it is said; raises as `transcript` does."""
        seen = 0
        while True:
            changed = self._changed.next()
            while seen < len(self._events):
                yield self._events[seen]
                seen += 1
            if self._task.done():
                self._task.result()
                return
            await changed.wait()

    async def _run(self) -> None:
        try:
            seat = await self._start()
            try:
                with suppress(Gone):  # then the answers say why
                    await self._send(seat)
                await self._hear(seat)
            finally:
                await self._end(seat)
            if self._speakers:
                await self._tell_speakers()
        finally:
            self._upload.close()

    async def _tell_speakers(self) -> None:
        """As the engine has, or else by their voices."""
        transcript = fold(self._events)
        if not transcript.utterances or self._parts.diarizing.told(transcript):
            return
        name = self._upload.name or "the upload"
        with copied(self._upload.bytes, self._parts.settings.data_dir) as path:
            turns = await self._parts.diarizing.of_file(path, name)
        self._events += assigned(transcript, turns)
        self._changed.ring()

    async def _start(self) -> Seat:
        """A session. Who is stopped meanwhile ends it when it has begun, not in the middle."""
        media = media_type(self._upload.media, self._upload.name)
        start = Start(AudioFormat("container"), self._options)
        begins = self._parts.hub.start(start, self._owner, media=media, kept=False)
        starting = asyncio.create_task(begins)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await self._end(await starting)
            raise

    async def _end(self, seat: Seat) -> None:
        seat.leave()
        await self._parts.hub.cancel(seat.ready.session)

    async def _send(self, seat: Seat) -> None:
        number = 0
        while data := await asyncio.to_thread(self._upload.bytes.read, MAX_RECORDED):
            await seat.send(Audio(number, data))
            number += 1
        if not number:
            raise BadAudio("The upload is empty; it has not one byte of audio.")
        await seat.send(Finish())

    async def _hear(self, seat: Seat) -> None:
        warning = ""
        async for answer in seat.answers():
            match answer:
                case Numbered(event=Warning() as event):
                    warning = event.message
                case Numbered(event=Ended() as event) if event.reason != "finished":
                    error = FAULTS.get(event.reason, OurError)
                    raise error(warning or f"The transcription ended early: {event.reason}.")
                case Numbered():
                    self._events.append(answer.event)
                    self._changed.ring()
                case Failed():
                    raise answer.error
                case Bye() if answer.close == Draining.close:
                    raise Draining("The server is stopping; try again in a moment.")
                case Bye() if answer.close != 1000:
                    raise OurError("The session broke; the server's log says why.")

    def _over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # whoever still waits is told it; else nobody is to hear of it
        self._changed.ring()


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The work's result. Raises `PeerError` when the client goes before there is one.

    The request's body must have been read.
    """
    doing = asyncio.create_task(work)
    going = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((doing, going), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise PeerError("The client is gone.")
        return doing.result()
    finally:
        for task in (doing, going):
            task.cancel()
        await asyncio.gather(doing, going, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@contextmanager
def copied(bytes: "SpooledTemporaryFile[bytes]", folder: Path) -> Iterator[Path]:
    """A file of its own for who must have a path. Raises `DiskError`."""
    with disk_errors(folder), NamedTemporaryFile(dir=folder, prefix=".upload-") as file:
        bytes.seek(0)
        shutil.copyfileobj(bytes, file)
        file.flush()
        yield Path(file.name)
