"""A server as people run it: a process of its own, with its own data directory."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

START_LIMIT = 60.0  # seconds


class ServerProcess:
    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def start(self) -> None:
        """Returns when the server says that it is ready."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_")}
        environment["VIVAVOCE_DATA_DIR"] = str(self._folder / "data")
        command = [sys.executable, "-m", "uvicorn", "vivavoce.asgi:app", "--port", str(self.port)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_LIMIT
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self._folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """As if the machine had lost power."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
