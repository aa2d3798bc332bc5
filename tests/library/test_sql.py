"""The repository, in real databases."""

from datetime import UTC, date, datetime, timedelta, timezone

import anyio
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    Final,
    Gap,
    Marker,
    Numbered,
    Revised,
    Speaker,
    Started,
    Translated,
)
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import AudioFormat, Use, Word
from vivavoce.library.recording import Changes, Recording, RecordingState, new_id
from vivavoce.library.schema import events as events_table
from vivavoce.library.schema import recordings, totals, transcripts, uses
from vivavoce.library.sql import BATCH, SqlRepository

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def recording(owner: str = "local", minute: int = 0, state: RecordingState = "live") -> Recording:
    return Recording(
        id=new_id(),
        owner=owner,
        title="A talk",
        created_at=NOON + timedelta(minutes=minute),
        state=state,
    )


def final(n: int, text: str = "hello there") -> Final:
    return Final(id=f"u{n}", start=n, end=n + 1, text=text, engine="fake", model="m")


def numbered(*events: AnyEvent) -> list[Numbered]:
    return [Numbered(n, 1, event) for n, event in enumerate(events, 1)]


async def test_a_recording_reads_back_as_it_was_written(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    assert await library.get("local", written.id) == written


async def test_times_come_back_in_utc(library: SqlRepository) -> None:
    east = datetime(2026, 11, 20, 14, tzinfo=timezone(timedelta(hours=2)))
    written = msgspec.structs.replace(recording(), created_at=east)
    await library.create(written)
    read = (await library.get("local", written.id)).created_at
    assert (read, read.tzinfo) == (NOON, UTC)


async def test_nobody_sees_what_is_another_s(library: SqlRepository) -> None:
    mine = recording("me")
    await library.create(mine)
    await library.seal(mine.id, numbered(final(1)), Changes(state="done"))
    with pytest.raises(NotFound, match=mine.id):
        await library.get("you", mine.id)
    with pytest.raises(NotFound):
        await library.rename("you", mine.id, "yours")
    with pytest.raises(NotFound):
        await library.transcript("you", mine.id)
    with pytest.raises(NotFound):
        await library.delete("you", mine.id)
    with pytest.raises(NotFound):
        _ = [event async for event in library.events("you", mine.id)]
    assert (await library.page("you")).items == ()
    assert (await library.get("me", mine.id)).title == "A talk"


async def test_pages_go_from_new_to_old_and_hold_still(library: SqlRepository) -> None:
    # Two at a time have the same moment, so that the order hangs on the id as well.
    written = [recording(minute=i // 2) for i in range(7)]
    for one in written:
        await library.create(one)
    expected = sorted(written, key=lambda r: (r.created_at, r.id), reverse=True)
    first = await library.page("local", limit=3)
    await library.create(recording(minute=99))  # newer: no page that follows may shift
    second = await library.page("local", limit=3, cursor=first.next)
    third = await library.page("local", limit=3, cursor=second.next)
    assert [*first.items, *second.items, *third.items] == expected
    assert third.next is None


async def test_a_cursor_outlives_its_recording(library: SqlRepository) -> None:
    old, new = recording(minute=1), recording(minute=2)
    await library.create(old)
    await library.create(new)
    page = await library.page("local", limit=1)
    await library.delete("local", new.id)
    assert (await library.page("local", cursor=page.next)).items == (old,)


@pytest.mark.parametrize("cursor", ["", "x", "1-ab", "9" * 40 + "-" + "a" * 26, "1-" + "A" * 26])
async def test_a_foreign_cursor_is_refused(library: SqlRepository, cursor: str) -> None:
    with pytest.raises(PeerError, match="cursor"):
        await library.page("local", cursor=cursor)


async def test_changes_touch_what_they_name(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    renamed = await library.rename("local", written.id, "Another")
    assert renamed == msgspec.structs.replace(written, title="Another")
    changed = await library.update(written.id, Changes(state="transcribing", reason=None, bytes=7))
    assert changed == msgspec.structs.replace(renamed, state="transcribing", bytes=7)
    assert await library.update(written.id, Changes()) == changed
    with pytest.raises(NotFound):
        await library.update(new_id(), Changes(bytes=1))


async def test_sealing_keeps_events_text_and_what_follows_from_them(
    library: SqlRepository,
) -> None:
    written = recording()
    await library.create(written)
    log = numbered(final(1, "so it\tbegins"), Ended(reason="finished", duration=24_000))
    sealed = await library.seal(written.id, log, Changes(state="done", reason="finished", bytes=9))
    assert sealed == await library.get("local", written.id)
    assert (sealed.state, sealed.reason, sealed.bytes) == ("done", "finished", 9)
    assert (sealed.duration, sealed.preview) == (1.5, "so it begins")
    assert [event async for event in library.events("local", written.id)] == log
    assert await library.transcript("local", written.id) == fold(e.event for e in log)


async def test_sealing_twice_is_sealing_once(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    log = numbered(final(1))
    first = await library.seal(written.id, log, Changes(state="done"))
    assert await library.seal(written.id, [], Changes(state="failed")) == first
    assert [event async for event in library.events("local", written.id)] == log


async def test_sealing_is_all_or_nothing(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    twice = [Numbered(1, 1, final(1)), Numbered(1, 2, final(1))]
    with pytest.raises(IntegrityError):
        await library.seal(written.id, twice, Changes(state="done"))
    assert await library.get("local", written.id) == written
    assert [event async for event in library.events("local", written.id)] == []
    await library.seal(written.id, twice[:1], Changes(state="done"))


async def test_what_was_deleted_in_the_meantime_cannot_be_sealed(library: SqlRepository) -> None:
    with pytest.raises(NotFound):
        await library.seal(new_id(), numbered(final(1)), Changes(state="done"))


async def test_events_are_read_from_any_number_over_many_batches(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    log = numbered(*(final(n) for n in range(2 * BATCH + 3)))
    await library.seal(written.id, log, Changes(state="done"))
    assert [event async for event in library.events("local", written.id)] == log
    assert [event async for event in library.events("local", written.id, BATCH + 1)] == (
        log[BATCH + 1 :]
    )


async def test_a_live_session_has_no_events_and_no_text_here(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    assert [event async for event in library.events("local", written.id)] == []
    assert await library.transcript("local", written.id) == Transcript()


async def test_deleting_deletes_the_words(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    await library.seal(written.id, numbered(final(1, "xyzzy")), Changes(state="done"))
    await library.delete("local", written.id)
    with pytest.raises(NotFound):
        await library.get("local", written.id)
    async with library.tables.read() as db:
        for table in (recordings, events_table, transcripts):
            assert (await db.execute(select(func.count()).select_from(table))).scalar_one() == 0


async def test_unfinished_are_those_not_sealed_oldest_first(library: SqlRepository) -> None:
    states: list[RecordingState] = ["transcribing", "live", "done", "failed"]
    written = [recording(minute=-i, state=state) for i, state in enumerate(states)]
    for one in written:
        await library.create(one)
    assert await library.unfinished() == [written[1].id, written[0].id]


async def test_two_servers_may_write_at_once(
    library: SqlRepository, another: SqlRepository
) -> None:
    written = [recording() for _ in range(20)]

    async def work(repository: SqlRepository, one: Recording) -> None:
        await repository.create(one)
        await repository.seal(one.id, numbered(final(1)), Changes(state="done"))

    async with anyio.create_task_group() as tasks:
        for i, one in enumerate(written):
            tasks.start_soon(work, (library, another)[i % 2], one)
    assert {one.id for one in (await library.page("local")).items} == {one.id for one in written}
    assert await another.unfinished() == []


ids = st.sampled_from(["u1", "u2", "u3"])
texts = st.text(max_size=20)
positions = st.integers(0, 10**9)
words = st.lists(
    st.builds(
        Word, text=texts, start=positions, end=positions, confidence=st.none() | st.floats(0, 1)
    ),
    max_size=3,
).map(tuple)
names = st.sampled_from(["fake", "other"])
events = st.one_of(
    st.builds(
        Started, session=texts, engine=names, format=st.just(AudioFormat()), title=st.none() | texts
    ),
    st.builds(
        Final, id=ids, start=positions, end=positions, text=texts, engine=names, model=names,
        language=st.none() | st.just("en"), words=words, track=st.integers(0, 3),
    ),
    st.builds(Revised, id=ids, text=texts, engine=names, model=names, words=words),
    st.builds(Speaker, id=ids, speaker=texts),
    st.builds(Translated, id=ids, language=st.just("de"), text=texts),
    st.builds(Edited, id=ids, actor=texts, base_revision=st.integers(0, 2), text=texts),
    st.builds(Marker, at=positions, label=texts),
    st.builds(Gap, start=positions, end=positions, reason=texts),
    st.builds(Ended, reason=texts, duration=positions),
)  # fmt: skip


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.lists(events, max_size=20))
async def test_the_stored_transcript_is_the_fold_of_the_stored_events(
    library: SqlRepository, log: list[AnyEvent]
) -> None:
    written = recording()
    await library.create(written)
    await library.seal(written.id, numbered(*log), Changes(state="done"))
    stored = [e.event async for e in library.events("local", written.id)]
    assert stored == log
    assert await library.transcript("local", written.id) == fold(stored)


USED = (Use("aws", "m", 5), Use("azure", "", 16_000 * 3600 * 24 * 365 * 1000))
DAY = NOON.date()


async def test_what_was_sent_is_the_recording_s_and_in_the_totals(library: SqlRepository) -> None:
    one, other = recording(), recording(minute=1)
    for written in (one, other):
        await library.create(written)
        sealed = await library.seal(written.id, [], Changes(state="done"), USED)
        assert sealed.uses == USED
        again = await library.seal(written.id, [], Changes(state="done"), USED)
        assert again == sealed
    assert (await library.get("local", one.id)).uses == USED
    assert [row.uses for row in (await library.page("local")).items] == [USED, USED]
    twice = [Use(use.engine, use.model, 2 * use.samples) for use in USED]
    assert await library.usage("local") == [(DAY, use) for use in twice]
    assert await library.usage("somebody else") == []


async def test_totals_outlive_what_is_deleted_and_name_nothing(library: SqlRepository) -> None:
    written = recording()
    await library.create(written)
    await library.seal(written.id, [], Changes(state="done"), USED)
    await library.delete("local", written.id)
    assert await library.usage("local") == [(DAY, use) for use in USED]
    async with library.tables.read() as db:
        assert (await db.execute(select(uses))).all() == []
        assert not any(written.id in map(str, row) for row in await db.execute(select(totals)))


async def test_what_is_not_kept_is_in_the_totals_from_its_day_on(library: SqlRepository) -> None:
    await library.count("new", DAY, USED)
    await library.count("new", DAY, USED[:1])
    await library.count("new", date(2026, 11, 21), ())
    await library.count("new", date(2026, 11, 22), USED[:1])
    later = (date(2026, 11, 22), USED[0])
    assert await library.usage("new") == [(DAY, Use("aws", "m", 10)), (DAY, USED[1]), later]
    assert await library.usage("new", date(2026, 11, 21)) == [later]
