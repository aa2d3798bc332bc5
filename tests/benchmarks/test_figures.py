"""The figures in the tables, of trials told by hand."""

import math
from typing import Any

import pytest

from benchmarks.live.figures import gave, revised, word_times
from benchmarks.live.ours import after_own_end, flushes
from vivavoce.bench.generator import Stream
from vivavoce.bench.measures import Spoken
from vivavoce.bench.trial import Heard, Part, Trial

PART = Part(Stream("reading.wav"), (), 10.0)


def final(t: float, *words: tuple[str, float, float], utterance: str = "u1") -> dict[str, Any]:
    told = [
        {"text": text, "start": round(start * 16000), "end": round(end * 16000)}
        for text, start, end in words
    ]
    text = " ".join(word for word, _, _ in words)
    common = {"text": text, "stable": text, "final": True, "model": "m"}
    return {"t": t, "utterance": utterance, "words": told, **common}


def trial(*lines: dict[str, Any]) -> Trial:
    return Trial([Heard(PART, list(lines))], 0.0, 0.0, [])


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
    assert flushes(Heard(PART, [final(0.5), *lines])) == pytest.approx([0.2, 0.1])


def test_a_revised_final_answers_no_flush() -> None:
    lines = [{"flush": 1.0}, {**final(1.1), "revised": True}, final(1.3)]
    assert flushes(Heard(PART, lines)) == pytest.approx([0.3])


def spanned(t: float, start: float, end: float, utterance: str) -> dict[str, Any]:
    """A final of an utterance that was heard there; its end is 256 ms after its voice's."""
    told = final(t, ("yes", start, end), utterance=utterance)
    return {**told, "start": round(start * 16000), "end": round((end + 0.256) * 16000)}


def test_a_final_is_held_against_the_last_speech_that_the_vad_heard() -> None:
    lines = [spanned(2.6, 1.0, 2.0, "u1"), spanned(6.0, 5.0, 5.4, "u2")]
    assert after_own_end(Heard(PART, lines)) == pytest.approx([0.6, 0.6])


def test_an_utterance_that_was_cut_has_no_end_of_speech() -> None:
    cut = spanned(20.1, 0.0, 19.744, "u1")
    rest = spanned(25.6, 20.0, 25.0, "u2")
    assert after_own_end(Heard(PART, [cut, rest])) == pytest.approx([0.6])


def timed(t: float, utterance: str) -> dict[str, Any]:
    return {**final(t, ("yes", 0.0, 0.5), utterance=utterance), "revised": True}


def test_word_times_come_after_their_final_or_never() -> None:
    told = trial(
        *(final(1.0, ("yes", 0.0, 0.5)), timed(1.2, "u1")),
        *(final(2.0, ("no", 1.0, 1.5), utterance="u2"), final(3.0, utterance="u3")),
    )
    assert revised([told]).values == pytest.approx((0.2, math.inf))


def test_what_a_server_gave_up_shows() -> None:
    said = (Spoken("yes", 0.0, 0.5), Spoken("no", 1.0, 1.5))
    part = Part(Stream("reading.wav"), said, 10.0)
    interim = {**final(0.8, ("yes", 0.0, 0.5)), "final": False, "stable": ""}
    dear = {**final(1.1, ("yes", 0.0, 0.5)), "model": "dear"}
    lines = [interim, dear, timed(1.3, "u1"), {"t": 2.0, "lags": 6.5}]
    found = gave(Trial([Heard(part, lines), Heard(part, [interim])], 0.0, 0.0, []), "dear")
    assert (found.streams, found.interims, found.lag) == (2, 0.1, 6.5)
    assert (found.better, found.timed, found.lost) == (0.0, 1.0, 0.5)


def test_a_peer_that_names_no_model_gave_nothing_up() -> None:
    told = {key: value for key, value in final(1.0, ("yes", 0.0, 0.5)).items() if key != "model"}
    assert gave(trial(told), "").better == 0.0
