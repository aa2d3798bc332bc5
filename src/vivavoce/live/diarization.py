"""Tells who speaks in recordings that have ended, one after the other.

What is found goes out as `Speaker` events beside the others, so it is in the transcript for good
as soon as it is said. Sessions that still go on are `live/speaking.py`'s.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.errors import BadAudio, Draining, Full, Held, NotFound, OurError, VivavoceError
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.journal.bell import Bell
from vivavoce.journal.disk import disk_errors
from vivavoce.journal.lease import Lease
from vivavoce.library.blobs import Blobs
from vivavoce.library.diarizations import Diarization, Diarizations, Step
from vivavoce.library.repository import Repository
from vivavoce.live.annotations import Annotations
from vivavoce.live.diarizer_host import DIARIZER, DiarizerHost, pieces
from vivavoce.live.engines import Engines
from vivavoce.live.host_process import HostDied
from vivavoce.live.hub import Hub
from vivavoce.live.recorded import recorded
from vivavoce.live.speaking import LOOK_EVERY, Speaking, at_most, tell, tells
from vivavoce.plugins import create_diarizer

log = structlog.get_logger()

NOBODY: Final = "none"
"""The setting of a server that tells nobody apart."""

ATTEMPTS: Final = 3  # at one recording, of servers that stop or fall in the middle of it
TRIES: Final = 2  # with hosts that die
WAITING: Final = 8
"""Files that wait for their turn; those who sent them wait too."""


class NoDiarizer(OurError):
    """What only a diarizer can do, where there is none."""

    code, status = "no_diarizer", 501


class Diarizing:
    """Use `start` and `stop`. `name` is the diarizer's; `folder` is for copies of audio."""

    def __init__(
        self,
        queue: Diarizations,
        hub: Hub,
        engines: Engines,
        repository: Repository,
        blobs: Blobs,
        annotations: Annotations,
        data_dir: Path,
        name: str = DIARIZER,
    ) -> None:
        """Raises `EngineError` for a diarizer nobody has; with `NOBODY` what is asked waits."""
        self.queue = queue
        self._name = name
        self._engines = engines
        self._repository = repository
        self._blobs = blobs
        self._annotations = annotations
        self._data_dir = data_dir
        self._folder = data_dir / "speakers"
        if self.able:
            create_diarizer(name)
        self._kept, self._files = DiarizerHost(name), DiarizerHost(name)
        self._live = Speaking(hub, engines, annotations, DiarizerHost(name))
        self._asked, self._over = Bell(), Bell()
        self._now: tuple[str, asyncio.Task[None]] | None = None  # the recording being heard
        self._workers: list[asyncio.Task[None]] = []
        self._waiting = 0  # files
        self._draining = False

    @property
    def able(self) -> bool:
        """Whether there is a diarizer at all."""
        return self._name != NOBODY

    def start(self) -> None:
        """Hear what waits, from now on."""
        if not self.able:
            return
        self._workers = [
            asyncio.create_task(self._work(), name="diarization"),
            asyncio.create_task(self._live.watch(), name="live diarization"),
        ]

    def drain(self) -> None:
        """The server is about to stop: nobody is kept waiting for what the next one does."""
        self._draining = True
        self._over.ring()

    async def stop(self) -> None:
        """What is under way is taken up by the next server."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def ask(self, owner: str, recording: str, speakers: int | None) -> Diarization:
        """Tell the speakers of a recording apart, anew if that was done. Raises `NotFound`,
        `Full`, `DiskError`, `NoDiarizer`."""
        self.check()
        entry = await self.queue.ask(owner, recording, speakers, asked=True)
        await self._let_go(recording)
        self._asked.ring()
        return entry

    async def cancel(self, owner: str, recording: str) -> None:
        """What was said of the speakers before stays. Raises `DiskError`."""
        await self.queue.cancel(owner, recording)
        await self._let_go(recording)
        self._over.ring()

    async def forget(self, recording: str) -> None:
        """It is about to be deleted: let go of its audio."""
        await self._let_go(recording)

    async def settled(self, owner: str, recording: str) -> Diarization | None:
        """How it went, when it has gone; at once where nobody asked, or nothing works on it.
        Raises `Draining`."""
        while True:
            over = self._over.next()
            entry = await self.queue.get(owner, recording)
            if entry is None or entry.state not in ("waiting", "running") or not self.able:
                return entry
            if self._draining:
                raise Draining(
                    f"The server is stopping; who speaks in {recording} is told when it is back."
                )
            with suppress(TimeoutError):  # another process may work on it
                async with asyncio.timeout(LOOK_EVERY):
                    await over.wait()

    async def of_file(
        self, path: Path, name: str, speakers: int | None = None
    ) -> Sequence[SpeakerTurn]:
        """Who speaks when in a file, for somebody who waits. Raises `Full`, `EngineError`,
        `BadAudio`, `NoDiarizer`."""
        self.check()
        if self._waiting >= WAITING:
            raise Full(f"{WAITING} files wait for their speakers already; try later.")
        self._waiting += 1
        try:
            sound = read_audio(path, AudioFormat("container"), CompleteFile(path), name=name)
            return at_most(await self._files.heard(sound), speakers)
        finally:
            self._waiting -= 1

    def check(self) -> None:
        """Raises `NoDiarizer`."""
        if not self.able:
            raise NoDiarizer("This server tells no speakers apart: its setting diarizer is none.")

    async def _work(self) -> None:
        """One process of a server does it for all of them, from the first time on."""
        await self._rest(first=True)
        async with self._alone():
            await self._take_up()
            while True:
                entry = await self._next()
                if entry is None:
                    await self._rest()
                else:
                    await self._one(entry)

    async def _take_up(self) -> None:
        """What a server before this one was at waits again."""
        while True:
            try:
                for recording in await self.queue.again(ATTEMPTS):
                    log.error("gave up telling speakers apart", recording=recording)
                return
            except VivavoceError as error:
                log.warning("speakers must wait", reason=error.message)
                await self._rest()

    async def _next(self) -> Diarization | None:
        try:
            return await self.queue.take()
        except VivavoceError as error:  # the library cannot be read or written now
            log.warning("speakers must wait", reason=error.message)
            return None

    async def _rest(self, *, first: bool = False) -> None:
        """Until somebody asks, or it is time to look again; the `first` time until there is
        something to do."""
        while True:
            asked = self._asked.next()
            if first:
                with suppress(VivavoceError):
                    if await self.queue.pending():
                        return
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await asked.wait()
            if not first:
                return

    async def _one(self, entry: Diarization) -> None:
        task = asyncio.create_task(self._heard(entry))
        self._now = entry.recording, task
        try:
            await asyncio.wait([task])
        finally:
            self._now = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._over.ring()

    async def _heard(self, entry: Diarization) -> None:
        """Raises nothing: what goes wrong is the entry's message."""
        step = Step(state="done", progress=1.0, seconds_left=None)
        try:
            for left in reversed(range(TRIES)):
                try:
                    await self._hear(entry)
                    break
                except HostDied:
                    if not left:
                        raise
                    self._engines.tally.restarted[self._name] += 1
        except NotFound:
            step = _failed("The recording has no audio.")
        except VivavoceError as error:
            log.warning("speakers not told", recording=entry.recording, reason=error.message)
            step = _failed(error.message)
        except Exception:
            log.exception("speakers not told", recording=entry.recording)
            step = _failed("Something went wrong; the server's log says what.")
        await self._note(entry, step)

    async def _note(self, entry: Diarization, step: Step) -> None:
        """Write down how it went, as soon as that can be: somebody may wait for it."""
        while True:
            try:
                await self.queue.step(entry, step)
                return
            except VivavoceError as error:
                log.warning("cannot note how far speakers are", reason=error.message)
                await asyncio.sleep(LOOK_EVERY)

    async def _hear(self, entry: Diarization) -> None:
        transcript = await self._repository.transcript(entry.owner, entry.recording)
        if not transcript.utterances:
            return  # nobody said a word
        if not entry.asked and self.told(transcript):
            return
        async with AsyncExitStack() as stack:
            sound = await stack.enter_async_context(self._sound(entry))
            voices = await stack.enter_async_context(self._kept.open())
            began, heard = time.monotonic(), 0
            async for piece in pieces(sound):
                await voices.feed(piece)
                heard += len(piece)
                if not await self.queue.step(entry, _progress(heard, transcript, began)):
                    return
            turns = at_most(await voices.turns(last=True), entry.speakers)
            await tell(self._annotations, entry.owner, entry.recording, turns)

    @asynccontextmanager
    async def _sound(self, entry: Diarization) -> AsyncIterator[AsyncIterator[Pcm]]:
        """The samples of an ended recording. Raises `NotFound`: there are none."""
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder) / "audio"
            found = recorded(
                self._data_dir, self._repository, self._blobs, entry.owner, entry.recording
            )
            async with found as recording:
                with disk_errors(path), path.open("wb") as copy:
                    async for block in recording.audio():
                        copy.write(block)
                if not path.stat().st_size:
                    raise BadAudio("The recording has no audio.")
                sound = read_audio(path, recording.format, CompleteFile(path))
                async with aclosing(sound):
                    yield sound

    def told(self, transcript: Transcript) -> bool:
        """Whether its engine has told the speakers apart by itself."""
        return all(tells(self._engines, u.engine) for u in transcript.utterances)

    async def _let_go(self, recording: str) -> None:
        if self._now is not None and self._now[0] == recording:
            task = self._now[1]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """While no other process of this server does it."""
        while True:
            try:
                await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
                lease = await asyncio.to_thread(Lease, self._folder)
                break
            except (Held, OSError):
                await asyncio.sleep(LOOK_EVERY)
        try:
            yield
        finally:
            lease.release()


def _progress(heard: int, transcript: Transcript, began: float) -> Step:
    whole = max(transcript.duration, heard)
    progress = heard / whole
    left = (time.monotonic() - began) * (1 - progress) / progress
    return Step(progress=round(progress, 4), seconds_left=round(left, 1))


def _failed(message: str) -> Step:
    return Step(state="failed", message=message, seconds_left=None)
