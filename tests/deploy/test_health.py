"""The container's question whether its server is ready."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from vivavoce.testing.process import ServerProcess, free_port

Launch = Callable[..., ServerProcess]


def ask(deploy: Path, port: int, *path: str) -> subprocess.CompletedProcess[str]:
    # A proxy that is not there: the question goes to this machine and to nobody else.
    environment = {"VIVAVOCE_PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, "-I", deploy / "health.py", *path],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_server_that_is_ready_and_one_that_has_not_what_is_asked_for(
    deploy: Path, launch: Launch
) -> None:
    server = launch()
    for path in ((), ("/health",)):
        ended = ask(deploy, server.port, *path)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    ended = ask(deploy, server.port, "/nowhere")
    assert ended.returncode == 1
    assert ended.stdout.startswith("404: {")


def test_nobody_there(deploy: Path) -> None:
    port = free_port()
    ended = ask(deploy, port)
    assert ended.returncode == 1
    assert ended.stdout.startswith(f"Nobody answers on port {port}: ")
    assert ended.stderr == ""


def test_without_a_path_it_asks_for_ready(deploy: Path) -> None:
    assert 'path: str = "/ready"' in (deploy / "health.py").read_text()
