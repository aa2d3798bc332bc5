"""Whose key it is, asked of a real library."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vivavoce.core.errors import BadCredentials, DiskError
from vivavoce.library.keys import Key, Keys, id_of, new_key
from vivavoce.library.sql import SqlRepository
from vivavoce.server.auth import keys as module
from vivavoce.server.auth.keys import FRESH, Keyring
from vivavoce.testing.keys import add_key

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Counted(Keys):
    """Keys whose questions are counted."""

    asked = 0

    async def find(self, ids: Iterable[str]) -> list[Key]:
        self.asked += 1
        return await super().find(ids)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(tmp_path)
    yield repository
    await repository.close()


@pytest.fixture
def kept(library: SqlRepository) -> Counted:
    return Counted(library.tables)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ring(kept: Counted, clock: Clock) -> AsyncIterator[Keyring]:
    ring = Keyring(kept, clock)
    yield ring
    await ring.close()


async def test_a_key_is_its_owners(library: SqlRepository, ring: Keyring) -> None:
    text = await add_key(library.tables, "read", owner="ada")
    who = await ring.authenticate(text)
    assert (who.id, sorted(who.scopes)) == ("ada", ["read"])
    assert (who.key, who.until) == (id_of(text), None)


@pytest.mark.parametrize("change", ["another secret", "of nobody", "rubbish", "broken", "empty"])
async def test_what_is_no_key(library: SqlRepository, ring: Keyring, change: str) -> None:
    text = await add_key(library.tables)
    wrong = {
        "another secret": text[:-1] + ("a" if text[-1] != "a" else "b"),
        "of nobody": new_key()[1],
        "rubbish": "vv_ÄÖÜ_x",
        "broken": text[:-1] + "\ud800",
        "empty": "",
    }
    with pytest.raises(BadCredentials, match="not known"):
        await ring.authenticate(wrong[change])


async def test_one_that_has_ended_says_so(library: SqlRepository, ring: Keyring) -> None:
    for text, why in (
        (await add_key(library.tables, revoked=True), "revoked"),
        (await add_key(library.tables, expires_in=timedelta(seconds=-1)), "expired"),
    ):
        with pytest.raises(BadCredentials, match=why):
            await ring.authenticate(text)


async def test_the_library_is_asked_once_in_a_while(
    library: SqlRepository, ring: Keyring, kept: Counted, clock: Clock
) -> None:
    text = await add_key(library.tables)
    for _ in range(100):
        await ring.authenticate(text)
    assert kept.asked == 1
    clock.now += FRESH
    await ring.authenticate(text)
    assert kept.asked == 2


async def test_a_revoked_key_is_refused_within_that_time(
    library: SqlRepository, ring: Keyring, clock: Clock
) -> None:
    text = await add_key(library.tables)
    await ring.authenticate(text)
    await Keys(library.tables).revoke(id_of(text) or "", datetime.now(UTC))
    clock.now += FRESH
    with pytest.raises(BadCredentials, match="revoked"):
        await ring.authenticate(text)


async def test_no_more_than_so_many_are_remembered(
    library: SqlRepository, ring: Keyring, kept: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    texts = [await add_key(library.tables) for _ in range(3)]
    for text in texts:
        await ring.authenticate(text)
    await ring.authenticate(texts[2])
    assert kept.asked == 3
    await ring.authenticate(texts[0])
    assert kept.asked == 4


async def test_its_last_use_is_noted(library: SqlRepository, kept: Counted, clock: Clock) -> None:
    text = await add_key(library.tables)
    ring = Keyring(kept, clock)
    before = datetime.now(UTC)
    await ring.authenticate(text)
    await ring.close()
    (key,) = await kept.find([id_of(text) or ""])
    assert key.last_used_at is not None
    assert key.last_used_at >= before
    clock.now += FRESH  # asked anew, it was used a moment ago: nothing is written
    await ring.authenticate(text)
    await ring.close()
    assert await kept.find([key.id]) == [key]


async def test_those_that_ended_are_found_together(
    library: SqlRepository, ring: Keyring, kept: Counted
) -> None:
    good, bad = await add_key(library.tables), await add_key(library.tables, revoked=True)
    ids = [id_of(text) or "" for text in (good, bad)]
    ended = await ring.ended([*ids, "nobody"])
    assert set(ended) == {ids[1], "nobody"}
    assert kept.asked == 1


async def test_a_library_that_cannot_be_asked_lets_nobody_in(
    library: SqlRepository, ring: Keyring, tmp_path: Path
) -> None:
    text = await add_key(library.tables)
    await library.close()
    for file in await asyncio.to_thread(lambda: [*tmp_path.glob("library.db*")]):
        file.unlink()
    (tmp_path / "library.db").mkdir()
    with pytest.raises(DiskError):
        await ring.authenticate(text)
