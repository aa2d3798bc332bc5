"""What is so of a library in PostgreSQL alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.library.test_outbox import parcel
from tests.library.test_search import found, kept
from vivavoce.core.errors import DiskError, NotFound, SettingError
from vivavoce.core.events import AnyEvent, Edited, Final, Numbered
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import Use
from vivavoce.library import postgres as module
from vivavoce.library.database import Tables
from vivavoce.library.diarizations import Diarizations
from vivavoce.library.outbox import Outbox
from vivavoce.library.postgres import Postgres
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.sql import SqlRepository
from vivavoce.testing.postgres import PostgresServer
from vivavoce.testing.relay import Relay

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
async def library(tmp_path: Path, postgres_url: str) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(tmp_path, postgres_url)
    yield repository
    await repository.close()


@pytest.fixture
async def replicas(
    library: SqlRepository, tmp_path: Path, postgres_url: str
) -> AsyncIterator[list[SqlRepository]]:
    """Three servers with one library."""
    others = [await SqlRepository.open(tmp_path, postgres_url) for _ in range(2)]
    yield [library, *others]
    for other in others:
        await other.close()


async def test_many_who_write_at_once_lose_nothing(replicas: list[SqlRepository]) -> None:
    """They make, seal, edit, tag and delete recordings, count what these used, and tell of them:
    none fails because of another, and each passage is found once."""
    talks = [await kept(replicas[0], f"alpha w{n}") for n in range(6)]
    used = [Use("b", "m", 1), Use("a", "m", 1)]

    async def work(n: int) -> None:
        mine = replicas[n % 3]
        talk = talks[n % 6]
        await kept(mine, f"fresh n{n}")
        await mine.annotate("local", talk, lambda said: [_more(said, n)])
        await mine.retag("local", talk, [f"t{n}", "all"])
        await mine.count("local", NOON.date(), used[:: 1 - 2 * (n % 2)])
        await Outbox(mine.tables).add([parcel(f"p{n}", recording=talk, channel="webhook")])
        await Diarizations(mine.tables).ask("local", talk, None, asked=True)
        gone = await kept(mine, "gone")
        await mine.delete("local", gone)

    await asyncio.gather(*(work(n) for n in range(24)))
    library = replicas[0]
    assert len((await library.search("local", "fresh", limit=100)).items) == 24
    assert await found(library, "gone") == []
    for n, talk in enumerate(talks):
        (utterance,) = (await library.transcript("local", talk)).utterances
        assert utterance.revision == 4
        assert sorted(utterance.text.split()) == sorted(
            ["alpha", f"w{n}", *(f"e{m}" for m in range(n, 24, 6))]
        )
    assert [use.samples for _, use in await library.usage("local")] == [24, 24]
    async with library.tables.read() as db:
        blocks = text("SELECT count(DISTINCT id >> 40), count(DISTINCT recording) FROM passages")
        one, other = (await db.execute(blocks)).one()
    assert one == other == 30


def _more(said: Transcript, n: int) -> AnyEvent:
    (utterance,) = said.utterances
    longer = f"{utterance.text} e{n}"
    return Edited(id="u1", actor="a", base_revision=utterance.revision, text=longer)


async def test_each_parcel_is_claimed_by_one(replicas: list[SqlRepository]) -> None:
    boxes = [Outbox(each.tables) for each in replicas]
    await boxes[0].add([parcel(f"p{n}", address=f"a{n}@example.org") for n in range(30)])
    claimed = await asyncio.gather(*(boxes[n % 3].claim("email", (), NOON) for n in range(30)))
    # Who skips what another is about to take may find nothing, and looks again.
    ids = [parcel.id for parcel in claimed if parcel is not None]
    while (more := await boxes[0].claim("email", (), NOON)) is not None:
        ids.append(more.id)
    assert sorted(ids) == sorted(f"p{n}" for n in range(30))


async def test_what_is_about_a_recording_waits_for_its_deletion(
    library: SqlRepository, postgres_url: str
) -> None:
    talk = await kept(library, "alpha")
    queue = Diarizations(library.tables)
    async with library.tables.write() as db:
        await db.execute(text("DELETE FROM recordings WHERE id = :id"), {"id": talk})
        asking = asyncio.create_task(queue.ask("local", talk, None, asked=True))
        done, _ = await asyncio.wait([asking], timeout=0.2)
        assert not done
    with pytest.raises(NotFound):
        await asking


async def test_a_reader_sees_one_state_and_cannot_write(library: SqlRepository) -> None:
    talk = await kept(library, "alpha")
    title = text("SELECT title FROM recordings")
    async with library.tables.read() as db:
        before = (await db.execute(title)).scalar_one()
        await library.rename("local", talk, "Another")
        assert (await db.execute(title)).scalar_one() == before
    with pytest.raises(DiskError, match="read-only transaction"):
        async with library.tables.read() as db:
            await db.execute(text("UPDATE recordings SET title = 'x'"))


async def test_a_zero_in_a_text_is_shown_as_what_cannot_be(library: SqlRepository) -> None:
    talk = await kept(library, "alpha\0beta", title="a\0b")
    row = await library.get("local", talk)
    assert (row.title, row.preview) == ("a\ufffdb", "alpha\ufffdbeta")
    assert (await library.transcript("local", talk)).utterances[0].text == "alpha\0beta"
    assert await found(library, "beta") == [(talk, "u1")]


async def test_an_index_answers_for_rare_words(library: SqlRepository) -> None:
    for n in range(20):
        await kept(library, *(f"word w{n}x{m}" for m in range(50)))
    async with library.tables.write() as db:
        await db.execute(text("SET LOCAL enable_seqscan = off"))
        await db.execute(text("ANALYZE passages"))
        plan = text("EXPLAIN SELECT id FROM passages WHERE search @@ CAST('''w3x7''' AS tsquery)")
        said = "\n".join(row[0] for row in await db.execute(plan))
    assert "ix_passages_search" in said


# --- what cannot be used


async def test_a_wrong_password_and_no_database_are_named(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    wrong = postgres.url().replace(postgres.password, "hunter2")
    with pytest.raises(SettingError) as told:
        await SqlRepository.open(tmp_path, wrong)
    where = f"postgresql://127.0.0.1:{postgres.port}"
    assert told.value.message == (
        f"database_url: The library {where}/postgres cannot be used: password authentication "
        'failed for user "vivavoce".'
    )
    with pytest.raises(SettingError, match='/nowhere cannot be used: database "nowhere" does not'):
        await SqlRepository.open(tmp_path, postgres.url("nowhere"))


async def test_nobody_there_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"cannot be used: .*[Cc]onnect") as told:
        await SqlRepository.open(tmp_path, "postgresql://ada:hunter2@127.0.0.1:1/voice")
    assert "hunter2" not in told.value.message
    with pytest.raises(SettingError, match="no address that PostgreSQL's clients know") as told:
        await SqlRepository.open(tmp_path, "postgresql://ada:hunter2@127.0.0.1:x/voice")
    assert "hunter2" not in told.value.message


async def test_who_may_not_make_tables_is_told(postgres: PostgresServer, tmp_path: Path) -> None:
    postgres.sql("CREATE DATABASE closed")
    postgres.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        url = f"postgresql://guest:guest@127.0.0.1:{postgres.port}/closed"
        with pytest.raises(SettingError, match="permission denied for schema public"):
            await SqlRepository.open(tmp_path, url)
    finally:
        postgres.drop("closed")
        postgres.sql("DROP ROLE guest")


async def test_a_library_that_can_only_be_read_does_not_pass_the_check(
    library: SqlRepository, postgres: PostgresServer, postgres_url: str
) -> None:
    await library.check()
    name = postgres_url.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    other = Tables(Postgres(postgres_url))
    with pytest.raises(DiskError, match="it can only be read"):
        await other.check()
    await other.close()


async def test_one_from_the_future_is_left_alone(
    library: SqlRepository, tmp_path: Path, postgres_url: str
) -> None:
    async with library.tables.write() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        SettingError, match=r"database_url: postgresql://\S+ was written by a newer"
    ):
        await SqlRepository.open(tmp_path, postgres_url)


async def test_who_waits_too_long_is_told(
    library: SqlRepository, monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path
) -> None:
    talk = await kept(library, "alpha")
    monkeypatch.setitem(module._SESSION, "lock_timeout", "100ms")
    hasty = await SqlRepository.open(tmp_path, postgres_url)
    async with library.tables.write() as db:
        await db.execute(text("SELECT 1 FROM recordings FOR UPDATE"))
        with pytest.raises(DiskError, match="cannot be used: canceling statement due to lock"):
            await hasty.rename("local", talk, "Another")
    await hasty.rename("local", talk, "Another")
    await hasty.close()


# --- what breaks


async def test_a_server_that_was_started_anew_is_used_anew(
    breakable_postgres: PostgresServer, tmp_path: Path
) -> None:
    own = breakable_postgres
    library = await SqlRepository.open(tmp_path, own.url(own.database()))
    talk = await kept(library, "alpha")
    await asyncio.to_thread(own.stop)
    for ask in (library.get("local", talk), library.check()):
        with pytest.raises(DiskError, match=r"The library postgresql://\S+ cannot be used: "):
            await ask
    await asyncio.to_thread(own.start)
    assert (await library.get("local", talk)).title == "A talk"
    await asyncio.to_thread(own.stop)
    await asyncio.to_thread(own.start)
    assert await found(library, "alpha") == [(talk, "u1")]
    await library.close()


async def test_a_line_that_breaks_in_a_transaction_leaves_nothing_of_it(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    with Relay(postgres.port) as relay:
        through = postgres_url.replace(f":{postgres.port}/", f":{relay.port}/")
        library = await SqlRepository.open(tmp_path, through)
        made = Recording(id=new_id(), owner="local", title="t", created_at=NOON, state="live")
        await library.create(made)

        def broken(said: Transcript) -> list[AnyEvent]:
            relay.cut()
            return [Edited(id="u1", actor="a", base_revision=0, text="x")]

        said = Final(id="u1", start=0, end=16_000, text="alpha", engine="e", model="m")
        final = Numbered(1, 1, said)
        await library.seal(made.id, [final], Changes(state="done"))
        with pytest.raises(DiskError, match="cannot be used"):
            await library.annotate("local", made.id, broken)
        relay.mend()
        assert [n async for n in library.events("local", made.id)] == [final]
        await library.annotate("local", made.id, lambda said: [_more(said, 1)])
        await library.close()
