"""What processes use, of real ones."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.bench import usage as module
from vivavoce.bench.usage import memory, usage

pytestmark = pytest.mark.skipif(not module.PROC.is_dir(), reason="there is no /proc here")

WORK = "import time\nwhile time.process_time() < 0.3: pass\n"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORK!r}])"


def test_a_child_that_has_ended_is_counted() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"{PARENT}\nprint(flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    process.stdout.readline()
    used, held = usage([process.pid]), memory([process.pid])
    process.communicate(b"\n")
    assert used.cpu >= 0.25  # a clock of its own, in steps of 10 ms
    assert used.memory > 1_000_000
    assert held.keys() == {process.pid}
    assert held[process.pid] > 1_000_000


def test_a_process_that_is_not_there_uses_nothing() -> None:
    assert usage([2**22 + 1]).cpu == 0


def test_without_proc_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROC", Path("not here"))
    assert math.isnan(usage([1]).cpu)
    assert memory([1]) == {}
