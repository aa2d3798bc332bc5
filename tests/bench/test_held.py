"""The bar for streams that are held, and the search, against machines that hold a known number."""

import math
from typing import Any

import pytest

from vivavoce.bench.generator import Stream
from vivavoce.bench.held import CLOSE, Verdict, bar, most, verdict
from vivavoce.bench.measures import Spoken
from vivavoce.bench.trial import Heard, Part, Trial

WORDS = tuple(Spoken(f"w{n}", float(n), n + 0.5) for n in range(40))
PART = Part(Stream("reading.wav"), WORDS, 40.0)


def heard(
    *, late: int = 0, final: float = 0.6, words: int = 40, finals: bool = True
) -> list[dict[str, Any]]:
    """Each word is an utterance. The last `late` are shown 2 s after their end, others 0.3 s."""
    lines = []
    for n, word in enumerate(WORDS[:words]):
        shown = word.end + (2.0 if n >= words - late else 0.3)
        line = {"utterance": f"u{n}", "text": word.text, "stable": "", "final": False}
        lines.append({"t": shown, **line})
        if finals:
            at = max(shown, word.end + final)
            lines.append({**line, "t": at, "stable": word.text, "final": True})
    return sorted(lines, key=lambda line: line["t"])


def trial(*streams: list[dict[str, Any]]) -> Trial:
    return Trial([Heard(PART, lines) for lines in streams], 2.0, 0.2, [])


def judged(alone: list[dict[str, Any]], *streams: list[dict[str, Any]]) -> Verdict:
    return verdict(trial(*streams), bar(trial(alone)))


def test_as_good_as_alone_is_held() -> None:
    found = judged(heard(), heard(), heard())
    assert found.holds
    assert (found.streams, found.late, found.shown) == (2, 0.0, 1.0)
    assert (found.cost, found.generator) == pytest.approx((0.025, 0.0025))


def test_five_words_of_a_hundred_may_be_late() -> None:
    assert judged(heard(), heard(late=2)).holds
    assert not judged(heard(), heard(late=3)).holds


def test_what_is_late_alone_is_not_the_load() -> None:
    slow = heard(late=10)
    assert judged(slow, heard(late=12)).holds
    assert not judged(slow, heard(late=13)).holds


def test_a_system_that_is_late_alone_by_a_little_gets_nothing_for_it() -> None:
    assert not judged(heard(late=1), heard(late=3)).holds


def test_who_is_late_with_most_words_alone_holds_nobody() -> None:
    hopeless = heard(late=30)
    assert not judged(hopeless, hopeless).holds


def test_finals_may_come_half_a_second_later_than_alone() -> None:
    assert judged(heard(final=1.5), heard(final=1.9)).holds
    assert not judged(heard(final=0.5), heard(final=1.1)).holds


def test_a_system_without_finals_is_not_asked_for_them() -> None:
    none = heard(finals=False)
    found = judged(none, none)
    assert found.holds
    assert math.isnan(found.final)


def test_finals_that_no_longer_come_are_missed() -> None:
    assert not judged(heard(), heard(finals=False)).holds


def test_words_that_are_not_shown_are_not_in_time() -> None:
    assert judged(heard(), heard(words=38)).holds
    assert not judged(heard(), heard(words=36)).holds
    assert not judged(heard(), heard(), []).holds


def test_nobody_may_be_refused() -> None:
    found = judged(heard(), [*heard(), {"refused": "full"}])
    assert not found.holds
    assert found.refused == "full"


@pytest.mark.parametrize("capacity", range(40))
@pytest.mark.parametrize("guess", [1, 7, 16])
def test_the_capacity_is_found(capacity: int, guess: int) -> None:
    tried: list[int] = []

    def holds(streams: int) -> bool:
        tried.append(streams)
        return streams <= capacity

    found = most(holds, guess, 32)
    assert found <= min(capacity, 32) <= found * (1 + CLOSE)
    assert len(set(tried)) == len(tried)
    assert max(tried) <= 32


def test_a_good_guess_saves_trials() -> None:
    tried: list[int] = []

    def holds(streams: int) -> bool:
        tried.append(streams)
        return streams <= 17

    most(holds, 16, 64)
    assert tried == [16, 32, 24, 20, 18, 17]
