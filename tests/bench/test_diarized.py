"""Diarization error rate, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.bench.diarized import DiarizationErrors, Spoken, errors, read_rttm

SAID: list[Spoken] = [(0, 4, "a"), (5, 8, "b"), (7, 10, "a")]


def test_names_do_not_matter() -> None:
    found = [(start, end, {"a": "7", "b": "a"}[who]) for start, end, who in SAID]
    assert errors(SAID, found) == DiarizationErrors(10, 0, 0, 0)


def test_what_is_missed_invented_and_confused() -> None:
    found = [(0, 4, "x"), (4, 5, "x"), (5, 7.5, "y"), (8, 10, "y")]
    wrong = errors(SAID, found)
    assert (wrong.spoken, wrong.missed, wrong.invented, wrong.confused) == (10, 1.5, 1, 2)
    assert wrong.rate == pytest.approx(0.45)


def test_a_collar_forgives_what_is_near_an_edge() -> None:
    found = [(0.2, 4.2, "x"), (5.2, 8, "y"), (7, 10, "x")]
    assert errors(SAID, found).rate > 0
    assert errors(SAID, found, 0.25).rate == 0


def test_silence_has_no_errors_but_inventions() -> None:
    assert errors([], []).rate == 0
    assert errors([], [(0, 1, "x")]).invented == 1


def test_rttm() -> None:
    lines = ["SPEAKER f 1 1.440 11.872 <NA> <NA> MEE009 <NA> <NA>", "", ";; a remark"]
    ((start, end, who),) = read_rttm(lines)
    assert (start, who) == (1.44, "MEE009")
    assert end == pytest.approx(13.312)


TURNS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from("abcd")), max_size=8
)


def _turns(drawn: list[tuple[int, int, str]]) -> list[Spoken]:
    """Nobody speaks over themselves."""
    ends: dict[str, int] = {}
    turns: list[Spoken] = []
    for start, length, who in sorted(drawn):
        if start >= ends.get(who, 0):
            turns.append((start, start + length, who))
            ends[who] = start + length
    return turns


@given(TURNS, TURNS)
def test_errors_are_within_what_is_said_and_found(
    said: list[tuple[int, int, str]], found: list[tuple[int, int, str]]
) -> None:
    true, ours = _turns(said), _turns(found)
    wrong = errors(true, ours)
    assert wrong.spoken == pytest.approx(sum(end - start for start, end, _ in true))
    assert wrong.missed + wrong.confused <= wrong.spoken + 1e-9
    assert wrong.invented <= sum(end - start for start, end, _ in ours) + 1e-9
    assert errors(true, true).rate == 0
