"""Where the processor's time goes, of looks and figures made up here."""

import sys
from types import CodeType, FrameType
from typing import Any

import pytest

from benchmarks.live import costs
from benchmarks.live.costs import SHOWN, Costs
from benchmarks.live.sampled import part


def test_looks_become_costs_and_the_rare_ones_are_together() -> None:
    looks = {f"part{n}": 2 for n in range(SHOWN)} | {"rare": 1, "rarer": 1}
    found = costs.shared(looks, 0.3)
    assert len(found) == SHOWN + 1
    assert found["part0"] == pytest.approx(0.02)
    assert found["all else"] == pytest.approx(0.02)
    assert sum(found.values()) == pytest.approx(0.3)


def test_nothing_seen_is_no_cost() -> None:
    assert costs.shared({}, 0.3) == {}


def test_the_tables_have_a_column_for_each_trial() -> None:
    one = Costs(1, {"server": 0.02, "hosts": 0.05}, {"audio/vad.py": 0.02})
    ten = Costs(10, {"server": 0.01, "hosts": 0.04}, {"live/runner.py": 0.01})
    lines = costs.tables([one, ten]).splitlines()
    assert "| all | 0.0700 | 0.0500 |" in lines
    assert "| `audio/vad.py` | 0.0200 | 0.0000 |" in lines
    assert not any("aligner" in line for line in lines)


def frame(*files: tuple[str, str]) -> FrameType:
    """A stack of functions in those files and modules, the innermost last."""
    caught: list[FrameType] = []
    namespace: dict[str, Any] = {"inner": lambda: caught.append(sys._getframe(1))}
    for file, module in reversed(files):
        code: CodeType = compile("def call():\n    inner()", file, "exec")
        own: dict[str, Any] = {"__name__": module, "inner": namespace["inner"]}
        exec(code, own)
        namespace["inner"] = own["call"]
    namespace["inner"]()
    return caught[0]


def test_a_look_counts_for_the_innermost_of_our_files() -> None:
    ours = ("/p/vivavoce/live/runner.py", "vivavoce.live.runner")
    start = ("/p/vivavoce/cli/serve.py", "vivavoce.cli.serve")
    loop = ("/p/asyncio/events.py", "asyncio.events")
    json = ("/p/json/encoder.py", "json.encoder")
    assert part(frame(start, loop, ours, json)) == "live/runner.py"
    assert part(frame(start, loop)) == "asyncio"
    assert part(None) == "python"
