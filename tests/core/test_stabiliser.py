"""What of a changing hypothesis is settled."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.stabiliser import Split, Stabiliser

WORDS = ("the", "The,", "cat", "Cat", "sat", "on", "a", "mat.", "-")


def shown(*hypotheses: str) -> list[tuple[str, str]]:
    stabiliser = Stabiliser()
    splits = [stabiliser.add(text) for text in hypotheses]
    return [(split.stable, split.tail) for split in splits]


def test_a_word_is_stable_when_it_is_heard_twice_and_another_after_it() -> None:
    assert shown("the", "the cat", "the cat sat", "the cat sat on") == [
        ("", "the"),
        ("the", " cat"),
        ("the cat", " sat"),
        ("the cat sat", " on"),
    ]


def test_an_unsure_word_must_be_heard_three_times() -> None:
    stabiliser = Stabiliser()
    for text in ("the cat", "the cat sat"):
        stabiliser.add(text, [0.9, 0.5, 0.9][: len(text.split())])
    assert stabiliser.add("the cat sat on", [0.9, 0.5, 0.9, 0.9]).stable == "the cat sat"
    stabiliser = Stabiliser()
    stabiliser.add("the cat", [0.9, 0.5])
    assert stabiliser.add("the cat sat", [0.9, 0.5, 0.9]).stable == "the"


def test_a_hypothesis_cut_short_ends_in_no_doubt_and_no_full_stop() -> None:
    assert Stabiliser().add("The cat mat.", [0.9, 0.9, 0.5], cut=True) == Split("", "The cat")
    assert Stabiliser().add("The cat sat.", [0.9, 0.9, 0.9], cut=True) == Split("", "The cat sat")
    assert Stabiliser().add("The cat mat.", [0.9, 0.9, 0.5]) == Split("", "The cat mat.")


def test_a_word_that_changes_is_not_stable() -> None:
    assert shown("the cat sat", "the hat sat", "the hat sat") == [
        ("", "the cat sat"),
        ("the", " hat sat"),
        ("the hat", " sat"),
    ]


def test_case_and_punctuation_do_not_count() -> None:
    assert shown("the cat. Sat", "The cat, sat") == [("", "the cat. Sat"), ("The cat,", " sat")]


def test_what_follows_a_stable_word_read_anew_goes_on() -> None:
    """No word is said twice, and none is lost."""
    assert shown("the cat sat on", "the cat sat on", "the hat sat on a")[-1] == (
        "the cat sat",
        " on a",
    )
    assert shown("the cat sat on", "the cat sat on", "a cat sat on mats")[-1] == (
        "the cat sat",
        " on mats",
    )


def test_a_hypothesis_may_become_shorter() -> None:
    assert shown("the cat sat", "the cat sat", "the") == [
        ("", "the cat sat"),
        ("the cat", " sat"),
        ("the cat", ""),
    ]


def test_nothing_heard_is_nothing_shown() -> None:
    assert shown("", "", "a", "") == [("", ""), ("", ""), ("", "a"), ("", "")]


def test_the_text_is_their_concatenation() -> None:
    split = Split("the cat", " sat")
    assert split.stable + split.tail == "the cat sat"


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=12))
def test_stable_text_only_grows_and_word_by_word(hypotheses: list[str]) -> None:
    before: list[str] = []
    stabiliser = Stabiliser()
    for text in hypotheses:
        split = stabiliser.add(text)
        words = split.stable.split()
        assert words[: len(before)] == before
        assert split.tail == "" or split.stable == "" or split.tail.startswith(" ")
        assert (split.stable + split.tail) == " ".join((split.stable + split.tail).split())
        before = words


@given(st.lists(st.sampled_from(("ab", "cd", "ef")), min_size=1, max_size=10))
def test_a_steady_hypothesis_is_shown_whole(words: list[str]) -> None:
    stabiliser = Stabiliser()
    for end in range(1, len(words) + 1):
        split = stabiliser.add(" ".join(words[:end]))
        assert split.stable + split.tail == " ".join(words[:end])
        assert split.stable == " ".join(words[: end - 1])
