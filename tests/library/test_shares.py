"""Links to recordings, in real databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from vivavoce.core.errors import NotFound
from vivavoce.library.recording import Recording, new_id
from vivavoce.library.schema import shares as table
from vivavoce.library.shares import MOST, Shares, TooManyShares
from vivavoce.library.sql import SqlRepository

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def shares(library: SqlRepository) -> Shares:
    return Shares(library.tables)


@pytest.fixture
async def talk(library: SqlRepository) -> str:
    talk = Recording(id=new_id(), owner="local", title="A talk", created_at=NOON, state="live")
    await library.create(talk)
    return talk.id


async def test_a_token_finds_its_link_and_is_not_kept(
    shares: Shares, library: SqlRepository, talk: str
) -> None:
    share, token = await shares.create("local", talk, NOON, NOON + HOUR, audio=True)

    assert await shares.found(token) == share
    assert (share.recording, share.audio, share.expires_at) == (talk, True, NOON + HOUR)
    async with library.tables.read() as db:
        kept = str((await db.execute(select(table))).all())
    assert share.id in kept
    assert token not in kept


async def test_links_are_listed_newest_first_to_their_owner_alone(
    shares: Shares, talk: str
) -> None:
    made = [await shares.create("local", talk, NOON, NOON + HOUR, audio=False) for _ in range(3)]

    listed = await shares.of("local", talk)

    assert sorted(listed, key=lambda share: share.id, reverse=True) == listed
    assert {share.id for share in listed} == {share.id for share, _ in made}
    assert await shares.of("somebody", talk) == []


async def test_a_withdrawn_link_is_unknown(shares: Shares, talk: str) -> None:
    share, token = await shares.create("local", talk, NOON, NOON + HOUR, audio=False)
    with pytest.raises(NotFound):
        await shares.withdraw("somebody", share.id)

    await shares.withdraw("local", share.id)

    with pytest.raises(NotFound, match="withdrawn"):
        await shares.found(token)
    with pytest.raises(NotFound):
        await shares.withdraw("local", share.id)


async def test_which_links_hold_is_asked_of_all_at_once(
    library: SqlRepository, shares: Shares, talk: str
) -> None:
    binned = Recording(id=new_id(), owner="local", title="Old", created_at=NOON, state="done")
    await library.create(binned)
    of = (talk, talk, binned.id)
    kept, withdrawn, old = [
        (await shares.create("local", one, NOON, NOON + HOUR, audio=False))[0].id for one in of
    ]
    asked = [kept, withdrawn, old, new_id()]
    assert await shares.holding(asked) == {kept, withdrawn, old}

    await shares.withdraw("local", withdrawn)
    await library.bin("local", binned.id, NOON)

    assert await shares.holding(asked) == {kept}
    assert await shares.holding([]) == set()


async def test_links_go_with_their_recording(
    library: SqlRepository, shares: Shares, talk: str
) -> None:
    _, token = await shares.create("local", talk, NOON, NOON + HOUR, audio=False)
    await library.delete("local", talk)
    with pytest.raises(NotFound):
        await shares.found(token)


async def test_nobody_shares_what_is_not_theirs(shares: Shares, talk: str) -> None:
    for owner, recording in (("somebody", talk), ("local", new_id())):
        with pytest.raises(NotFound):
            await shares.create(owner, recording, NOON, NOON + HOUR, audio=False)


async def test_links_are_bounded_and_expired_ones_make_room(shares: Shares, talk: str) -> None:
    for n in range(MOST):
        await shares.create("local", talk, NOON, NOON + (n + 1) * HOUR, audio=False)
    with pytest.raises(TooManyShares, match="50"):
        await shares.create("local", talk, NOON, NOON + HOUR, audio=False)

    later = NOON + HOUR
    await shares.create("local", talk, later, later + HOUR, audio=False)

    assert len(await shares.of("local", talk)) == MOST
