"""Who said which words, of turns found in the sound."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.events import AnyEvent, Final, Named, Speaker
from vivavoce.core.speakers import REACH, SpeakerTurn, assigned, fewer
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import SAMPLE_RATE, Word

S = SAMPLE_RATE


def said(id: str, start: float, *words: str, length: float = 1.0) -> Final:
    """Words of a second each; times in seconds."""
    at = [round((start + number * length) * S) for number in range(len(words) + 1)]
    placed = tuple(Word(word, at[n], at[n + 1]) for n, word in enumerate(words))
    end = at[-1] if words else at[0] + S
    return Final(
        id=id,
        start=at[0],
        end=end,
        text=" ".join(words) or "x",
        engine="e",
        model="m",
        words=placed,
    )


def turn(start: float, end: float, speaker: int) -> SpeakerTurn:
    return SpeakerTurn(round(start * S), round(end * S), speaker)


def heard(turns: list[SpeakerTurn], *events: AnyEvent) -> list[Speaker]:
    return assigned(fold(events), turns)


def test_speakers_are_numbered_in_order_of_appearance() -> None:
    one, two, three = said("u1", 0, "a", "b"), said("u2", 3, "c"), said("u3", 5, "d")
    found = heard([turn(0, 2, 7), turn(3, 4, 2), turn(5, 6, 7)], one, two, three)
    assert found == [
        Speaker(id="u1", speaker="S1"),
        Speaker(id="u2", speaker="S2"),
        Speaker(id="u3", speaker="S1"),
    ]


def test_words_of_one_utterance_may_be_by_several() -> None:
    final = said("u1", 0, "how", "are", "you", "fine")
    found = heard([turn(0, 2.9, 0), turn(3, 4, 1)], final)
    assert found == [Speaker(id="u1", speaker="S1", words=(None, None, None, "S2"))]


def test_where_two_speak_at_once_it_is_who_says_the_most_of_the_utterance() -> None:
    final = said("u1", 0, "how", "are", "you")
    assert heard([turn(1, 2, 0), turn(0, 3, 1)], final) == [Speaker(id="u1", speaker="S1")]


def test_words_in_which_nobody_is_heard_go_with_those_beside_them() -> None:
    final = said("u1", 0, "a", "b", "c", "d")
    found = heard([turn(1, 2, 0), turn(3, 4, 1)], final)
    assert found == [Speaker(id="u1", speaker="S1", words=(None, None, None, "S2"))]


def test_without_word_times_an_utterance_has_one_speaker() -> None:
    final = said("u1", 0)
    assert heard([turn(0, 0.3, 0), turn(0.3, 1, 1)], final) == [Speaker(id="u1", speaker="S1")]


def test_where_nobody_is_heard_near_nobody_is_named() -> None:
    final = said("u1", 10, "a")
    near, far = 11 + REACH / S - 0.5, 11 + REACH / S + 0.5
    assert heard([], final) == []
    assert heard([turn(far, far + 1, 0)], final) == []
    assert heard([turn(near, near + 1, 0)], final) == [Speaker(id="u1", speaker="S1")]
    assert heard([turn(0, 9.5, 0), turn(1, 2, 3)], final) == [Speaker(id="u1", speaker="S1")]


def test_what_is_said_already_is_not_said_again() -> None:
    final = said("u1", 0, "a", "b")
    turns = [turn(0, 1, 0), turn(1, 2, 1)]
    first = heard(turns, final)
    assert heard(turns, final, *first) == []


def test_a_speaker_found_again_keeps_the_label() -> None:
    """Numbered the other way round, and one of two was not there the first time."""
    events = [said("u1", 0, "a"), said("u2", 2, "b"), said("u3", 4, "c")]
    events += heard([turn(0, 1, 0), turn(2, 3, 1), turn(4, 5, 1)], *events)  # type: ignore[arg-type]
    later = said("u4", 6, "d")
    found = heard([turn(6, 7, 0), turn(0, 1, 2), turn(2, 3, 1), turn(4, 5, 1)], *events, later)
    assert found == [Speaker(id="u4", speaker="S3")]


def test_what_a_person_said_stands_and_names_the_voice() -> None:
    events = [said("u1", 0, "a", "b"), said("u2", 3, "c")]
    person = Speaker(id="u1", speaker="Anna", actor="local")
    found = heard([turn(0, 2, 0), turn(3, 4, 0)], *events, person)
    assert found == [Speaker(id="u2", speaker="Anna")]


def test_a_label_that_somebody_named_is_not_given_to_another() -> None:
    found = heard([turn(0, 1, 0)], said("u1", 0, "a"), Named(speaker="S1", name="Anna"))
    assert found == [Speaker(id="u1", speaker="S2")]


def test_fewer_keeps_those_who_speak_the_most() -> None:
    turns = [turn(0, 5, 0), turn(5.2, 5.6, 1), turn(9, 14, 2), turn(14.1, 14.3, 1)]
    assert fewer(turns, 2) == [
        turn(0, 5, 0),
        turn(5.2, 5.6, 0),
        turn(9, 14, 2),
        turn(14.1, 14.3, 2),
    ]
    assert fewer(turns, 3) == turns


TURNS = st.lists(
    st.builds(
        lambda start, length, speaker: SpeakerTurn(start, start + length, speaker),
        st.integers(0, 60 * S),
        st.integers(1, 10 * S),
        st.integers(0, 5),
    ),
    max_size=30,
)
SAID = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 5)), max_size=12)


def transcript(spoken: list[tuple[int, int]]) -> Transcript:
    return fold(
        said(f"u{n}", start / 10, *"abcdef"[:count], length=0.3)
        for n, (start, count) in enumerate(spoken)
    )


def slowly(turns: list[SpeakerTurn], start: int, end: int) -> dict[int, int]:
    spoken: dict[int, int] = {}
    for each in turns:
        if (shared := min(end, each.end) - max(start, each.start)) > 0:
            spoken[each.speaker] = spoken.get(each.speaker, 0) + shared
    return spoken


@given(TURNS, SAID)
def test_every_word_is_by_one_who_is_heard_the_longest_in_it(
    turns: list[SpeakerTurn], spoken: list[tuple[int, int]]
) -> None:
    before = transcript(spoken)
    events = assigned(before, turns)
    after = fold([*_finals(before), *events])
    by: dict[str, int] = {}  # every label is one voice, and every voice one label
    for utterance in after.utterances:
        for word in utterance.words:
            heard = slowly(turns, word.start, word.end)
            most = [speaker for speaker, n in heard.items() if n == max(heard.values())]
            if len(most) == 1:
                label = word.speaker or utterance.speaker
                assert label is not None
                assert by.setdefault(label, most[0]) == most[0]
    assert len(set(by.values())) == len(by)
    assert assigned(after, turns) == []


@given(TURNS, st.integers(1, 4))
def test_fewer_loses_no_turn_and_has_no_more_speakers(turns: list[SpeakerTurn], most: int) -> None:
    left = fewer(turns, most)
    assert sorted((t.start, t.end) for t in left) == sorted((t.start, t.end) for t in turns)
    assert len({t.speaker for t in left}) <= most
    assert {t.speaker for t in left} <= {t.speaker for t in turns}


def _finals(before: Transcript) -> list[Final]:
    return [
        Final(id=u.id, start=u.start, end=u.end, text=u.text, engine="e", model="m", words=u.words)
        for u in before.utterances
    ]
