"""Real servers for other services' own clients, which are here as their registries give them.

What is in JavaScript is installed by `scripts/install-clients`, older clients in Python by
`scripts/install-old-clients`; `make test` runs both.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from vivavoce.server.transport.authority import authority, server_certificate
from vivavoce.testing.process import UVICORN, ServerProcess, own_port, running

HERE = Path(__file__).parent
LIMIT = 240.0
"""Seconds; only for what hangs."""


class Node(Protocol):
    def __call__(self, script: str, *args: str, **variables: str) -> list[dict[str, Any]]: ...


class TlsServer(ServerProcess):
    """One whose `url` is that of its TLS port. `certificate` is in PEM, with its key."""

    def __init__(self, folder: Path, certificate: Path, **settings: str | int | float) -> None:
        self.tls_port = own_port(self)
        settings |= {"tls_port": self.tls_port, "tls_cert": str(certificate)}
        super().__init__(folder, UVICORN, **settings)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.tls_port}/"


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server as it comes."""
    with running(ServerProcess(tmp_path_factory.mktemp("embedded"), finals="tiny")) as server:
        yield server


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One whose words are tones."""
    folder = tmp_path_factory.mktemp("scripted")
    server = ServerProcess(
        folder, engines="scripted", diarizer="scripted", hosts=1, max_sessions=64
    )
    with running(server):
        yield server


@pytest.fixture(scope="session")
def multilingual(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path
) -> Iterator[ServerProcess]:
    """One that knows many languages, and translates them."""
    folder = tmp_path_factory.mktemp("multilingual")
    chosen = {"engines": "whisper", "whisper_model": str(whisper_base), "whisper_device": "cpu"}
    with running(ServerProcess(folder, hosts=1, max_sessions=64, **chosen)) as server:
        yield server


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[ServerProcess]:
    """The same over TLS."""
    folder = tmp_path_factory.mktemp("secure")
    shown = server_certificate(certificate.parent)
    server = TlsServer(folder, shown, engines="scripted", hosts=1, max_sessions=64)
    with running(server):
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of an authority of this machine's own, which clients are to trust."""
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def node(certificate: Path) -> Node:
    """Runs a script of this folder, which trusts the certificate; what it prints, as JSON."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not here")
    if not (HERE / "node_modules" / ".installed").exists():
        pytest.skip("the JavaScript clients are not installed (scripts/install-clients)")

    def run(script: str, *args: str, **variables: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [program, str(HERE / script), *args],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            env={"NODE_EXTRA_CA_CERTS": str(certificate), **variables},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers are on this machine, whatever lies between it and the world."""
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
