"""A long utterance, believed from windows that see its last seconds."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.hypothesis import Believed, Hypothesis
from vivavoce.core.results import Reading


def test_a_window_of_the_whole_is_believed_as_it_is() -> None:
    hypothesis = Hypothesis(100)
    reading = Reading(text="the cat", tokens=(1, 2), chances=(0.5, 0.6))
    assert hypothesis.read(100, reading) == Believed("the cat", (0.5, 0.6))
    assert hypothesis.tokens == (1, 2)


def test_what_is_before_the_anchor_is_kept() -> None:
    """The window begins in the middle of "sat", so its first word is half of one."""
    hypothesis = Hypothesis(0)
    hypothesis.read(0, Reading(text="the cat sat on the", tokens=(1,)))
    hypothesis.move(500)
    assert not hypothesis.tokens
    believed = hypothesis.read(500, Reading(text="at on the mat", tokens=(2,), chances=(0.1,) * 4))
    assert believed == Believed("the cat sat on the mat", (1.0, 1.0, *[0.1] * 4))
    assert list(hypothesis.tokens) == [2]


def test_a_window_with_nothing_in_common_goes_on_behind() -> None:
    hypothesis = Hypothesis(0)
    hypothesis.read(0, Reading(text="one two"))
    hypothesis.move(500)
    assert hypothesis.read(500, Reading(text="hree four")) == Believed("one two four", ())
    assert hypothesis.read(500, Reading(text="")) == Believed("one two four", ())


def test_an_answer_from_before_the_anchor_moved_is_too_late() -> None:
    hypothesis = Hypothesis(0)
    hypothesis.move(500)
    hypothesis.move(900)
    assert hypothesis.read(500, Reading(text="late")) is None


def test_the_whole_read_again_corrects_everything_but_is_no_prefix() -> None:
    hypothesis = Hypothesis(0)
    hypothesis.read(0, Reading(text="the hat"))
    hypothesis.move(500)
    assert hypothesis.read(0, Reading(text="the cat", tokens=(7,))) == Believed("the cat", ())
    assert hypothesis.tokens == ()


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=6))
def test_there_is_a_chance_for_each_word_or_for_none(texts: list[list[str]]) -> None:
    hypothesis = Hypothesis(0)
    for n, words in enumerate(texts):
        hypothesis.move(n)
        chances = tuple(0.5 for _ in words)
        believed = hypothesis.read(n, Reading(text=" ".join(words), chances=chances))
        assert believed is not None
        assert len(believed.chances) in (0, len(believed.text.split()))
