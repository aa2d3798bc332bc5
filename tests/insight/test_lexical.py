"""Passages by their words."""

import pytest

from tests.insight.talks import MEETING, passages
from vivavoce.insight.lexical import Index, around
from vivavoce.insight.passages import parts
from vivavoce.insight.sentences import split
from vivavoce.insight.words import content

SAID = passages(*MEETING)


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("How much does the crane cost?", 3),
        ("Who calls the bank?", 6),
        ("SATURDAY ferries", 8),
        ("station", 11),
    ],
)
def test_the_most_relevant_comes_first(query: str, best: int) -> None:
    assert Index(SAID).rank(query, 3)[0].number == best


def test_words_that_nobody_said_find_nothing() -> None:
    assert Index(SAID).rank("xylophone the of", 3) == []
    assert Index([]).rank("crane", 3) == []


def test_a_sentence_is_not_pinned_on_who_only_shares_a_word() -> None:
    index = Index(SAID)
    assert index.closest("The crane was sold to a museum in Norway for its beauty.") is None
    found = index.closest("They agreed to lease the crane, for three years.")
    assert found is not None
    assert found.utterance == "u5"


def test_what_is_beside_the_best_comes_with_it_as_far_as_there_is_room() -> None:
    best = [SAID[4], SAID[9]]
    assert [p.number for p in around(best, SAID, 10_000)] == [4, 5, 6, 9, 10, 11]
    room = len(SAID[4].line) + 1 + len(SAID[3].line) + 1
    assert [p.number for p in around(best, SAID, room)] == [4, 5]


def test_parts_hold_what_they_may_and_lose_nothing() -> None:
    pieces = parts(SAID, 200)
    assert [p for piece in pieces for p in piece] == SAID
    assert all(sum(len(p.line) + 1 for p in piece) <= 200 for piece in pieces)
    assert [len(piece) for piece in parts(SAID, 1)] == [1] * len(SAID)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        (
            "Mr. Smith met J. R. Smith at no. 5, e.g. today.",
            ["Mr. Smith met J. R. Smith at no. 5, e.g. today."],
        ),
        (
            "It costs 3.50 pounds. \u201cYes.\u201d He left.",
            ["It costs 3.50 pounds.", "\u201cYes.\u201d", "He left."],
        ),
        ("so... that was it", ["so... that was it"]),
        (
            "\u4eca\u65e5\u306f\u3002\u660e\u65e5\u306f\u3002",
            ["\u4eca\u65e5\u306f\u3002", "\u660e\u65e5\u306f\u3002"],
        ),
        ("  ", []),
    ],
)
def test_sentences_end_where_they_do(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


def test_words_are_compared_without_what_only_dresses_them() -> None:
    assert content("The Ferries\u2019 caf\u00e9s, and Ada\u2019s ferry!") == [
        "ferry",
        "cafe",
        "ada",
        "ferry",
    ]
    assert content("\u6e2f\u6e7e\u4f1a\u8b70") == ["\u6e2f\u6e7e", "\u6e7e\u4f1a", "\u4f1a\u8b70"]
