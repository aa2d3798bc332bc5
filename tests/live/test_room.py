"""Whether there is room for dearer finals, on a clock of our own."""

from contextlib import ExitStack

import pytest

from vivavoce.live.room import MEMORY, ROOM, SHORT, Room


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def busy(room: Room, clock: Clock, calls: int, seconds: float) -> bool:
    """So many calls at once for so long; whether there is room at their end."""
    with ExitStack() as open_calls:
        for _ in range(calls):
            open_calls.enter_context(room.call())
        clock.now += seconds
        return room.enough


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_there_is_room_from_the_start(clock: Clock) -> None:
    assert Room(2, clock).enough


def test_a_long_call_on_one_host_of_two_leaves_room(clock: Clock) -> None:
    assert busy(Room(2, clock), clock, 1, 60)


def test_there_is_none_when_every_host_is_busy_for_long(clock: Clock) -> None:
    room = Room(2, clock)
    assert busy(room, clock, 2, MEMORY), "not yet: bursts pass"
    assert not busy(room, clock, 2, MEMORY)


def test_calls_that_wait_count_as_well(clock: Clock) -> None:
    assert not busy(Room(2, clock), clock, 4, 3.0)


@pytest.mark.parametrize("before", [True, False])
def test_between_the_limits_it_stays_as_it_was(clock: Clock, before: bool) -> None:
    room = Room(10, clock)
    assert busy(room, clock, 1 if before else 10, 60) is before
    for _ in range(100):
        assert busy(room, clock, round(10 * (ROOM + SHORT) / 2), MEMORY) is before


def test_when_the_load_has_gone_there_is_room_again(clock: Clock) -> None:
    room = Room(2, clock)
    assert not busy(room, clock, 4, 60)
    assert not room.enough
    clock.now += 2 * MEMORY
    assert room.enough


def test_the_way_back_is_as_long_after_a_crowd(clock: Clock) -> None:
    room = Room(2, clock)
    assert not busy(room, clock, 400, 60)
    clock.now += 2 * MEMORY
    assert room.enough


def test_a_call_that_fails_is_over_too(clock: Clock) -> None:
    room = Room(1, clock)
    with pytest.raises(ValueError, match="odd"), room.call():
        raise ValueError("odd")
    clock.now += 60
    assert room.enough
