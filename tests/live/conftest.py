"""What the tests of live sessions share: a server's live parts without a server, and a client."""

import asyncio
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from vivavoce.core.commands import Audio, Command, Options, Start
from vivavoce.core.events import AnyEvent, Ended, Final, Interim, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Ack, Answer, Bye, Resume
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.journal.bell import Bell
from vivavoce.journal.commit import Committer
from vivavoce.journal.disk import Disk
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.leases import Leases
from vivavoce.library.sql import SqlRepository
from vivavoce.live.hub import Hub
from vivavoce.live.opening import Opener
from vivavoce.live.replicas.left import Left
from vivavoce.live.replicas.one_folder import OneFolder
from vivavoce.live.replicas.port import Replicas
from vivavoce.live.replicas.shared import Shared
from vivavoce.live.seal import Sealer
from vivavoce.live.seat import Seat
from vivavoce.testing.disks import FrailDisk
from vivavoce.testing.local import LocalEngines

ODD = Path(__file__).parent / "odd_engines"
FRAME = 3200  # bytes: a tenth of a second
GRACE = 2.0


@pytest.fixture
def odd_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Installs the misbehaving engines, here and in child processes; where they take notes."""
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("ODD_ENGINES", str(notes))
    monkeypatch.setenv("PYTHONPATH", str(ODD))
    monkeypatch.setattr(sys, "path", [*sys.path, str(ODD)])
    return notes


class Client:
    """Sends what is said in frames, and keeps every answer."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.answers: list[Answer] = []
        self.next_frame = seat.ready.next_frame
        self._heard = Bell()
        self.listening = asyncio.create_task(self._listen())

    @property
    def session(self) -> str:
        return self.seat.ready.session

    @property
    def numbered(self) -> list[Numbered]:
        return [answer for answer in self.answers if isinstance(answer, Numbered)]

    @property
    def events(self) -> list[AnyEvent]:
        return [numbered.event for numbered in self.numbered]

    @property
    def finals(self) -> list[Final]:
        return [event for event in self.events if isinstance(event, Final)]

    @property
    def interims(self) -> list[Interim]:
        return [answer for answer in self.answers if isinstance(answer, Interim)]

    async def send(self, *commands: Command) -> None:
        for command in commands:
            await self.seat.send(command)

    async def say(self, pcm: Pcm, frame: int = FRAME) -> None:
        raw = np.round(pcm * 32767).astype("<i2").tobytes()
        for at in range(0, len(raw), frame):
            await self.seat.send(Audio(self.next_frame, raw[at : at + frame]))
            self.next_frame += 1

    async def acknowledged(self) -> None:
        """Return when everything sent is durable."""
        if self.next_frame:
            last = self.next_frame - 1
            await self.until(lambda answer: isinstance(answer, Ack) and answer.frame >= last)

    async def final(self, text: str) -> Final:
        """The first final that reads so, once it is there."""
        await self.until(lambda a: isinstance(a, Numbered) and getattr(a.event, "text", "") == text)
        return next(final for final in self.finals if final.text == text)

    async def bye(self) -> Bye:
        answer = await self.until(lambda answer: isinstance(answer, Bye))
        assert isinstance(answer, Bye)
        await self.listening
        return answer

    async def until(self, wanted: Callable[[Answer], bool]) -> Answer:
        looked = 0
        while True:
            while looked < len(self.answers):
                looked += 1
                if wanted(self.answers[looked - 1]):
                    return self.answers[looked - 1]
            assert not self.listening.done(), self.answers
            await self._heard.wait()

    def resume(self, *, after: int | None = None) -> Resume:
        seen = self.numbered[-1] if self.numbered else Numbered(0, 0, Ended(reason="", duration=0))
        return Resume(
            self.session, self.seat.ready.token, seen.epoch, seen.n if after is None else after
        )

    async def _listen(self) -> None:
        try:
            async for answer in self.seat.answers():
                self.answers.append(answer)
                self._heard.ring()
        finally:
            self._heard.ring()


class Server:
    """One process's live parts on a data folder; more of them may share one."""

    def __init__(
        self,
        data: Path,
        disk: FrailDisk,
        repository: SqlRepository,
        blobs: ObjectBlobs,
        sessions: int,
        replicas: Replicas,
    ) -> None:
        self.data = data
        self.disk = disk
        self.repository = repository
        self.engines = LocalEngines()
        self.committer = Committer(0, disk)
        self.blobs = blobs
        opener = Opener(
            folder=disk.root,
            engines=self.engines,
            repository=repository,
            sealer=Sealer(repository, blobs, may_seal=replicas.may_seal),
            committer=self.committer,
            defaults=StreamOptions(),
            grace=GRACE,
        )
        self.hub = Hub(opener, max_sessions=sessions, replicas=replicas)
        self.replicas = replicas
        self._clients: list[Client] = []

    async def start(self, options: Options | None = None, **format: object) -> Client:
        start = Start(AudioFormat(**format), options or Options())  # type: ignore[arg-type]
        return self._known(await self.hub.start(start))

    async def resume(self, client: Client, *, after: int | None = None) -> Client:
        return self._known(await self.hub.resume(client.resume(after=after)))

    def _known(self, seat: Seat) -> Client:
        self._clients.append(Client(seat))
        return self._clients[-1]

    def gate(self, engine: str = "scripted") -> asyncio.Event:
        """Cleared: nothing is decoded."""
        return self.engines.pools[engine].open_gate

    async def crash(self) -> None:
        """What kill -9 leaves: files as written, locks free, nobody told."""
        self.disk.kill()
        sessions = list(self.hub._sessions.values())
        for session in sessions:
            if session.task is not None:
                session.task.cancel()
                await asyncio.gather(session.task, return_exceptions=True)
        if isinstance(self.replicas, Shared):
            for telling in self.replicas._told.values():
                await telling.stop()
            self.replicas._told.clear()
        # A killed process has no tasks left; here they would be found pending when collected.
        left = [client.listening for client in self._clients]
        left += [session._acks for session in sessions if session._acks]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@asynccontextmanager
async def serving(
    data: Path, *, sessions: int = 8, library: Path | None = None, redis: str | None = None
) -> AsyncIterator[Server]:
    """`library`: where that is, and the blobs, if not in `data`; `redis`: what it shares too."""
    disk = FrailDisk(data / "live", data / "shadow")
    repository = await SqlRepository.open(library or data)
    blobs = ObjectBlobs.local((library or data) / "blobs")
    async with AsyncExitStack() as stack:
        replicas: Replicas = OneFolder(disk.root)
        if redis is not None:
            leases = Leases(repository.tables, secrets.token_hex(8))
            left = Left(data, repository, blobs, Disk())
            shared = Shared(data, leases, redis, left, GRACE, disk)
            replicas = await stack.enter_async_context(shared.running())
        server = Server(data, disk, repository, blobs, sessions, replicas)
        await server.engines.start()
        await server.hub.recover()
        try:
            yield server
        finally:
            disk.room, disk.failing_syncs = None, 0
            server.gate().set()
            await server.hub.drain(5)
            await server.committer.close()
    await repository.close()


@pytest.fixture
def serve(tmp_path: Path, empty_library: Path) -> Callable[..., object]:
    """`async with serve() as server`: again and again on the same data."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(empty_library, data)
    return lambda **options: serving(data, **options)
