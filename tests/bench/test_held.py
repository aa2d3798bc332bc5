"""The search for how many streams are held, against machines that hold a known number."""

import pytest

from vivavoce.bench.held import most


@pytest.mark.parametrize("capacity", range(40))
@pytest.mark.parametrize("guess", [1, 7, 16])
def test_the_capacity_is_found(capacity: int, guess: int) -> None:
    tried: list[int] = []

    def holds(streams: int) -> bool:
        tried.append(streams)
        return streams <= capacity

    assert most(holds, guess, 32) == min(capacity, 32)
    assert len(set(tried)) == len(tried)
    assert max(tried) <= 32


def test_a_good_guess_saves_trials() -> None:
    tried: list[int] = []

    def holds(streams: int) -> bool:
        tried.append(streams)
        return streams <= 17

    most(holds, 16, 64)
    assert tried == [16, 32, 24, 20, 18, 17]
