"""Recordings as they were sent, from the library and from a journal."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vivavoce.core.commands import Configure, Finish, Flush, Options
from vivavoce.core.errors import NotFound
from vivavoce.core.events import AnyEvent, Ended, Final, Numbered
from vivavoce.core.types import AudioFormat, Encoding
from vivavoce.journal.commit import Committer
from vivavoce.journal.controls import ControlCommand
from vivavoce.journal.eventlog import EventLog
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.recording import Recording, new_id
from vivavoce.library.sql import SqlRepository
from vivavoce.live.recorded import Recorded, journalled, recorded
from vivavoce.live.seal import Sealer

pytestmark = pytest.mark.anyio

ID = new_id()
SENT = bytes(range(256)) * 10
OPTIONS = Options(endpoint_ms=300, interims=False, title="t")
COMMANDS: list[tuple[int, ControlCommand]] = [(1000, Flush()), (2560, Configure(endpoint_ms=900))]


def final(n: int, text: str, model: str) -> Final:
    return Final(id=f"u{n}", start=n, end=n + 1, text=text, engine="e", model=model)


SAID: list[AnyEvent] = [
    final(1, "alfa bravo", "m"),
    final(2, "charlie", "other"),
    Ended(reason="finished", duration=1280),
]


class Library:
    def __init__(self, folder: Path, repository: SqlRepository, committer: Committer) -> None:
        self.folder = folder
        self.repository = repository
        self.committer = committer
        self.blobs = ObjectBlobs.local(folder / "blobs")

    async def journal(self, encoding: Encoding) -> Journal:
        """A session with two commands, and `SENT` in two frames."""
        now = datetime.now(UTC)
        await self.repository.create(
            Recording(id=ID, owner="local", title="renamed", created_at=now, state="live")
        )
        header = SessionHeader(
            session=ID,
            owner="local",
            token_sha256="",
            format=AudioFormat(encoding),
            options=OPTIONS,
            created_at=now,
        )
        journal = await Journal.create(self.folder / "live" / ID, header, self.committer)
        journal.append(0, SENT[:1000])
        journal.control(COMMANDS[0][1])
        journal.append(1, SENT[1000:])
        journal.control(COMMANDS[1][1])
        return journal

    async def sealed(self, encoding: Encoding) -> None:
        journal = await self.journal(encoding)
        journal.control(Finish())
        events = [Numbered(n, 1, event) for n, event in enumerate(SAID, 1)]
        await Sealer(self.repository, self.blobs).seal(journal, events)
        await journal.remove()

    async def read(self) -> tuple[Recorded, bytes]:
        """The recording, and its bytes."""
        kept = recorded(self.folder, self.repository, self.blobs, "local", ID)
        async with kept as found:
            return found, b"".join([block async for block in found.audio()])


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    repository = await SqlRepository.open(tmp_path)
    committer = Committer(0)
    yield Library(tmp_path, repository, committer)
    await committer.close()
    await repository.close()


@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le", "mulaw", "container"])
async def test_the_bytes_are_those_that_were_sent(library: Library, encoding: Encoding) -> None:
    await library.sealed(encoding)
    found, audio = await library.read()
    assert audio == SENT
    assert found.size == len(SENT)
    assert found.format == AudioFormat(encoding)
    assert (found.options, found.title) == (OPTIONS, "renamed")
    assert [(c.at, c.command) for c in found.controls] == COMMANDS
    assert list(found.events) == SAID
    assert (found.duration, found.read_by) == (1280, ("e", "m"))
    assert found.ended
    assert found.asked


async def test_one_that_an_older_version_sealed_is_a_file(library: Library) -> None:
    await library.sealed("pcm_s16le")
    (library.folder / "blobs" / "recordings" / ID / "session.json").unlink()
    found, audio = await library.read()
    assert audio[:4] == b"RIFF"
    assert audio.endswith(SENT)
    assert (found.format, found.controls) == (AudioFormat("container"), ())
    assert not found.asked


async def test_a_live_one_is_read_from_its_journal(library: Library) -> None:
    journal = await library.journal("pcm_s16le")
    events = await EventLog.create(journal.folder, library.committer)
    events.append(SAID[0])
    found, audio = await library.read()
    async with journalled(journal.folder) as directly:
        assert directly.title == "t"
        assert directly.events == found.events == (SAID[0],)
    assert (audio, found.duration, found.ended) == (SENT, 2, False)
    assert [(c.at, c.command) for c in found.controls] == COMMANDS
    await events.close()
    await journal.close()


async def test_nothing_was_read_where_nothing_was_said(library: Library) -> None:
    journal = await library.journal("pcm_s16le")
    found, _ = await library.read()
    assert (found.events, found.duration, found.read_by) == ((), 0, None)
    await journal.close()


async def test_one_that_nobody_has(library: Library) -> None:
    with pytest.raises(NotFound, match=ID):
        await library.read()
