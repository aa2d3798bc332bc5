"""What a final is read together with."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.past import LEAD, LEAST, NEAR, SIGHT, Earlier, Past

S = 16_000


def test_what_was_said_just_before_is_read_together() -> None:
    past = Past([Earlier(0, S, "to be")])
    past.add(Earlier(S + 100, 2 * S, "or not"))
    assert past.before(2 * S, 3 * S) == Earlier(0, 2 * S, "to be or not")


def test_what_was_said_long_before_is_not() -> None:
    past = Past([Earlier(0, S, "to be")])
    assert past.before(S + NEAR, 3 * S) is not None
    assert past.before(S + NEAR + 1, 3 * S) is None


def test_a_gap_further_back_ends_it() -> None:
    past = Past([Earlier(0, S, "to be"), Earlier(3 * S, 4 * S, "or not")])
    assert past.before(4 * S, 5 * S) == Earlier(3 * S, 4 * S, "or not")


def test_no_window_gets_longer_than_it_may() -> None:
    past = Past([Earlier(0, S, "to be"), Earlier(S, 2 * S, "or not")])
    assert past.before(2 * S, SIGHT) == Earlier(0, 2 * S, "to be or not")
    assert past.before(2 * S, SIGHT + 1) == Earlier(S, 2 * S, "or not")
    assert past.before(2 * S, SIGHT + S + 1) is None


def test_of_what_is_too_long_the_last_seconds_are_heard_again() -> None:
    past = Past([Earlier(0, 10 * S, "to be")])
    assert past.before(10 * S, 12 * S) == Earlier(10 * S - LEAD, 10 * S, "")
    assert past.before(10 * S, 16 * S) == Earlier(10 * S - LEAST, 10 * S, ""), "8 s in all"
    assert past.before(10 * S, 16 * S + 1) is None, "longer than it may get"
    assert past.before(10 * S + NEAR + 1, 13 * S) is None, "a long pause lies between"


def test_an_utterance_without_words_is_as_if_nobody_had_spoken() -> None:
    past = Past()
    past.add(Earlier(0, S, ""))
    assert past.before(S, 2 * S) is None


def test_it_waits_for_what_it_is_read_with_and_for_nothing_else() -> None:
    past = Past()
    assert past.ready([], S, 2 * S)
    assert not past.ready([(0, S)], S, 2 * S)
    assert past.ready([(0, S)], S + NEAR + 1, 3 * S)
    assert past.ready([(0, S)], S, SIGHT + 1)
    assert not past.ready([(0, 2 * SIGHT)], 2 * SIGHT, 2 * SIGHT + S)


@given(
    gaps=st.lists(st.integers(0, 2 * S), min_size=1, max_size=12),
    lengths=st.lists(st.integers(1, 12 * S), min_size=12, max_size=12),
)
def test_forgetting_changes_nothing_and_has_a_bound(gaps: list[int], lengths: list[int]) -> None:
    keeping, forgetting = Past(), Past()
    start = 0
    for gap, length in zip(gaps, lengths, strict=False):
        start += gap
        needed = forgetting.needed(start)
        assert start - SIGHT < needed <= start
        end = start + length
        before = keeping.before(start, end)
        assert forgetting.before(start, end) == before
        assert before is None or (before.start >= needed and end - before.start <= SIGHT)
        for past in (keeping, forgetting):
            past.add(Earlier(start, end, f"w{start}"))
        start = end
