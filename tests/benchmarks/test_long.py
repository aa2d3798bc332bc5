"""What a long session cost, kept and read again."""

from pathlib import Path

import pytest

from benchmarks.long import Long, keep, kept
from tests.benchmarks.made_up import LONG


def test_it_is_read_as_it_was_kept(tmp_path: Path) -> None:
    assert kept(tmp_path / "none.json") is None
    keep(LONG, tmp_path / "long.json")
    assert kept(tmp_path / "long.json") == LONG


def test_a_fifth_that_costs_more_shows() -> None:
    assert LONG.uneven == pytest.approx(0.016 / 0.054)


def test_what_was_gained_is_beyond_the_most_of_the_first_half() -> None:
    memory = ((0.0, 100.0), (1.0, 180.0), (2.0, 170.0), (3.0, 185.0), (4.0, 182.0))
    assert Long("", "", "", 20, (1.0,), 4.0, memory).gained == 5.0
