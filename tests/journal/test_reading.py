"""A session's folder, looked at while its writer works and after it died."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vivavoce.core.commands import Flush, Mark, Options
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.events import Marker
from vivavoce.core.types import AudioFormat
from vivavoce.journal.commit import Committer
from vivavoce.journal.eventlog import EventLog
from vivavoce.journal.frames import RECORD_SIZE
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.journal.reading import left

pytestmark = pytest.mark.anyio

HEADER = SessionHeader(
    session="s",
    owner="local",
    token_sha256="",
    format=AudioFormat(),
    options=Options(title="t"),
    created_at=datetime.now(UTC),
)


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """Of a session that is being written: two frames, a flush between them, a mark, two events."""
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)
    events = await EventLog.create(journal.folder, committer)
    journal.append(0, b"first.")
    journal.control(Flush())
    journal.append(1, b"second")
    journal.control(Mark("m"))
    events.append(Marker(at=1))
    events.append(Marker(at=2))
    yield journal.folder
    await events.close()
    await journal.close()
    await committer.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_all_that_is_whole_is_read_and_nothing_is_changed(folder: Path) -> None:
    before = contents(folder)
    with left(folder) as journal:
        assert (journal.frames, journal.size) == (2, 12)
        assert journal.audio.read(0, 100) == b"first.second"
        assert [(c.at, c.command) for c in journal.controls] == [(6, Flush()), (12, Mark("m"))]
        assert [(e.n, e.event) for e in journal.events] == [(1, Marker(at=1)), (2, Marker(at=2))]
        assert journal.header == HEADER
    assert contents(folder) == before


async def test_what_a_crash_tore_is_left_out(folder: Path) -> None:
    frames, events = folder / "frames", folder / "events"
    frames.write_bytes(frames.read_bytes()[: 2 * RECORD_SIZE - 1])
    events.write_bytes(events.read_bytes()[:-5])
    before = contents(folder)
    with left(folder) as journal:
        assert (journal.frames, journal.size) == (1, 6)
        assert [c.command for c in journal.controls] == [Flush()], "the mark lies beyond"
        assert [e.n for e in journal.events] == [1]
    assert contents(folder) == before


async def test_a_hole_in_the_log_ends_it(folder: Path) -> None:
    lines = (folder / "events").read_bytes().splitlines(keepends=True)
    (folder / "events").write_bytes(lines[0] + lines[2])
    with left(folder) as journal:
        assert journal.events == ()


async def test_a_folder_that_goes_meanwhile_can_be_read_to_its_end(folder: Path) -> None:
    with left(folder) as journal:
        (folder / "audio").unlink()
        assert journal.audio.read(6, 6) == b"second"


async def test_where_no_session_began(tmp_path: Path) -> None:
    with pytest.raises(NotFound), left(tmp_path):
        pass


async def test_what_was_safe_and_is_gone_is_told(folder: Path) -> None:
    (folder / "frames").unlink()
    with pytest.raises(DiskError, match="frames"), left(folder):
        pass
