"""Who is connected by a key that ends is let go of."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vivavoce.core.errors import DiskError, VivavoceError
from vivavoce.library.keys import Key, Keys
from vivavoce.library.sql import SqlRepository
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import LOCAL, Principal
from vivavoce.server.auth.watch import Watch
from vivavoce.testing.keys import add_key

pytestmark = pytest.mark.anyio
SOON = 0.01  # seconds


class Ended:
    """Whoever waits to be told."""

    def __init__(self) -> None:
        self.why: list[VivavoceError] = []
        self.told = asyncio.Event()

    def __call__(self, why: VivavoceError, /) -> None:
        self.why.append(why)
        self.told.set()


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(tmp_path)
    yield repository
    await repository.close()


@pytest.fixture
async def ring(library: SqlRepository) -> AsyncIterator[Keyring]:
    ring = Keyring(Keys(library.tables))
    yield ring
    await ring.close()


@pytest.fixture
async def watch(ring: Keyring) -> AsyncIterator[Watch]:
    watch = Watch(ring, SOON)
    yield watch
    await watch.close()


@pytest.fixture
async def ada(library: SqlRepository, ring: Keyring) -> Principal:
    return await ring.authenticate(await add_key(library.tables, owner="ada"))


async def test_everybody_with_a_key_that_is_revoked(
    library: SqlRepository, ring: Keyring, watch: Watch, ada: Principal
) -> None:
    other = await ring.authenticate(await add_key(library.tables, owner="ada"))
    first, second, stays = Ended(), Ended(), Ended()
    with watch.over(ada, first), watch.over(ada, second), watch.over(other, stays):
        await Keys(library.tables).revoke(ada.key or "", datetime.now(UTC))
        await first.told.wait()
        await second.told.wait()
    assert "revoked" in first.why[0].message
    assert stays.why == []


async def test_who_came_by_a_token_that_has_expired(watch: Watch, ada: Principal) -> None:
    ended, stays = Ended(), Ended()
    late = replace(ada, until=datetime.now(UTC) - timedelta(seconds=1))
    with watch.over(late, ended), watch.over(replace(late, lasting=True), stays):
        await ended.told.wait()
    assert "expired" in ended.why[0].message
    assert stays.why == []


async def test_nobody_is_told_who_has_left(
    library: SqlRepository, watch: Watch, ada: Principal
) -> None:
    left, there = Ended(), Ended()
    with watch.over(ada, left):
        pass
    with watch.over(ada, there):
        await Keys(library.tables).revoke(ada.key or "", datetime.now(UTC))
        await there.told.wait()
    assert left.why == []


async def test_where_there_are_no_keys_nobody_looks(watch: Watch) -> None:
    with watch.over(LOCAL, Ended()):
        assert watch._looking is None


async def test_a_library_that_cannot_be_asked_ends_nothing(
    library: SqlRepository, ada: Principal
) -> None:
    class Broken(Keys):
        asked = 0

        async def find(self, ids: Iterable[str]) -> list[Key]:
            self.asked += 1
            if self.asked == 1:
                raise DiskError("The disk is full.")
            if self.asked == 2:
                raise ZeroDivisionError
            return await super().find(ids)

    keys = Broken(library.tables)
    watch, ended = Watch(Keyring(keys), SOON), Ended()
    await keys.revoke(ada.key or "", datetime.now(UTC))
    with watch.over(ada, ended):
        await ended.told.wait()
    assert (keys.asked, len(ended.why)) == (3, 1)
    await watch.close()
