"""A real server, with the embedded engine, and a line to it that can be cut."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server"), finals="tiny")
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One whose words are tones."""
    process = ServerProcess(tmp_path_factory.mktemp("scripted"), engines="scripted", hosts=1)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def relay(server: ServerProcess) -> Iterator[Relay]:
    with Relay(server.port) as line:
        yield line


@pytest.fixture(scope="session")
def clip() -> Path:
    """Two seconds of speech, 22.05 kHz mono in 16 bits."""
    return Path(__file__).parents[1] / "data" / "ljspeech_short.wav"


@pytest.fixture(scope="session")
def file(clip: Path) -> bytes:
    """The clip with its header."""
    return clip.read_bytes()


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that is taken, by somebody who does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
