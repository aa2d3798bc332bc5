"""The figures in the tables, of trials told by hand."""

from typing import Any

import pytest

from benchmarks.live.bench import _flushes
from benchmarks.live.figures import course, word_times
from vivavoce.bench.generator import Stream
from vivavoce.bench.measures import Spoken
from vivavoce.bench.trial import Heard, Part, Trial
from vivavoce.bench.usage import Usage

PART = Part(Stream("reading.wav"), (), 10.0)


def final(t: float, *words: tuple[str, float, float], utterance: str = "u1") -> dict[str, Any]:
    told = [
        {"text": text, "start": round(start * 16000), "end": round(end * 16000)}
        for text, start, end in words
    ]
    text = " ".join(word for word, _, _ in words)
    common = {"text": text, "stable": text, "final": True, "model": "m"}
    return {"t": t, "utterance": utterance, "words": told, **common}


def trial(*lines: dict[str, Any], course: list[Usage] | None = None) -> Trial:
    return Trial([Heard(PART, list(lines))], 0.0, 0.0, course or [])


def test_word_times_are_held_against_the_nearest_such_word() -> None:
    spoken = [Spoken("one", 1.0, 1.5), Spoken("two", 2.0, 2.4), Spoken("one", 5.0, 5.5)]
    told = trial(final(3, ("One", 1.1, 1.4)), final(6, ("1,", 4.9, 5.5), utterance="u2"))
    assert word_times(told, spoken) == pytest.approx([0.1, 0.1, 0.1, 0.0], abs=1e-6)


def test_a_word_that_was_not_said_there_has_no_times() -> None:
    assert word_times(trial(final(3, ("one", 1.0, 1.4))), [Spoken("one", 9.0, 9.4)]) == []


def test_later_times_of_an_utterance_replace_the_first() -> None:
    told = trial(final(2, ("one", 0.0, 0.5)), final(2.3, ("one", 1.0, 1.5)))
    assert word_times(told, [Spoken("one", 1.0, 1.5)]) == [0, 0]


def test_a_flush_is_answered_by_the_next_final() -> None:
    lines = [{"flush": 1.0}, final(1.2), final(1.9), {"flush": 4.0}, {"flush": 5.0}, final(5.1)]
    assert _flushes(Heard(PART, [final(0.5), *lines])) == pytest.approx([0.2, 0.1])


def test_a_steady_cost_is_the_same_in_every_part() -> None:
    steady = [Usage(cpu=3 + t / 10, memory=0, at=100 + t) for t in range(0, 101, 5)]
    assert course(trial(course=steady)) == pytest.approx([1] * 5)


def test_a_growing_cost_shows() -> None:
    growing = [Usage(cpu=t * t, memory=0, at=t) for t in range(0, 101, 5)]
    assert course(trial(course=growing)) == pytest.approx([0.2, 0.6, 1.0, 1.4, 1.8])
