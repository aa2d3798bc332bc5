"""Workers on one data directory: the lock of a session's folder says who has it.

A client that comes back may reach another worker than the one that has its session. That
worker leaves a note beside the sessions; the owner, who looks for notes, lets go; the
journal is opened anew where it was left. The lock sees to it that only one ever writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vivavoce.core.errors import NotFound
from vivavoce.core.events import Ended, Numbered
from vivavoce.journal.folder import SessionHeader
from vivavoce.journal.journal import read_header
from vivavoce.journal.lines import read_lines
from vivavoce.library.recording import is_id
from vivavoce.live.replicas.port import PATIENCE, RELEASE_EVERY, Ask, Item
from vivavoce.live.session import LiveSession

_EVENT = msgspec.json.Decoder(Numbered)


class OneFolder:
    """Implements `Replicas` where all that is shared is the folder of live sessions."""

    keeps = 0.0  # whoever takes a session up has its journal

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # All in one place: who looks for them has hundreds of sessions, perhaps, and looks often.
        self._notes = folder.with_name("wanted")

    async def header(self, session: str) -> SessionHeader | None:
        if self._is_here(session):
            with suppress(NotFound):
                return await asyncio.to_thread(read_header, self._folder / session)
        return None

    @asynccontextmanager
    async def fetched(self, session: str) -> AsyncIterator[bool]:
        yield self._is_here(session)

    async def opened(self, session: LiveSession) -> None:
        """Its lock says so."""

    async def may_seal(self, session: str) -> None:
        """Whoever has the lock may."""

    async def freed(self, session: LiveSession) -> None:
        """The lock went with the journal."""

    async def ended(self, session: str, *, forget: bool = False) -> None:
        """The folder is gone."""

    async def watch(
        self, session: str, after: int, over: Callable[[], bool]
    ) -> AsyncIterator[Item] | None:
        """Without interims, which are in no file."""
        return tail(self._folder / session, after, over) if self._is_here(session) else None

    async def said(self, session: str) -> list[Numbered] | None:
        if self._is_here(session):
            said = await asyncio.to_thread(lambda: list(read_events(self._folder / session)))
            return said or None  # nothing: it was sealed between the two looks
        return None

    @asynccontextmanager
    async def wanted(self, session: str) -> AsyncIterator[AsyncIterator[int]]:
        self._notes.mkdir(exist_ok=True)
        note = self._notes / session
        note.touch()
        try:
            yield attempts()
        finally:
            note.unlink(missing_ok=True)

    async def asked(self, mine: Callable[[], Collection[str]]) -> AsyncIterator[str]:
        while True:
            await asyncio.sleep(RELEASE_EVERY)
            for session in self._wanted():
                if session in mine():
                    yield session

    async def astray(self) -> list[str]:
        """A worker that died is started again, and looks for itself."""
        return []

    async def reached(self) -> str | None:
        return None

    async def way_to(self, _session: str, /) -> Ask | None:
        """Workers cannot call each other."""
        return None

    def serve(self, answer: Ask) -> None:
        """Nobody calls."""

    async def live(self, recordings: Iterable[str]) -> set[str]:
        return {recording for recording in recordings if (self._folder / recording).is_dir()}

    def _is_here(self, session: str) -> bool:
        return is_id(session) and (self._folder / session).is_dir()

    def _wanted(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [note.name for note in self._notes.iterdir()]
        return []


async def attempts() -> AsyncIterator[int]:
    for attempt in range(PATIENCE):
        yield attempt
        await asyncio.sleep(RELEASE_EVERY)


async def tail(
    folder: Path, after: int, over: Callable[[], bool] = lambda: False
) -> AsyncIterator[Numbered]:
    """The events above `after` of a session that another process runs, as its file grows.

    Returns after `Ended`, when the folder is gone (the session is in the library then), and
    when it is `over`: this process stops.
    """
    path, start = folder / "events", 0
    while not over() and (size := _size(path)) is not None:
        for numbered, end in _events(path, start, size):
            start = end
            if numbered.n > after:
                after = numbered.n
                yield numbered
                if isinstance(numbered.event, Ended):
                    return
        await asyncio.sleep(RELEASE_EVERY)


def read_events(folder: Path) -> Iterator[Numbered]:
    """What a session said so far, by its file."""
    if (size := _size(path := folder / "events")) is not None:
        yield from (numbered for numbered, _ in _events(path, 0, size))


def _events(path: Path, start: int, size: int) -> Iterator[tuple[Numbered, int]]:
    """Those from byte `start` on, each with where it ends."""
    for line in read_lines(_Grown(path, size), start):
        if line.text.startswith(b'{"n":'):
            yield _EVENT.decode(line.text), line.end


def _size(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return None


@dataclass(frozen=True)
class _Grown:
    """A file as far as it has grown, for `read_lines`."""

    path: Path
    size: int
