"""What a run says of itself."""

from collections import Counter
from dataclasses import replace

import pytest

from chaos.check import Compared, Violations
from chaos.report import COUNTS, clean, line, summary
from chaos.scene import Result

GOOD = Result(
    "lost lines", Violations(), Compared(equal=7), 12.0, 20, 320_000, 90, Counter({"lost line": 3})
)


def test_a_scene_tells_what_was_done_and_found() -> None:
    assert "nothing lost" in line(GOOD)
    assert "3 x lost line" in line(GOOD)
    assert "2 violations" in line(replace(GOOD, violations=Violations(open=2)))


def test_all_scenes_are_counted_together() -> None:
    bad = replace(GOOD, violations=Violations(unjournalled=5))
    text = summary([GOOD, bad, bad], 7, 60.0, "make chaos ARGS='--seed 7'")
    (row,) = [row for row in text.splitlines() if row.startswith("samples acknowledged")]
    assert row.split()[-1] == "10"
    assert "21 finals" in text
    assert "make chaos ARGS='--seed 7'" in text


@pytest.mark.parametrize("count", COUNTS)
def test_one_violation_of_any_kind_is_enough(count: str) -> None:
    assert clean([GOOD, GOOD])
    assert not clean([GOOD, replace(GOOD, violations=Violations(**{count: 1}))])


def test_so_is_what_nobody_foresaw() -> None:
    assert not clean([replace(GOOD, notes=("The server ended with 1 after SIGTERM.",))])
