"""Sessions of other processes on the same data directory: watched from their files, asked for.

A client that comes back may reach another worker than the one that has its session. That
worker leaves a note beside the sessions; the owner, who looks for notes, lets go; the
journal is opened anew where it was left. The lease sees to it that only one ever writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vivavoce.core.events import Ended, Numbered
from vivavoce.journal.lines import read_lines

RELEASE_EVERY = 0.25
"""Seconds between two looks for notes."""
PATIENCE = 40
"""Attempts to open a session that was asked for, `RELEASE_EVERY` apart."""

_EVENT = msgspec.json.Decoder(Numbered)


@asynccontextmanager
async def wanted(folder: Path) -> AsyncIterator[AsyncIterator[int]]:
    """Ask for a session: inside, attempts at opening it, until it is time to give up."""
    notes = _notes(folder.parent)
    notes.mkdir(exist_ok=True)
    note = notes / folder.name
    note.touch()
    try:
        yield _attempts()
    finally:
        note.unlink(missing_ok=True)


def asked_for(live: Path) -> list[str]:
    """Which of the sessions with folders in `live` other processes ask for."""
    with suppress(FileNotFoundError):
        return [note.name for note in _notes(live).iterdir()]
    return []


def _notes(live: Path) -> Path:
    """All in one place: who looks for them has hundreds of sessions, perhaps, and looks often."""
    return live.with_name("wanted")


async def tail(
    folder: Path, after: int, over: Callable[[], bool] = lambda: False
) -> AsyncIterator[Numbered]:
    """The events above `after` of a session that another process runs, as its file grows.

    Returns after `Ended`, when the folder is gone (the session is in the library then), and
    when it is `over`: this process stops.
    """
    path, start = folder / "events", 0
    while not over() and (size := _size(path)) is not None:
        for line in read_lines(_Grown(path, size), start):
            start = line.end
            if line.text.startswith(b'{"n":'):
                numbered = _EVENT.decode(line.text)
                if numbered.n > after:
                    after = numbered.n
                    yield numbered
                    if isinstance(numbered.event, Ended):
                        return
        await asyncio.sleep(RELEASE_EVERY)


def _size(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return None


@dataclass(frozen=True)
class _Grown:
    """A file as far as it has grown, for `read_lines`."""

    path: Path
    size: int


async def _attempts() -> AsyncIterator[int]:
    for attempt in range(PATIENCE):
        yield attempt
        await asyncio.sleep(RELEASE_EVERY)
