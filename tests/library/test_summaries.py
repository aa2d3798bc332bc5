"""Summaries and templates in the tables."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.insight.talks import recorded
from vivavoce.core.errors import NotFound
from vivavoce.library.recording import new_id
from vivavoce.library.sql import SqlRepository
from vivavoce.library.summaries import MOST, Summaries, Summary, Template, TooManySummaries

pytestmark = pytest.mark.anyio


@pytest.fixture
def repository(library: SqlRepository) -> SqlRepository:
    return library


@pytest.fixture
def kept(repository: SqlRepository) -> Summaries:
    return Summaries(repository.tables)


def made(recording: str) -> Summary:
    return Summary(
        id=new_id(),
        owner="local",
        recording=recording,
        template="short",
        created_at=datetime(2026, 11, 20, 12, 30, tzinfo=UTC),
        language=None,
        model="tale-7b",
        extract=False,
        revision="0" * 16,
        answer='{"text": "<b>"}',
    )


async def test_what_was_kept_comes_back_newest_first(
    repository: SqlRepository, kept: Summaries
) -> None:
    id = await recorded(repository)
    first = made(id)
    second = replace(first, id="z" * 26, language="de", extract=True)
    for summary in (first, second):
        await kept.add(summary)
    assert await kept.of("local", id) == [second, first]
    await kept.delete("local", id, first.id)
    assert await kept.of("local", id) == [second]


async def test_nobody_sees_or_deletes_what_is_anothers(
    repository: SqlRepository, kept: Summaries
) -> None:
    id = await recorded(repository)
    other = await recorded(repository)
    summary = made(id)
    await kept.add(summary)
    assert await kept.of("mallory", id) == []
    for owner, recording in (("mallory", id), ("local", other)):
        with pytest.raises(NotFound):
            await kept.delete(owner, recording, summary.id)
    with pytest.raises(NotFound):
        await kept.add(replace(summary, id=new_id(), owner="mallory"))


async def test_there_is_an_end_of_room(repository: SqlRepository, kept: Summaries) -> None:
    id = await recorded(repository)
    for _ in range(MOST):
        await kept.add(made(id))
    with pytest.raises(TooManySummaries):
        await kept.check_room(id)
    with pytest.raises(TooManySummaries):
        await kept.add(made(id))


async def test_they_go_with_their_recording(repository: SqlRepository, kept: Summaries) -> None:
    id = await recorded(repository)
    await kept.add(made(id))
    await repository.delete("local", id)
    assert await kept.of("local", id) == []
    with pytest.raises(NotFound):
        await kept.add(made(id))  # it was being made meanwhile


async def test_templates_belong_to_their_owner(kept: Summaries) -> None:
    mine = Template(name="x", title="Mine", prompt="1")
    yours = Template(name="x", title="Yours", prompt="2")
    await kept.put_template("ada", mine)
    await kept.put_template("grace", yours)
    await kept.put_template("ada", replace(mine, title="Still mine"))
    assert await kept.templates("ada") == [replace(mine, title="Still mine")]
    assert await kept.delete_template("ada", "x")
    assert not await kept.delete_template("ada", "x")
    assert await kept.templates("grace") == [yours]
