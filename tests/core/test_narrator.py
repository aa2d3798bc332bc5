"""What a service says becomes the grammar of results, whatever it says."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.narrator import Narrator
from vivavoce.core.results import Decided, Heard, Result, SpeechEnded, SpeechStarted
from vivavoce.core.types import Word
from vivavoce.testing.engines import check_grammar


def told(results: list[Result], fed: int = 1000, start: int = 0) -> list[Result]:
    narrator = Narrator(start)
    said = [each for result in results for each in narrator.tell(result, fed)]
    return [*said, *narrator.close(fed)]


def heard(start: int, end: int, text: str) -> Heard:
    return Heard(start=start, end=end, stable="", tail=text)


def decided(start: int, end: int, text: str, *words: Word) -> Decided:
    return Decided(start=start, end=end, text=text, model="m", words=words)


def test_a_decision_alone_is_a_whole_utterance() -> None:
    assert told([decided(10, 90, "yes")]) == [
        SpeechStarted(at=10),
        SpeechEnded(at=90),
        decided(10, 90, "yes"),
    ]


def test_what_hypotheses_agree_on_becomes_stable() -> None:
    *_, third, end = told([heard(0, 50 + n, "one two three") for n in range(3)])
    assert isinstance(third, Heard)
    assert (third.stable, third.tail) == ("one two", " three")
    assert end == SpeechEnded(at=1000)


def test_a_hypothesis_about_what_is_decided_is_too_late() -> None:
    said = told([decided(0, 100, "one"), heard(20, 90, "on")])
    assert not [result for result in said if isinstance(result, Heard)]


def test_words_that_are_decided_are_never_dropped() -> None:
    """Also where the service says impossible things of their place."""
    said = told([decided(0, 100, "one"), decided(20, 60, "two"), decided(5000, 9000, "three")])
    finals = [result for result in said if isinstance(result, Decided)]
    assert [final.text for final in finals] == ["one", "two", "three"]


def test_an_empty_decision_says_nothing() -> None:
    assert told([decided(0, 100, "")]) == []


POSITIONS = st.integers(0, 300)
TEXTS = st.sampled_from(["", "one", "one two", "two one", "one two three"])
SAID = st.one_of(
    st.builds(heard, POSITIONS, POSITIONS, TEXTS),
    st.builds(
        lambda start, end, text, at: decided(start, end, text, Word("one", at, at + 9)),
        POSITIONS,
        POSITIONS,
        TEXTS,
        POSITIONS,
    ),
    st.builds(lambda at: SpeechStarted(at=at), POSITIONS),
    st.builds(lambda at: SpeechEnded(at=at), POSITIONS),
)


@given(st.lists(SAID, max_size=12), st.integers(0, 100))
def test_whatever_is_said_follows_the_grammar(results: list[Result], start: int) -> None:
    fed = 1000
    said = told(results, fed, start)
    check_grammar(said, fed)
    finals = [result.text for result in said if isinstance(result, Decided)]
    assert finals == [r.text for r in results if isinstance(r, Decided) and r.text]
