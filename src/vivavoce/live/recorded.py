"""A recording as it was sent: its bytes, and the commands at their places among them.

Only reads, so a server may run on the same data directory, and even on the same session: of
one that is live, or that a crash left behind, there is what is whole in its journal.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from vivavoce.audio.wav import wav_header
from vivavoce.core.commands import Finish, Options
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.events import AnyEvent, Ended, Final, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.journal.controls import Control, read_controls
from vivavoce.journal.folder import HEADER, SessionHeader, read_header
from vivavoce.journal.reading import Left, ReadOnly, left
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import UNFINISHED, Recording, audio_key, folder
from vivavoce.library.repository import Repository

BLOCK = 1 << 16  # bytes read of a journal at a time


class Audio(Protocol):
    """The bytes of a recording, from the first on, as often as they are asked for."""

    def __call__(self) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """`ended`: it is not live any more. `asked`: its options and commands were kept."""

    id: str
    title: str
    format: AudioFormat
    options: Options
    controls: tuple[Control, ...]  # but for `Finish`: the end of the audio is the end
    events: tuple[AnyEvent, ...]
    size: int  # bytes
    audio: Audio
    ended: bool = True
    asked: bool = True

    @property
    def duration(self) -> int:
        """Samples, as far as the events tell."""
        told = (event for event in self.events if isinstance(event, Ended | Final))
        return max((e.duration if isinstance(e, Ended) else e.end for e in told), default=0)

    @property
    def read_by(self) -> tuple[str, str] | None:
        """The engine and the model that most words of its finals are by; None: it has none."""
        words: Counter[tuple[str, str]] = Counter()
        for event in self.events:
            if isinstance(event, Final) and event.text:
                words[event.engine, event.model] += len(event.text.split())
        return words.most_common(1)[0][0] if words else None


@asynccontextmanager
async def recorded(
    data_dir: Path, repository: Repository, blobs: Blobs, owner: str, id: str
) -> AsyncIterator[Recorded]:
    """A recording of the library. Raises `NotFound`, `DiskError`."""
    row = await repository.get(owner, id)
    if row.state in UNFINISHED:
        with left(data_dir / "live" / id) as journal:
            yield _unsealed(journal, row.title)
    else:
        events = tuple([n.event async for n in repository.events(owner, id)])
        yield await _sealed(row, events, blobs)


@asynccontextmanager
async def journalled(folder: Path) -> AsyncIterator[Recorded]:
    """A session's folder, wherever it lies. Raises `NotFound`, `DiskError`."""
    with left(folder) as journal:
        yield _unsealed(journal, journal.header.options.title or folder.name)


def _unsealed(journal: Left, title: str) -> Recorded:
    events = _events(journal.events)
    return Recorded(
        id=journal.header.session,
        title=title,
        format=journal.header.format,
        options=journal.header.options,
        controls=_commands(journal.controls),
        events=events,
        size=journal.size,
        audio=lambda: _read(journal),
        ended=bool(events) and isinstance(events[-1], Ended),
    )


async def _sealed(row: Recording, events: tuple[AnyEvent, ...], blobs: Blobs) -> Recorded:
    size = await blobs.size(audio_key(row.id))
    header, controls = await _asked(row.id, blobs)
    raw = header is not None and header.format.encoding != "container"
    # What was sent without a header lies there with one.
    begin = len(wav_header(header.format, 0)) if header and raw else 0
    return Recorded(
        id=row.id,
        title=row.title,
        format=header.format if header else AudioFormat("container"),
        options=header.options if header else Options(language=row.language),
        controls=_commands(controls),
        events=events,
        size=size - begin,
        audio=lambda: blobs.stream(audio_key(row.id), begin, size),
        asked=header is not None,
    )


async def _asked(id: str, blobs: Blobs) -> tuple[SessionHeader | None, list[Control]]:
    """What sealing kept of the client's wishes; nothing, if an older version did it."""
    with TemporaryDirectory(prefix="vivavoce-") as name:
        copy = Path(name)
        try:
            for file in (HEADER, "controls"):
                (copy / file).write_bytes(await _whole(blobs, f"{folder(id)}{file}"))
        except NotFound:
            return None, []
        commands = ReadOnly(copy / "controls")
        try:
            return read_header(copy), list(read_controls(commands))
        finally:
            commands.close()


async def _whole(blobs: Blobs, key: str) -> bytes:
    size = await blobs.size(key)
    return b"".join([chunk async for chunk in blobs.stream(key, 0, size)])


async def _read(journal: Left) -> AsyncIterator[bytes]:
    for at in range(0, journal.size, BLOCK):
        block = journal.audio.read(at, min(BLOCK, journal.size - at))
        if not block:
            raise DiskError(f"{journal.audio.path} became shorter while it was read.")
        yield block


def _commands(controls: Iterable[Control]) -> tuple[Control, ...]:
    return tuple(c for c in controls if not isinstance(c.command, Finish))


def _events(log: Iterable[Numbered]) -> tuple[AnyEvent, ...]:
    return tuple(numbered.event for numbered in log)
