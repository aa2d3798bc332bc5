"""When an engine that failed is tried again."""

from vivavoce.live.breaker import FAILURES, FIRST, LONGEST, Breaker


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed("It died.", grave=True)
    return breaker, clock


def test_it_counts_every_failure() -> None:
    breaker, clock = opened()
    breaker.failed("Again.")
    clock.now += LONGEST
    assert breaker.take()
    breaker.worked()
    assert breaker.errors == 2


def test_it_is_closed_until_enough_failures_in_a_row() -> None:
    breaker = Breaker(Clock())
    for _ in range(FAILURES - 1):
        breaker.failed("no")
        assert breaker.state == "closed"
        assert breaker.take()
    breaker.worked()
    for _ in range(FAILURES - 1):
        breaker.failed("no")
    assert breaker.state == "closed"
    breaker.failed("the last straw")
    assert (breaker.state, breaker.wait, breaker.reason) == ("open", FIRST, "the last straw")
    assert not breaker.take()


def test_a_grave_failure_opens_it_at_once() -> None:
    breaker, _ = opened()
    assert breaker.state == "open"


def test_one_may_try_when_the_wait_is_over() -> None:
    breaker, clock = opened()
    clock.now += FIRST
    assert (breaker.state, breaker.wait) == ("half-open", 0)
    assert breaker.take()
    assert not breaker.take()
    breaker.worked()
    assert (breaker.state, breaker.wait) == ("closed", 0)
    assert breaker.take()
    assert breaker.take()


def test_each_wait_is_twice_the_last_up_to_the_longest() -> None:
    breaker, clock = opened()
    waits = []
    for _ in range(9):
        waits.append(breaker.wait)
        clock.now += breaker.wait
        assert breaker.take()
        breaker.failed("still")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_many_failures_of_one_trouble_count_once() -> None:
    breaker, clock = opened()
    for _ in range(20):
        breaker.failed("me too")
    assert breaker.wait == FIRST
    clock.now += FIRST
    assert breaker.take()
    for _ in range(20):
        breaker.failed("me too")
    assert breaker.wait == 2 * FIRST


def test_it_begins_with_the_first_wait_again_after_it_worked() -> None:
    breaker, clock = opened()
    clock.now += FIRST
    breaker.take()
    breaker.failed("still")
    breaker.worked()
    breaker.failed("again", grave=True)
    assert breaker.wait == FIRST


def test_a_trial_that_nobody_tells_of_is_forgotten() -> None:
    breaker, clock = opened()
    clock.now += FIRST
    assert breaker.take()
    clock.now += LONGEST - 1
    assert not breaker.take()
    clock.now += 1
    assert breaker.take()


def test_whoever_it_works_for_closes_it() -> None:
    breaker, _ = opened()
    breaker.worked()
    assert breaker.state == "closed"
