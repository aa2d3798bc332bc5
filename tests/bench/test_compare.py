"""Two readings, word by word, by hand."""

from vivavoce.bench.compare import Counts, by_utterance, counts, matches, moved, told
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word


def reading(*texts: str, words: tuple[Word, ...] = ()) -> Transcript:
    """An utterance of 100 samples for each text."""
    return Transcript(
        utterances=tuple(
            Utterance(f"u{n}", 100 * n, 100 * n + 100, text, "e", "m", words=words)
            for n, text in enumerate(texts)
        )
    )


def kinds(first: Transcript, second: Transcript) -> list[str]:
    return [match.kind for match in matches(told(first), told(second))]


def test_case_and_punctuation_are_no_difference() -> None:
    assert kinds(reading("Well, yes."), reading("well yes")) == ["same", "same"]


def test_words_are_changed_lost_and_invented() -> None:
    found = matches(told(reading("a b c d e")), told(reading("a x d e", "f")))
    assert counts(found) == Counts(same=3, changed=1, lost=1, invented=1)
    assert counts(found).first == 5
    assert counts(found) + Counts(same=1, lost=2) == Counts(4, 1, 3, 1)


def test_hyphens_take_words_apart_and_dashes_are_none() -> None:
    found = told(reading("Well-known \u2014 twice"))
    assert [(word.text, word.bare) for word in found] == [
        ("Well-", "well"),
        ("known", "known"),
        ("twice", "twice"),
    ]


def test_words_are_where_the_aligner_found_them_or_about_there() -> None:
    timed = (Word("a", 7, 9), Word("b", 50, 60))
    assert [word.at for word in told(reading("a b", words=timed))] == [7, 50]
    assert [word.at for word in told(reading("", "a b"))] == [100, 150]


def test_differences_belong_to_the_utterances_of_the_first_reading() -> None:
    first, second = told(reading("a b", "c d")), told(reading("x a b y c d"))
    groups = by_utterance(matches(first, second))
    shown = [[m.second.text for m in group if m.second] for group in groups]
    assert shown == [["x", "a", "b", "y"], ["c", "d"]]
    assert by_utterance(matches([], second)) == [matches([], second)]
    assert by_utterance([]) == []


def test_cuts_that_moved_are_told() -> None:
    assert moved([(0, 5), (5, 9)], [(0, 5), (5, 8)]) == (1, [(5, 9)])
