"""Words and alignments, by hand."""

import random

import pytest

from vivavoce.bench.words import CELLS, align, align_long, bare, matched, spelled


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


def test_long_readings_are_aligned_as_short_ones_are() -> None:
    said = random.Random(4).choices([f"w{n}" for n in range(300)], k=6000)
    heard = [word for n, word in enumerate(said) if n not in (500, 3000)]
    heard.insert(4000, "invented")
    assert len(said) * len(heard) > CELLS
    pairs = align_long(said, heard)
    assert [i for i, j in pairs if j is None] == [500, 3000]
    assert [heard[j] for i, j in pairs if i is None and j is not None] == ["invented"]
    assert all(said[i] == heard[j] for i, j in pairs if i is not None and j is not None)
    assert [i for i, _ in pairs if i is not None] == list(range(len(said)))


def test_long_readings_that_have_nothing_in_common_end_as_well() -> None:
    pairs = align_long(["a"] * 1500, ["b"] * 1200)
    assert sum(i is not None for i, _ in pairs) == 1500
    assert sum(j is not None for _, j in pairs) == 1200
