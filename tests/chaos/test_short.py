"""A short run of `make chaos`: the same code and real servers, everything broken at once."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from chaos import report
from chaos.check import Violations
from chaos.draw import SHORT, Plan
from chaos.suite import Suite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it limits processes as Linux can")


@pytest.mark.parametrize("seed", [1, None], ids=["fixed", "random"])
def test_nothing_is_lost(tmp_path: Path, seed: int | None) -> None:
    if seed is None:
        seed = random.randrange(10**6)
    print(f"seed {seed}")  # of a failure, pytest shows it
    results = asyncio.run(Suite(Plan(seed, SHORT), tmp_path, lambda _: None).play())
    _, everything = results
    found = "\n".join(report.line(result) for result in results)
    assert [result.violations for result in results] == [Violations()] * 2, found
    assert report.clean(results), found
    assert everything.compared.equal > 0
    assert everything.done["lost line"] >= SHORT.breaks
    assert {kind: everything.done[kind] for kind in SHORT.blows} == SHORT.blows
