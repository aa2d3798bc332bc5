"""A real host process whose server is gone: it ends, and without a word."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vivavoce.engines.base import StreamOptions, Window
from vivavoce.engines.fake import say
from vivavoce.engines.hosted.calls import LENGTH, Call, Decode, OpenStream, pack, unpack_answer

LIMIT = 120
"""Seconds for a process to end on a busy machine."""

Host = subprocess.Popen[bytes]
WINDOW = Decode(Window(samples=say("alfa").astype("<f4").tobytes()))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def started(log: Path) -> Iterator[Callable[[str], Host]]:
    hosts: list[Host] = []

    def start(engine: str) -> Host:
        command = [sys.executable, "-m", "vivavoce.engines.hosted.host", "engine", engine]
        pipe = subprocess.PIPE
        with log.open("wb") as stderr:
            hosts.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=stderr))
        return hosts[-1]

    yield start
    for host in hosts:
        host.kill()
        host.wait(LIMIT)
        for end in (host.stdin, host.stdout):
            assert end is not None
            end.close()


def hello(host: Host) -> None:
    assert host.stdout is not None
    (length,) = LENGTH.unpack(host.stdout.read(LENGTH.size))
    assert unpack_answer(host.stdout.read(length)).error is None


def gone(host: Host, said_before: bytes = b"") -> int:
    """Nobody reads any more, then nobody writes; the exit status."""
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdout.close()
    host.stdin.write(said_before)
    host.stdin.close()
    return host.wait(LIMIT)


@pytest.mark.parametrize("engine", ["scripted", "scripted-service"])
def test_before_it_was_loaded(started: Callable[[str], Host], log: Path, engine: str) -> None:
    assert gone(started(engine)) == 0
    assert log.read_text() == ""


@pytest.mark.parametrize(
    ("engine", "call"),
    [("scripted", WINDOW), ("scripted-service", OpenStream(1, StreamOptions()))],
)
def test_before_an_answer(
    started: Callable[[str], Host], log: Path, engine: str, call: Call
) -> None:
    host = started(engine)
    hello(host)
    assert gone(host, pack(call)) == 0
    assert log.read_text() == ""


@pytest.mark.parametrize("engine", ["scripted", "scripted-service"])
def test_in_the_middle_of_a_call(started: Callable[[str], Host], log: Path, engine: str) -> None:
    host = started(engine)
    hello(host)
    assert gone(host, pack(WINDOW)[:-100]) == 0
    assert log.read_text() == ""
