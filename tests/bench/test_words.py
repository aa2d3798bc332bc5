"""Words and alignments, by hand."""

import pytest

from vivavoce.bench.words import align, bare, matched, spelled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Well-known, isn\u2019t it?", ["well", "known", "isnt", "it"]),
        ("Mister Hale and Mr. Hale", ["mr", "hale", "and", "mr", "hale"]),
        ("  ", []),
        ("'", []),
    ],
)
def test_words_are_bare(text: str, words: list[str]) -> None:
    assert bare(text) == words


def test_a_dictionary_gets_the_apostrophes_and_as_many_words() -> None:
    text = "Don't - 'twas Mister O'Hara's"
    assert spelled(text) == ["don't", "'twas", "mister", "o'hara's"]
    assert len(bare(text)) == len(spelled(text))


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ("a b c", "a b c", [(0, 0), (1, 1), (2, 2)]),
        ("a b c", "a x c", [(0, 0), (1, 1), (2, 2)]),
        ("a b c", "a c", [(0, 0), (1, None), (2, 1)]),
        ("a c", "a b c", [(0, 0), (None, 1), (1, 2)]),
        ("", "a", [(None, 0)]),
        ("a", "", [(0, None)]),
    ],
)
def test_the_cheapest_way_is_found(a: str, b: str, pairs: list[object]) -> None:
    assert align(a.split(), b.split()) == pairs


def test_a_part_is_found_at_the_beginning_of_the_whole() -> None:
    whole = ["the", "cat", "sat", "on", "the", "mat"]
    assert matched(["the"], whole, part=True) == {0: 0}
    assert matched(["a", "cat", "sat", "on", "the"], whole, part=True) == {1: 1, 2: 2, 3: 3, 4: 4}


def test_a_part_may_have_missed_words() -> None:
    whole = ["one", "two", "three", "four", "five", "six"]
    assert matched(["three", "four", "five"], whole, part=True) == {0: 2, 1: 3, 2: 4}


def test_without_part_what_follows_costs() -> None:
    assert matched(["the"], ["the", "cat", "sat", "on", "the"]) == {0: 0}
    assert matched(["x", "b"], ["b"]) == {1: 0}
