"""Who guesses waits."""

from vivavoce.server.auth.attempts import FORGOTTEN, FREE, LONGEST, MOST, Attempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_each_wait_is_twice_as_long() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(FREE + 12):
        attempts.failed("192.0.2.1")
        waits.append(attempts.wait("192.0.2.1"))
        clock.now += waits[-1]
    assert waits[: FREE - 1] == [0] * (FREE - 1)
    assert waits[FREE - 1 : FREE + 3] == [1, 2, 4, 8]
    assert max(waits) == waits[-1] == LONGEST
    assert attempts.failures == len(waits)
    assert attempts.wait("192.0.2.2") == 0, "nobody waits for another"


def test_a_wait_passes_and_is_forgotten() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(FREE):
        attempts.failed("192.0.2.1")
    clock.now += 0.25
    assert attempts.wait("192.0.2.1") == 0.75
    clock.now += FORGOTTEN + 1
    attempts.failed("192.0.2.1")
    assert attempts.wait("192.0.2.1") == 0


def test_who_has_a_key_does_not_wait_any_more() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE):
        attempts.failed("192.0.2.1")
    attempts.succeeded("192.0.2.1")
    assert attempts.wait("192.0.2.1") == 0


def test_a_network_of_ipv6_is_one_place() -> None:
    attempts = Attempts(Clock())
    for number in range(FREE):
        attempts.failed(f"2001:db8::{number:x}%eth0")
    assert attempts.wait("2001:db8::ffff") > 0
    assert attempts.wait("2001:db8:0:1::1") == 0


def test_other_spellings_of_an_address_are_the_same_place() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE):
        attempts.failed("::ffff:192.0.2.1")
    assert attempts.wait("192.0.2.1") > 0
    attempts.failed(None)  # a socket file
    assert attempts.wait(None) == 0


def test_only_so_many_are_remembered() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE):
        attempts.failed("192.0.2.1")
    for number in range(MOST):
        attempts.failed(f"10.0.{number >> 8}.{number & 255}")
    assert attempts.wait("192.0.2.1") == 0
