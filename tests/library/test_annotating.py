"""What is said of a recording after its end."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from vivavoce.core.errors import Held, NotFound, PeerError, TooLarge
from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    Final,
    Marker,
    Named,
    Numbered,
    Revised,
    Speaker,
)
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import Word
from vivavoce.library import annotating
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.schema import transcripts
from vivavoce.library.sql import SqlRepository

pytestmark = pytest.mark.anyio

LOG: tuple[AnyEvent, ...] = (
    Final(id="u1", start=0, end=10, text="hello there", engine="e", model="m"),
    Revised(
        id="u1", text="hello there", engine="e", model="m",
        words=(Word("hello", 0, 5), Word("there", 5, 10)),
    ),
    Final(id="u2", start=20, end=30, text="", engine="e", model="m"),
    Ended(reason="finished", duration=40),
)  # fmt: skip
HALLO = Edited(id="u1", actor="ada", base_revision=0, text="hallo")


async def kept(library: SqlRepository, *log: AnyEvent, sealed: bool = True) -> str:
    created = datetime(2026, 11, 20, tzinfo=UTC)
    row = Recording(id=new_id(), owner="local", title="t", created_at=created, state="live")
    await library.create(row)
    if sealed:
        numbered = [Numbered(n, 3, event) for n, event in enumerate(log, 1)]
        await library.seal(row.id, numbered, Changes(state="done"))
    return row.id


async def say(library: SqlRepository, recording: str, *events: AnyEvent) -> list[Numbered]:
    return await library.annotate("local", recording, lambda _: events)


async def test_it_goes_on_from_the_last_event_and_changes_the_text(library: SqlRepository) -> None:
    recording = await kept(library, *LOG)
    seen: list[Transcript] = []

    def make(transcript: Transcript) -> Sequence[AnyEvent]:
        seen.append(transcript)
        return [HALLO, Named(speaker="S1", name="Ada")]

    said = await library.annotate("local", recording, make)
    assert said == [Numbered(5, 3, HALLO), Numbered(6, 3, Named(speaker="S1", name="Ada"))]
    assert seen == [fold(LOG)]
    log = [one async for one in library.events("local", recording)]
    assert log[4:] == said
    assert await library.transcript("local", recording) == fold(one.event for one in log)
    assert (await library.get("local", recording)).preview == "hallo"
    assert [e async for e in library.events("local", recording, 5)] == said[1:]


async def test_nothing_to_say_changes_nothing(library: SqlRepository) -> None:
    recording = await kept(library, *LOG)
    assert await say(library, recording) == []
    assert len([e async for e in library.events("local", recording)]) == len(LOG)


async def test_who_refuses_having_seen_it_changes_nothing(library: SqlRepository) -> None:
    recording = await kept(library, *LOG)

    def make(_: Transcript) -> Sequence[AnyEvent]:
        raise PeerError("No.")

    with pytest.raises(PeerError, match="No"):
        await library.annotate("local", recording, make)
    assert (await say(library, recording, HALLO))[0].n == 5


async def test_what_is_live_or_another_s_or_gone_is_refused(library: SqlRepository) -> None:
    live = await kept(library, sealed=False)
    with pytest.raises(Held, match=live):
        await say(library, live, HALLO)
    recording = await kept(library, *LOG)
    with pytest.raises(NotFound):
        await library.annotate("you", recording, lambda _: [HALLO])
    await library.delete("local", recording)
    with pytest.raises(NotFound):
        await say(library, recording, HALLO)


async def test_a_recording_that_was_lost_can_be_spoken_of(library: SqlRepository) -> None:
    recording = await kept(library, sealed=False)
    await library.update(recording, Changes(state="failed", reason="lost"))
    marker = Marker(at=0, actor="ada")
    assert await say(library, recording, marker) == [Numbered(1, 1, marker)]
    assert (await library.transcript("local", recording)).markers == (marker,)


async def test_there_is_an_end_to_it(
    library: SqlRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotating, "MOST", 6)
    recording = await kept(library, *LOG)
    await say(library, recording, Marker(at=1, actor="a"))
    with pytest.raises(TooLarge, match="5 events"):
        await say(library, recording, Marker(at=2, actor="a"), Marker(at=3, actor="a"))
    await say(library, recording, Marker(at=4, actor="a"))


async def test_two_servers_take_turns(library: SqlRepository, another: SqlRepository) -> None:
    recording = await kept(library, *LOG)

    async def add(library: SqlRepository, who: str) -> None:
        def make(transcript: Transcript) -> Sequence[AnyEvent]:
            (utterance,) = transcript.utterances
            text = f"{utterance.text} {who}"
            return [Edited(id="u1", actor=who, base_revision=utterance.revision, text=text)]

        await library.annotate("local", recording, make)

    names = [f"w{n}" for n in range(8)]
    await asyncio.gather(
        *(add(each, name) for each, name in zip([library, another] * 4, names, strict=True))
    )
    (utterance,) = (await library.transcript("local", recording)).utterances
    assert sorted(utterance.text.split()) == sorted(["hello", "there", *names])
    assert utterance.revision == 8


async def test_what_an_older_version_folded_is_folded_anew(library: SqlRepository) -> None:
    recording = await kept(library, *LOG)
    old = json.loads('{"utterances":[{"id":"u1","start":0,"end":10,"text":"hello there"}]}')
    old["utterances"][0] |= {"engine": "e", "model": "m", "revision": 1}  # times were a reading
    async with library.tables.write() as db:
        await db.execute(update(transcripts).values(transcript=json.dumps(old)))
    assert (await library.transcript("local", recording)).utterances[0].revision == 1
    await say(library, recording, HALLO)
    assert await library.transcript("local", recording) == fold([*LOG, HALLO])


ids = st.sampled_from(["u1", "u2", "u3"])
texts = st.sampled_from(["", "one", "one two"])
events = st.one_of(
    st.builds(
        Final, id=ids, start=st.integers(0, 3), end=st.integers(0, 3), text=texts,
        engine=st.just("e"), model=st.just("m"),
    ),
    st.builds(Revised, id=ids, text=texts, engine=st.just("e"), model=st.just("m")),
    st.builds(Edited, id=ids, actor=st.just("a"), base_revision=st.integers(0, 3), text=texts),
    st.builds(Speaker, id=ids, speaker=st.sampled_from(["", "S1"]), actor=st.none() | st.just("a")),
    st.builds(Named, speaker=st.just("S1"), name=st.sampled_from(["", "Ada"])),
    st.builds(Marker, at=st.integers(0, 9), actor=st.just("a")),
)  # fmt: skip


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.lists(events, max_size=20), st.lists(st.lists(events, max_size=5), max_size=4))
async def test_the_transcript_is_the_fold_however_it_came(
    library: SqlRepository, log: list[AnyEvent], later: list[list[AnyEvent]]
) -> None:
    recording = await kept(library, *log)
    for some in later:
        await say(library, recording, *some)
    said = [*log, *(event for some in later for event in some)]
    assert [one.event async for one in library.events("local", recording)] == said
    assert await library.transcript("local", recording) == fold(said)
