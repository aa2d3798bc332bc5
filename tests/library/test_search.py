"""Finding what was said, in real databases."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.core.events import AnyEvent, Edited, Final, Named, Numbered, Speaker
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import Word
from vivavoce.library import tags
from vivavoce.library.found import Hit, Wanted
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.sql import SqlRepository
from vivavoce.library.terms import terms

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = 16_000


def final(n: int, text: str, words: tuple[Word, ...] = ()) -> Final:
    start = n * 10 * SECOND
    return Final(
        id=f"u{n}", start=start, end=start + 4 * SECOND, text=text, engine="e", model="m",
        words=words,
    )  # fmt: skip


async def kept(
    library: SqlRepository, *events: AnyEvent | str, owner: str = "local", title: str = "A talk"
) -> str:
    """A recording in which this was said."""
    id = new_id()
    await library.create(Recording(id=id, owner=owner, title=title, created_at=NOON, state="live"))
    log = [final(n, e) if isinstance(e, str) else e for n, e in enumerate(events, 1)]
    numbered = [Numbered(n, 1, event) for n, event in enumerate(log, 1)]
    await library.seal(id, numbered, Changes(state="done"))
    return id


async def found(library: SqlRepository, query: str, owner: str = "local") -> list[tuple[str, str]]:
    """The recording and the utterance of each hit."""
    return [(hit.recording, hit.utterance) for hit in (await library.search(owner, query)).items]


def marked(hit: Hit) -> str:
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in hit.snippet)


async def test_later_recordings_come_first_and_their_first_words(library: SqlRepository) -> None:
    old = await kept(library, "so it goes", "it goes on")
    new = await kept(library, "on it goes", "nothing", "goes")
    assert await found(library, "goes") == [
        (new, "u1"), (new, "u3"), (old, "u1"), (old, "u2"),
    ]  # fmt: skip


async def test_all_words_must_be_there_and_phrases_as_they_stand(library: SqlRepository) -> None:
    id = await kept(library, "so it goes on", "it goes so", "Zürich ist schön", "GO")
    assert await found(library, "goes so") == [(id, "u1"), (id, "u2")]
    assert await found(library, '"it goes" on') == [(id, "u1")]
    assert await found(library, '"goes so"') == [(id, "u2")]
    assert await found(library, "ZURICH sch") == [(id, "u3")]
    assert await found(library, "go") == [(id, "u1"), (id, "u2"), (id, "u4")]
    assert await found(library, '"go"') == [(id, "u4")]
    assert await found(library, "absent") == []


async def test_a_hit_says_where_and_when(library: SqlRepository) -> None:
    words = tuple(
        Word(text, 10 * SECOND + n * 8_000, 10 * SECOND + n * 8_000 + 4_000)
        for n, text in enumerate(["So", "it", "goes,", "(it", "goes)."])
    )
    timed = final(1, "So it goes, (it goes).", words)
    id = await kept(library, timed, "so it goes", title="<b>")
    first, second = (await library.search("local", "goes")).items
    assert (first.recording, first.title, first.created_at) == (id, "<b>", NOON)
    assert (first.start, first.end, first.at) == (10, 14, 11)
    assert marked(first) == "So it [goes], (it [goes])."
    assert (second.start, second.at) == (20, 20 + 4 * 6 / 10)  # nobody timed its words
    last = (await library.search("local", '"it goes"')).items[0]
    assert (marked(last), last.at) == ("So [it goes], ([it goes]).", 10.5)


async def test_a_snippet_is_bounded_and_whole_words(library: SqlRepository) -> None:
    await kept(library, "word " * 2000 + "here " + "after " * 2000, "x" * 5000 + " here")
    one, other = (await library.search("local", "here")).items
    assert marked(one) == f"… {'word ' * 16}[here] {'after ' * 25}…"
    assert marked(other) == f"… {'x' * 79} [here]"


async def test_pages_follow_one_another(library: SqlRepository) -> None:
    ids = [await kept(library, "so it goes", "it goes") for _ in range(3)]
    expected = [(id, u) for id in reversed(ids) for u in ("u1", "u2")]
    cursor, seen = None, []
    while True:
        page = await library.search("local", "goes", limit=4, cursor=cursor)
        seen += [(hit.recording, hit.utterance) for hit in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == expected
    for bad in ("", "x", "-1", "9" * 30):
        with pytest.raises(PeerError, match="cursor"):
            await library.search("local", "goes", cursor=bad)


async def test_nobody_finds_what_is_another_s(library: SqlRepository) -> None:
    mine = await kept(library, "secret", owner="me", title="Mine")
    await library.retag("me", mine, ["private"])
    assert await found(library, "secret", owner="you") == []
    assert await library.tags("you") == []
    for wanted in (Wanted(q="secret"), Wanted(q="mine"), Wanted(tag="private")):
        assert (await library.page("you", wanted=wanted)).items == ()
        assert [row.id for row in (await library.page("me", wanted=wanted)).items] == [mine]
    with pytest.raises(NotFound):
        await library.retag("you", mine, [])
    with pytest.raises(NotFound):
        await library.bin("you", mine, NOON)
    assert await found(library, "secret", owner="me") == [(mine, "u1")]


async def test_what_is_edited_is_found_as_it_reads_now(library: SqlRepository) -> None:
    id = await kept(library, "so it goes", "on and on")
    other = await kept(library, "so it goes")

    def strike(transcript: Transcript) -> list[AnyEvent]:
        return [
            Edited(id="u1", actor="a", base_revision=0, text="So it went"),
            Edited(id="u2", actor="a", base_revision=0, text=""),
        ]

    await library.annotate("local", id, strike)
    assert await found(library, "goes") == [(other, "u1")]
    assert await found(library, "went") == [(id, "u1")]
    assert await found(library, "on") == []
    row = await library.get("local", id)
    assert (row.words, row.preview) == (3, "So it went")
    again = Edited(id="u2", actor="a", base_revision=1, text="on and off")
    await library.annotate("local", id, lambda _: [again])
    assert await found(library, "off") == [(id, "u2")]
    assert await found(library, "so") == [(other, "u1"), (id, "u1")]  # each in its old place


async def test_the_list_says_who_speaks(library: SqlRepository) -> None:
    id = await kept(library, "one", "two")
    assert (await library.get("local", id)).diarization is False
    said = [Speaker(id="u1", speaker="S2"), Speaker(id="u2", speaker="S1")]
    await library.annotate("local", id, lambda _: [*said, Named(speaker="S1", name="Ann")])
    row = await library.get("local", id)
    assert (row.speakers, row.diarization) == (("S2", "Ann"), True)


async def test_the_bin_hides(library: SqlRepository) -> None:
    id = await kept(library, "so it goes")
    await library.retag("local", id, ["work"])
    binned = await library.bin("local", id, NOON)
    assert binned.deleted_at == NOON
    assert await found(library, "goes") == []
    assert await library.tags("local") == []
    assert (await library.page("local")).items == ()
    assert (await library.page("local", wanted=Wanted(deleted=True))).items == (binned,)
    assert await library.binned(NOON - timedelta(seconds=1)) == []
    assert await library.binned(NOON) == [("local", id)]
    restored = await library.bin("local", id, None)
    assert restored.deleted_at is None
    assert await found(library, "goes") == [(id, "u1")]
    assert await library.binned(NOON) == []


async def test_of_very_many_tags_the_most_used_are_listed(
    library: SqlRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "COUNTED", 2)
    one, two = await kept(library, "so"), await kept(library, "it")
    await library.retag("local", one, ["z", "b", "a"])
    await library.retag("local", two, ["z"])
    assert await library.tags("local") == [("a", 1), ("z", 2)]


async def test_tags_are_put_counted_and_go_with_their_recording(library: SqlRepository) -> None:
    one, other = await kept(library, "one"), await kept(library, "two")
    assert (await library.retag("local", one, ["work", "a&b", "work"])).tags == ("a&b", "work")
    await library.retag("local", other, ["work"])
    assert await library.tags("local") == [("a&b", 1), ("work", 2)]
    assert (await library.retag("local", one, ["home"])).tags == ("home",)
    await library.delete("local", other)
    assert await library.tags("local") == [("home", 1)]


async def test_a_list_is_of_what_is_mentioned(library: SqlRepository) -> None:
    titled = await kept(library, "one", title="Müller: 100% da_ta")
    tagged = await kept(library, "two")
    await library.retag("local", tagged, ["Mülleimer"])
    spoken = await kept(library, "three", "der Müller mahlt", "Müller")
    await kept(library, "four")

    async def listed(q: str) -> list[str]:
        return [row.id for row in (await library.page("local", wanted=Wanted(q=q))).items]

    assert set(await listed("MULLE")) == {titled, tagged, spoken}
    assert await listed("müller mahlt") == [spoken]
    assert await listed("100% DA_") == [titled]
    assert await listed("%%") == []
    assert await listed("'\"") == []


async def test_what_is_deleted_is_not_found(library: SqlRepository) -> None:
    ids = [await kept(library, f"xyzzy{n} plugh") for n in range(3)]
    await library.delete("local", ids[0], tidy=False)
    await library.delete("local", ids[1])
    assert await found(library, "plugh") == [(ids[2], "u1")]
    assert await found(library, "xyzzy") == [(ids[2], "u1")]


ODD = ['"', '""', '"""', "*", "a*b", "NEAR(a b)", "a AND", "OR", "NOT a", "(", "a:b", "^a", "-a",
       "terms:x", "a\x00b", "\U0001f600", "'; DROP TABLE search", "+", "{}", "a" * 200,
       " ".join("ab" for _ in range(67)), " ".join("a" * 100), "我" * 200]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
async def test_no_query_is_an_error(library: SqlRepository, query: str) -> None:
    await kept(library, "a b c")
    await library.search("local", query)
    await library.page("local", wanted=Wanted(q=query))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=30), st.text(max_size=30))
async def test_what_was_said_is_found_by_its_own_words(
    library: SqlRepository, said: str, asked: str
) -> None:
    await library.search("local", asked)
    id = await kept(library, said)
    if terms(said):
        assert (id, "u1") in await found(library, said.replace('"', " "))
    await library.delete("local", id)
