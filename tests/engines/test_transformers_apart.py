"""The transformers engine, without PyTorch and with it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.engines.conftest import WITH_TORCH

ROOT = Path(__file__).parents[2]


def test_with_pytorch_all_of_its_tests_pass() -> None:
    """In a process of their own: PyTorch is no part of the environment we are tested in."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "tests/engines/test_transformers.py"],
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(WITH_TORCH)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-5_000:]
    assert "skipped" not in run.stdout
