"""The examples as people run them: a process each, against a real server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from vivavoce.testing.process import ServerProcess

EXAMPLES = Path(__file__).parents[2] / "examples"
LIMIT = 240.0
"""Seconds; only for what hangs."""


class Run(Protocol):
    def __call__(self, *args: str, stdin: bytes = b"", **variables: str) -> str: ...


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server"), finals="tiny")
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def clip(data: Path) -> Path:
    return data / "ljspeech_short.wav"


@pytest.fixture
def run() -> Run:
    """Runs an example; what it prints."""

    def run(*args: str, stdin: bytes = b"", **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, *args],
            input=stdin,
            capture_output=True,
            cwd=EXAMPLES,
            env={**os.environ, **variables, "NO_PROXY": "localhost,127.0.0.1"},
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run
