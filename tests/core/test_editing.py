"""A person's reading, word by word against the one before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.editing import TABLE, WORDS, Edit, apply, edited
from vivavoce.core.errors import Conflict, NotFound, PeerError
from vivavoce.core.events import AnyEvent, Final
from vivavoce.core.transcript import Transcript, Utterance, fold
from vivavoce.core.types import Word


def heard(*words: Word, start: int = 0, end: int = 1000, gap: str = " ") -> Final:
    text = gap.join(word.text for word in words)
    return Final(id="u1", start=start, end=end, text=text, engine="e", model="m", words=words)


SAID = (
    Word("so", 100, 200, 0.9, "S1"),
    Word("it", 200, 300, 0.8),
    Word("goes", 400, 600, 0.7, "S2"),
    Word("on", 600, 700, 0.6),
)


def read(final: AnyEvent, *texts: str) -> Utterance:
    """How it reads when somebody has made it read these one after the other."""
    transcript = fold([final])
    for text in texts:
        (utterance,) = transcript.utterances or transcript.empty
        transcript = fold([edited(utterance, text, utterance.revision, "me")], transcript)
    (utterance,) = transcript.utterances or transcript.empty
    return utterance


def words(*texts: str) -> tuple[Word, ...]:
    return read(heard(*SAID), *texts).words


def test_a_word_that_stays_keeps_its_time_and_its_confidence() -> None:
    assert words("so it was on") == (
        *SAID[:2],
        Word("was", 400, 600, speaker="S2"),
        SAID[3],
    )


def test_case_and_punctuation_make_no_other_word() -> None:
    assert words("So, it GOES on!") == (
        Word("So,", 100, 200, 0.9, "S1"),
        SAID[1],
        Word("GOES", 400, 600, 0.7, "S2"),
        Word("on!", 600, 700, 0.6),
    )


def test_several_words_share_the_time_of_the_one_they_replace_by_their_length() -> None:
    assert words("so it has gone on")[2:4] == (
        Word("has", 400, 400 + 200 * 3 // 7, speaker="S2"),
        Word("gone", 400 + 200 * 3 // 7, 600, speaker="S2"),
    )


def test_one_word_takes_the_time_of_those_it_replaces() -> None:
    assert words("so it's on")[1] == Word("it's", 200, 600)


def test_a_word_that_is_put_in_lies_between_its_neighbours() -> None:
    assert words("so it never goes on")[2] == Word("never", 300, 400)
    assert words("and so it goes on")[0] == Word("and", 0, 100, speaker="S1")
    assert words("so it goes on again")[4] == Word("again", 700, 1000)


def test_a_word_that_is_put_back_is_where_it_was() -> None:
    assert words("so it on", "so it goes on")[2] == Word("goes", 300, 600)


def test_struck_out_and_brought_back_the_words_share_the_utterance() -> None:
    assert words("") == ()
    assert words("", "so on") == (Word("so", 0, 500), Word("on", 500, 1000))


def test_of_words_without_times_no_times_are_made_up() -> None:
    final = Final(id="u1", start=0, end=9, text="so it", engine="e", model="m")
    assert read(final, "so it goes").words == ()


def test_scripts_without_spaces_are_read_by_their_characters() -> None:
    final = heard(
        Word("今日は", 0, 300, 0.9), Word("いい", 300, 500, 0.8), Word("天気。", 500, 900), gap=""
    )
    assert read(final, "今日は、悪い天気。").words == (
        Word("今日は、", 0, 300, 0.9),
        Word("悪", 300, 400),
        Word("い", 400, 500),
        Word("天気。", 500, 900),
    )


def test_words_that_the_engine_wrote_otherwise_than_the_text_are_found() -> None:
    final = Final(
        id="u1", start=0, end=90, text="So it goes.", engine="e", model="m",
        words=(Word("so", 0, 30), Word("it", 30, 60), Word("goes", 60, 90)),
    )  # fmt: skip
    assert read(final, "So it went.").words == (
        Word("So", 0, 30),
        Word("it", 30, 60),
        Word("went.", 60, 90),
    )


def test_a_text_is_one_line() -> None:
    assert read(heard(*SAID), " so\n\tit\x00goes ").text == "so it goes"


def test_of_a_very_long_text_the_words_have_no_times() -> None:
    assert words("la " * WORDS)[-1].end == 700
    assert words("la " * (WORDS + 1)) == ()


def test_a_long_stretch_that_changed_is_changed_throughout() -> None:
    side = int(TABLE**0.5) + 1
    final = heard(*(Word(f"w{i}", i, i + 1, 0.5) for i in range(side)))
    turned = " ".join(f"w{i}" for i in reversed(range(side)))
    found = read(final, turned).words
    assert " ".join(word.text for word in found) == turned
    assert {word.confidence for word in found[1:-1]} == {None}


def test_words_that_were_replaced_throughout_leave_the_others_of_a_long_text_as_they_are() -> None:
    """No table has room for so many; none is needed."""
    final = heard(*(Word("foo" if i % 9 == 0 else f"w{i % 50}", i, i + 1, 0.5) for i in range(900)))
    for other in ("bar", "bar baz", ""):
        found = read(final, " ".join(final.text.replace("foo", other).split())).words
        assert [w for w in found if w.confidence] == [w for w in final.words if w.text != "foo"]


def longest(a: list[str], b: list[str]) -> int:
    """By the definition."""
    row = [0] * (len(b) + 1)
    for word in a:
        above = row[:]
        for j, other in enumerate(b, 1):
            row[j] = above[j - 1] + 1 if word == other else max(above[j], row[j - 1])
    return row[-1]


few = st.lists(st.sampled_from("abcdef"), max_size=20)


@given(few, few)
def test_as_many_words_stay_as_can(old: list[str], new: list[str]) -> None:
    final = heard(*(Word(text, i, i + 1, 0.5) for i, text in enumerate(old)))
    stayed = [word for word in read(final, " ".join(new)).words if word.confidence]
    assert len(stayed) == longest(old, new)
    assert all(word in final.words for word in stayed)


def transcript(*texts: str) -> Transcript:
    return fold(
        Final(id=f"u{n}", start=n, end=n + 1, text=text, engine="e", model="m")
        for n, text in enumerate(texts, 1)
    )


def test_an_edit_of_another_revision_is_a_conflict_that_says_how_it_reads() -> None:
    (utterance,) = transcript("one").utterances
    with pytest.raises(Conflict, match="u1") as raised:
        edited(utterance, "two", 1, "me")
    assert raised.value.current == (utterance,)


def test_of_several_edits_those_are_made_that_can_be() -> None:
    seen = transcript("one", "two", "three")
    edits = [Edit("u1", "uno", 0), Edit("u2", "dos", 7), Edit("u3", " three ", 5)]
    events, conflicts = apply(seen, edits, "me")
    assert [event.text for event in events] == ["uno"]
    assert [utterance.id for utterance in conflicts] == ["u2"]
    with pytest.raises(Conflict, match="u2") as raised:
        apply(seen, edits[1:], "me")
    assert raised.value.current == seen.utterances[1:2]


def test_what_is_not_there_or_twice_there_is_refused() -> None:
    with pytest.raises(NotFound, match="u9"):
        apply(transcript("one"), [Edit("u1", "x", 0), Edit("u9", "x", 0)], "me")
    with pytest.raises(PeerError, match="twice"):
        apply(transcript("one"), [Edit("u1", "x", 0), Edit("u1", "y", 0)], "me")


vocabulary = st.sampled_from(["so", "So,", "it", "goes", "on", "—", "今日", "は。", "x" * 30, "é"])
texts = st.lists(vocabulary, max_size=12).map(" ".join)


@st.composite
def utterances(draw: st.DrawFn) -> Final:
    """Words in order, some at once, some overlapping, as engines give them."""
    said = draw(st.lists(vocabulary, min_size=1, max_size=12))
    starts = sorted(draw(st.lists(st.integers(0, 500), min_size=len(said), max_size=len(said))))
    found = tuple(
        Word(text, 1000 + start, 1000 + start + draw(st.integers(0, 60)), 0.5)
        for text, start in zip(said, starts, strict=True)
    )
    return heard(*found, start=1000, end=1600)


@given(utterances(), st.lists(texts, min_size=1, max_size=4))
def test_words_make_up_the_text_in_order_and_within_the_utterance(
    final: Final, edits: list[str]
) -> None:
    utterance = read(final, *edits)
    assert utterance.text == edits[-1]
    assert "".join("".join(word.text.split()) for word in utterance.words) == "".join(
        edits[-1].split()
    )
    starts = [word.start for word in utterance.words]
    assert starts == sorted(starts)
    for word in utterance.words:
        assert 1000 <= word.start <= word.end <= 1600


@given(utterances(), texts)
def test_editing_back_gives_the_old_text_and_times_of_words_that_stayed(
    final: Final, text: str
) -> None:
    utterance = read(final, text, final.text)
    assert utterance.text == final.text
    assert "".join("".join(w.text.split()) for w in utterance.words) == "".join(final.text.split())
    assert read(final, final.text + " ").words == final.words
    assert utterance.revision == 2
