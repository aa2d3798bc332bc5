"""Sessions of another process, seen from their files."""

import asyncio
from pathlib import Path

import pytest

from vivavoce.core.events import Ended, Marker
from vivavoce.journal.commit import Committer
from vivavoce.journal.eventlog import EventLog
from vivavoce.library.recording import new_id
from vivavoce.live.replicas.one_folder import OneFolder, tail
from vivavoce.live.replicas.port import PATIENCE
from vivavoce.testing.clock import virtual_time

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


async def numbers(folder: Path, after: int) -> list[int]:
    return [numbered.n async for numbered in tail(folder, after)]


async def test_a_growing_log_is_followed_to_its_end(tmp_path: Path) -> None:
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    log.append(Marker(at=1))
    watching = [asyncio.create_task(numbers(tmp_path, after)) for after in (0, 1, 2)]
    for at in range(2, 4):
        await asyncio.sleep(1)
        log.append(Marker(at=at))
    log.append(Ended(reason="finished", duration=9))
    assert await asyncio.gather(*watching) == [[1, 2, 3, 4], [2, 3, 4], [3, 4]]
    await log.close()
    await committer.close()


async def test_a_log_that_is_gone_has_ended(tmp_path: Path) -> None:
    assert await numbers(tmp_path / "nowhere", 0) == []
    committer = Committer(0)
    log = await EventLog.create(tmp_path, committer)
    log.append(Marker(at=1))
    watching = asyncio.create_task(numbers(tmp_path, 0))
    await asyncio.sleep(1)
    await log.close()
    (tmp_path / "events").unlink()
    assert await watching == [1]
    await committer.close()


async def test_a_session_is_asked_for_while_somebody_waits_for_it(tmp_path: Path) -> None:
    session, replicas = new_id(), OneFolder(tmp_path / "live")
    async with replicas.wanted(session) as attempts:
        assert await anext(attempts) == 0
        async with replicas.wanted("another's"):
            assert await anext(replicas.asked(lambda: [session])) == session
        assert [attempt async for attempt in attempts] == [*range(1, PATIENCE)]
    assert list((tmp_path / "wanted").iterdir()) == []
