"""Which recordings lose what, and when, in each kind of database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.errors import Deleted, NotFound
from vivavoce.core.events import Edited, Ended, Final, Numbered
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.library.diarizations import Diarizations
from vivavoce.library.outbox import Outbox, Parcel
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.retention import Due, Retention, Rules, Wish, until
from vivavoce.library.shares import Shares
from vivavoce.library.sql import SqlRepository
from vivavoce.library.summaries import Summaries, Summary

pytestmark = pytest.mark.anyio

T = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


async def kept(library: SqlRepository, at: datetime = T, **fields: Any) -> str:
    id = new_id()
    row = Recording(id=id, owner="ada", title="A talk", created_at=at, state="live", **fields)
    await library.create(row)
    final = Final(id="u1", start=0, end=SAMPLE_RATE, text="alfa bravo", engine="e", model="m")
    log = [Numbered(1, 1, final), Numbered(2, 1, Ended(reason="finished", duration=SAMPLE_RATE))]
    await library.seal(id, log, Changes(state="done", reason="finished"))
    return id


def told(due: list[Due]) -> list[tuple[str, bool, bool, bool]]:
    return [(one.recording, one.audio, one.text, one.last) for one in due]


async def test_what_is_due_by_the_rules_of_the_server(library: SqlRepository) -> None:
    one, two = await kept(library), await kept(library, T + DAY)
    retention = Retention(library.tables, Rules(audio_days=2, text_days=3))
    assert await retention.due(T + 2 * DAY - timedelta(microseconds=1), 9) == []
    assert told(await retention.due(T + 2 * DAY, 9)) == [(one, True, False, False)]
    assert told(await retention.due(T + 3 * DAY, 9)) == [
        (one, True, True, True),
        (two, True, False, False),
    ]
    assert told(await retention.due(T + 3 * DAY, 1)) == [(one, True, True, True)]
    assert told(await retention.due(T + 3 * DAY, 1, after=one)) == [(two, True, False, False)]
    assert await Retention(library.tables, Rules()).due(T + 999 * DAY, 9) == []


async def test_own_rules_and_what_is_held(library: SqlRepository) -> None:
    one = await kept(library, text_until=until(T, 1))
    retention = Retention(library.tables, Rules(text_days=5))
    assert told(await retention.due(T + DAY, 9)) == [(one, False, True, False)]
    await retention.wish("ada", one, Wish(keep=True))
    assert await retention.due(T + 9 * DAY, 9) == []
    row = await retention.wish("ada", one, Wish(keep=False, text_days=None, audio_days=2))
    assert (row.text_until, row.audio_until) == (None, T + 2 * DAY)
    assert told(await retention.due(T + DAY, 9)) == []
    assert told(await retention.due(T + 2 * DAY, 9)) == [(one, True, False, False)]
    with pytest.raises(NotFound):
        await retention.wish("bob", one, Wish(keep=True))
    assert await retention.wish("ada", one, Wish()) == row


async def test_who_is_told_apart_is_heard_first(library: SqlRepository) -> None:
    one = await kept(library)
    queue = Diarizations(library.tables)
    await queue.ask("ada", one, None, asked=True)
    retention = Retention(library.tables, Rules(audio_days=0, text_days=1))
    assert await retention.due(T, 9) == []
    assert told(await retention.due(T + DAY, 9)) == [(one, False, True, False)]
    await queue.cancel("ada", one)
    assert told(await retention.due(T, 9)) == [(one, True, False, False)]


async def test_text_that_is_gone_is_gone_everywhere_and_does_not_come_back(
    library: SqlRepository,
) -> None:
    one, two = await kept(library), await kept(library)
    tables = library.tables
    shares, summaries, outbox = Shares(tables), Summaries(tables), Outbox(tables)
    await shares.create("ada", one, T, T + DAY, audio=True)
    summary = Summary(
        id=new_id(),
        owner="ada",
        recording=one,
        template="brief",
        created_at=T,
        language=None,
        model="m",
        extract=True,
        revision="r",
        answer='{"text": "alfa"}',
    )
    await summaries.add(summary)
    letter = Parcel(
        id=new_id(),
        owner="ada",
        channel="email",
        address="bob@example.com",
        kind="",
        body='"alfa"',
        created_at=T,
        due_at=T,
        recording=one,
    )
    assert await outbox.add([letter]) == 1
    assert await Retention(tables, Rules()).lose_text(one, T + DAY)
    assert [hit.recording for hit in (await library.search("ada", "alfa")).items] == [two]
    assert await shares.of("ada", one) == []
    assert await summaries.of("ada", one) == []
    assert await outbox.claim("email", (), T + DAY) is None
    row = await library.get("ada", one)
    assert (row.preview, row.speakers, row.text_gone_at) == ("", (), T + DAY)
    assert (row.title, row.duration) == ("A talk", 1.0)
    edit = Edited(id="u1", actor="ada", base_revision=0, text="charlie")
    with pytest.raises(Deleted):
        await library.annotate("ada", one, lambda _: [edit])
    with pytest.raises(Deleted):
        await library.transcript("ada", one)
    with pytest.raises(Deleted):
        await anext(library.events("ada", one))
    with pytest.raises(Deleted):
        await summaries.add(summary)
    with pytest.raises(Deleted):
        await shares.create("ada", one, T, T + DAY, audio=True)
    assert await outbox.add([letter]) == 0


async def test_of_several_servers_one_does_it(
    library: SqlRepository, another: SqlRepository
) -> None:
    one = await kept(library)
    both = [Retention(each.tables, Rules()) for each in (library, another)]
    did = await asyncio.gather(*(each.lose_text(one, T + DAY) for each in both))
    assert sorted(did) == [False, True]
    did = await asyncio.gather(*(each.lose_audio(one, T + DAY) for each in both))
    assert sorted(did) == [False, True]
    await library.delete("ada", one)
    assert not await both[1].lose_audio(one, T + DAY)


days = st.none() | st.integers(0, 9)


@given(days, days, days, days, st.booleans())
def test_it_is_said_as_it_is_done(
    audio: int | None, text: int | None, own_audio: int | None, own_text: int | None, keep: bool
) -> None:
    rules = Rules(audio, text)
    row = Recording(
        id=new_id(),
        owner="ada",
        title="A talk",
        created_at=T,
        state="done",
        keep=keep,
        audio_until=until(T, own_audio),
        text_until=until(T, own_text),
    )
    for what, ours, own in (("audio", audio, own_audio), ("text", text, own_text)):
        least = min((d for d in (ours, own) if d is not None), default=None)
        wanted = None if keep or least is None else T + least * DAY
        assert rules.goes_at(row, what) == wanted  # type: ignore[arg-type]
