"""Where a session goes on that an earlier process, or another engine, left."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    EngineSwitched,
    Final,
    Marker,
    Named,
    Revised,
    Speaker,
    Speech,
    Started,
    Translated,
)
from vivavoce.core.past import SIGHT, Earlier
from vivavoce.core.types import AudioFormat
from vivavoce.live.said import BEFORE, STARTS, Said, said

A = 1_000_000


def final(start: int, end: int) -> Final:
    return Final(id="u", start=start, end=end, text="x", engine="e", model="m")


def started(at: int) -> Speech:
    return Speech(state="started", at=at)


def ended(at: int) -> Speech:
    return Speech(state="ended", at=at)


def test_nothing_said_is_the_beginning() -> None:
    assert said([]) == Said()
    assert Said().resume == 0


def test_it_is_remembered_who_decodes() -> None:
    begun = Started(session="s", engine="a", format=AudioFormat())
    assert said([begun]).engine == "a"
    assert said([begun]).began
    switched = EngineSwitched(at=0, previous="a", engine="b", reason="r")
    assert said([begun, switched]).engine == "b"


def test_marks_and_finals_are_counted_and_the_end_is_known() -> None:
    events: list[AnyEvent] = [Marker(at=1), started(2), ended(5), final(2, 5), Marker(at=7)]
    so_far = said([*events, Ended(reason="finished", duration=9)])
    assert (so_far.marks, so_far.finals, so_far.end, so_far.quiet) == (2, 1, 5, 5)
    assert so_far.ended


def test_finals_that_later_ones_may_be_read_with_are_remembered() -> None:
    so_far = said([final(0, 100), final(200, SIGHT), final(SIGHT, SIGHT + 100)])
    assert so_far.earlier == (Earlier(200, SIGHT, "x"), Earlier(SIGHT, SIGHT + 100, "x"))
    long = said([final(0, 100), final(200, 2 * SIGHT)])
    assert long.earlier == (Earlier(200, 2 * SIGHT, "x"),), "its last seconds are heard again"


def test_after_a_final_it_goes_on_where_that_ended() -> None:
    so_far = said([started(20_000), ended(90_000), final(20_000, 90_000)])
    assert so_far.resume == 90_000
    assert not so_far.going_on


def test_a_long_silence_is_not_heard_again() -> None:
    so_far = said([started(0), ended(9000), final(0, 9000), started(9_000_000)])
    assert so_far.resume == 9_000_000 - BEFORE
    assert not so_far.going_on


def test_speech_just_after_a_final_is_heard_from_there() -> None:
    assert said([started(0), ended(9000), final(0, 9000), started(9100)]).resume == 9000


def test_who_was_cut_is_going_on() -> None:
    so_far = said([started(100), final(100, 9000)])
    assert so_far.going_on
    assert so_far.resume == 9000


def test_the_first_undecided_utterance_counts() -> None:
    """Two ended while the engine still read the first."""
    events = [started(A), ended(A + 1), started(2 * A), ended(2 * A + 1), started(3 * A)]
    assert said(events).resume == A - BEFORE
    so_far = said([*events, final(A, A + 1)])
    assert so_far.resume == 2 * A - BEFORE
    assert not so_far.going_on


@given(st.integers(1, 60))
def test_however_many_wait_it_never_goes_on_after_one_of_them(count: int) -> None:
    ends = [(n * 100_000, n * 100_000 + 50_000) for n in range(count)]
    so_far = said(event for start, end in ends for event in (started(start), ended(end)))
    for start, end in ends:
        assert so_far.resume <= start
        assert len(so_far.starts) <= STARTS
        so_far = so_far.after(final(start, end))


ANNOTATIONS: tuple[AnyEvent, ...] = (
    Edited(id="u1", actor="ada", base_revision=0, text=""),
    Speaker(id="u1", speaker="S1", actor="ada"),
    Named(speaker="S1", name="Ada"),
    Marker(at=3, label="here", actor="ada"),
    Translated(id="u1", language="de", text="x"),
    Revised(id="u1", text="y", engine="e", model="m"),
)
TOLD: tuple[AnyEvent, ...] = (
    Started(session="s", engine="a", format=AudioFormat()),
    started(0),
    Marker(at=5),
    final(0, 9000),
    EngineSwitched(at=9000, previous="a", engine="b", reason="r"),
    ended(20_000),
    Marker(at=30_000),
    started(900_000),
)


@given(st.lists(st.tuples(st.integers(0, len(TOLD)), st.sampled_from(ANNOTATIONS)), max_size=12))
def test_what_people_say_of_it_anywhere_moves_nothing(others: list[tuple[int, AnyEvent]]) -> None:
    events = list(TOLD)
    for at, annotation in sorted(others, key=lambda each: each[0], reverse=True):
        events.insert(at, annotation)
    assert said(events) == said(TOLD)
