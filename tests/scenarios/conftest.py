"""Real server processes, with the embedded engine, or the scripted one where words don't matter.

No test may leave a traceback in a server's log, and every server must stop when it is told to.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vivavoce.testing.process import STOPPED, ServerProcess

# What these look at in /proc, and what they limit, is only to be had on Linux.
LINUX = ["full_disk", "killed", "long", "observed", "rude_clients", "start", "workers"]
collect_ignore = [] if sys.platform == "linux" else [f"test_{name}.py" for name in LINUX]

Launch = Callable[..., ServerProcess]


@contextmanager
def silent(server: ServerProcess) -> Iterator[ServerProcess]:
    """Whatever happens inside, the server keeps its stack traces to itself."""
    before = len(server.log)
    yield server
    said = server.log[before:]
    assert "Traceback" not in said, said


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts a server of the test's own, on the same data directory each time."""
    servers: list[ServerProcess] = []

    def launch(**options: object) -> ServerProcess:
        server = ServerProcess(tmp_path, **{"finals": "tiny", **options})  # type: ignore[arg-type]
        server.start()
        servers.append(server)
        return server

    yield launch
    for server in servers:
        with silent(server):
            assert server.stop() in STOPPED


@pytest.fixture(scope="session")
def _embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("embedded"), finals="tiny")
    server.start()
    yield server
    assert server.stop() in STOPPED


@pytest.fixture(scope="session")
def _scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("scripted")
    server = ServerProcess(folder, engine="scripted", hosts=1, grace_s=0.5, max_sessions=64)
    server.start()
    yield server
    assert server.stop() in STOPPED


@pytest.fixture
def embedded(_embedded: ServerProcess) -> Iterator[ServerProcess]:
    """The server as it comes, with the embedded engine."""
    with silent(_embedded):
        yield _embedded


@pytest.fixture
def scripted(_scripted: ServerProcess) -> Iterator[ServerProcess]:
    """One whose words are tones, and whose clients have half a second to come back."""
    with silent(_scripted):
        yield _scripted
