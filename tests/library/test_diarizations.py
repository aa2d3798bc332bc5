"""The queue of recordings in which speakers are told apart, in real databases."""

from datetime import UTC, datetime

import pytest

from vivavoce.core.errors import Full, NotFound
from vivavoce.library import diarizations as module
from vivavoce.library.database import Tables
from vivavoce.library.diarizations import Diarizations, Step
from vivavoce.library.recording import Changes, Recording, RecordingState, new_id
from vivavoce.library.sql import SqlRepository

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def queue(tables: Tables) -> Diarizations:
    return Diarizations(tables)


async def talk(library: SqlRepository, state: RecordingState = "done") -> str:
    made = Recording(id=new_id(), owner="local", title="", created_at=NOON, state=state)
    await library.create(made)
    return made.id


async def test_what_is_asked_for_is_taken_once_in_order(
    library: SqlRepository, queue: Diarizations
) -> None:
    first, second = await talk(library), await talk(library)
    await queue.ask("local", first, 2, asked=True)
    await queue.ask("local", second, None, asked=False)

    taken = await queue.take()
    assert taken is not None
    assert (taken.recording, taken.speakers, taken.attempts) == (first, 2, 1)
    assert await queue.get("local", first) == taken
    then = await queue.take()
    assert then is not None
    assert then.recording == second
    assert await queue.take() is None


async def test_a_live_one_waits_for_its_end(library: SqlRepository, queue: Diarizations) -> None:
    live = await talk(library, "live")
    await queue.ask("local", live, None, asked=False)
    assert await queue.take() is None
    await library.update(live, Changes(state="failed"))
    assert await queue.take() is not None


async def test_steps_are_written_while_it_runs_and_not_after(
    library: SqlRepository, queue: Diarizations
) -> None:
    one = await talk(library)
    await queue.ask("local", one, None, asked=True)
    taken = await queue.take()
    assert taken is not None
    assert await queue.step(taken, Step(progress=0.5, seconds_left=3.0))
    found = await queue.get("local", one)
    assert found is not None
    assert (found.state, found.progress, found.seconds_left) == ("running", 0.5, 3.0)

    await queue.cancel("local", one)
    assert not await queue.step(taken, Step(state="done"))
    found = await queue.get("local", one)
    assert found is not None
    assert found.state == "cancelled"

    await queue.ask("local", one, 3, asked=True)
    again = await queue.take()
    assert again is not None
    assert again.speakers == 3
    assert not await queue.step(taken, Step(state="done"))
    assert await queue.step(again, Step(state="done"))
    await queue.cancel("local", one)
    found = await queue.get("local", one)
    assert found is not None
    assert found.state == "done"


async def test_an_interrupted_one_waits_again_but_not_for_ever(
    library: SqlRepository, queue: Diarizations
) -> None:
    one = await talk(library)
    await queue.ask("local", one, None, asked=True)
    for _ in range(2):
        assert await queue.take() is not None
        assert await queue.again(most=3) == []
    assert await queue.take() is not None
    assert await queue.again(most=3) == [one]
    found = await queue.get("local", one)
    assert found is not None
    assert (found.state, found.message) == ("failed", "It was interrupted too often.")


async def test_it_goes_with_its_recording_and_is_only_its_owners(
    library: SqlRepository, queue: Diarizations
) -> None:
    one = await talk(library)
    await queue.ask("local", one, None, asked=True)
    assert await queue.get("another", one) is None
    with pytest.raises(NotFound):
        await queue.ask("another", one, None, asked=True)
    await queue.cancel("another", one)
    taken = await queue.take()
    assert taken is not None
    await library.delete("local", one)
    assert await queue.get("local", one) is None
    assert not await queue.step(taken, Step(progress=0.1))
    with pytest.raises(NotFound):
        await queue.ask("local", one, None, asked=True)


async def test_no_more_wait_than_may(
    library: SqlRepository, queue: Diarizations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    first, second = await talk(library), await talk(library)
    await queue.ask("local", first, None, asked=True)
    with pytest.raises(Full):
        await queue.ask("local", second, None, asked=True)
