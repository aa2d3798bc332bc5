"""Which server has which session, in real databases."""

import pytest

from vivavoce.core.errors import Held
from vivavoce.library import leases as module
from vivavoce.library.database import Tables
from vivavoce.library.leases import Lease, Leases
from vivavoce.library.sql import SqlRepository

pytestmark = pytest.mark.anyio


@pytest.fixture
def here(tables: Tables) -> Leases:
    return Leases(tables, "here")


@pytest.fixture
def there(another: SqlRepository) -> Leases:
    return Leases(another.tables, "there")


@pytest.fixture
def lapsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a session has it no more a moment later."""
    monkeypatch.setattr(module, "LASTS", 0.0)


async def test_a_session_is_held_by_one(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    assert await there.find("s") == Lease("s", "here", "disk", "{}")
    with pytest.raises(Held, match="Another server"):
        await there.take("s")
    assert await here.renew() == {"s"}
    assert await there.renew() == set()


async def test_one_that_was_given_back_is_anybodys(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    await there.free("s")  # not theirs to give
    with pytest.raises(Held):
        await there.take("s")
    await here.free("s")
    await there.take("s")
    with pytest.raises(Held):
        await here.take("s")
    assert await here.renew() == set()
    lease = await here.find("s")
    assert lease is not None
    assert lease == Lease("s", "there", "disk", "{}", taken=True)  # it has not opened it yet
    assert await there.renew() == {"s"}
    await there.keep("s", "another")
    assert await here.find("s") == Lease("s", "there", "another", "{}")


async def test_who_took_too_long_has_it_not(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    await here.free("s")
    await there.take("s")
    await here.hold("s", "disk", "{}")  # it opened the journal that was there
    with pytest.raises(Held):
        await there.keep("s", "another")
    await there.free("s")  # not theirs any more
    assert await here.renew() == {"s"}


async def test_what_was_taken_may_be_given_back(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    await here.free("s")
    await there.take("s")
    await there.free("s")
    await here.take("s")
    await here.keep("s", "disk")
    assert await here.find("s") == Lease("s", "here", "disk", "{}")


@pytest.mark.usefixtures("lapsing")
async def test_a_lease_lapses(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    assert await there.lapsed(0) == ["s"]
    assert await there.lapsed(60) == []
    await there.take("s")
    assert await here.renew() == set()


async def test_who_opened_the_journal_has_it(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    await there.hold("s", "disk", "{}")  # its lock was free
    assert await here.renew() == set()
    assert await there.renew() == {"s"}
    assert await there.lapsed(0) == []


async def test_what_has_ended_is_nobodys(here: Leases, there: Leases) -> None:
    await here.hold("s", "disk", "{}")
    await here.hold("t", "disk", "{}")
    assert await there.live(["s", "t", "u"]) == {"s", "t"}
    await there.end("s")
    assert await there.live(["s", "t", "u"]) == {"t"}
    assert await there.find("s") is None
    with pytest.raises(Held):
        await there.take("s")
