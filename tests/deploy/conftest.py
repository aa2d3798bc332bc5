"""Servers started as they are deployed."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vivavoce.testing.process import STOPPED, ServerProcess

DEPLOY = Path(__file__).parents[2] / "deploy"

# Shells, signals, unpacked packages of Debian's.
LINUX = ["balancer", "entry", "gunicorn", "health", "nginx", "stack", "systemd"]
collect_ignore = [] if sys.platform == "linux" else [f"test_{name}.py" for name in LINUX]

Launch = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def deploy() -> Path:
    """The folder of what servers are deployed by."""
    return DEPLOY


@pytest.fixture(scope="session")
def contained(deploy: Path) -> tuple[str, ...]:
    """How the container starts its server, as arguments of a Python that gives way to its shell."""
    entry = str(deploy / "entry.sh")
    script = f"import os, sys; os.execv({entry!r}, ['entry', sys.executable, *sys.argv[1:]])"
    return ("-c", script, "-m", "vivavoce", "serve", "--port", "{port}")


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts a server with the scripted engine. It must stop when it is told to, and keep its
    stack traces to itself."""
    servers: list[ServerProcess] = []

    def launch(**options: object) -> ServerProcess:
        settings = {"engine": "scripted", "hosts": 1, "drain_s": 5, **options}
        server = ServerProcess(tmp_path, **settings)  # type: ignore[arg-type]
        servers.append(server)
        server.start()
        return server

    yield launch
    for server in servers:
        assert server.stop() in STOPPED
        assert "Traceback" not in server.log, server.log
