"""A server as people run it: a process of its own, with its own data directory."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_LIMIT = 240.0  # seconds; only for what hangs
STOP_LIMIT = 60.0  # seconds

UVICORN = ("-m", "uvicorn", "vivavoce.asgi:app", "--port", "{port}")
"""How a server is started: arguments of Python, with the port still to be put in."""

GUNICORN = (
    *("-m", "gunicorn", "vivavoce.asgi:app", "--bind", "127.0.0.1:{port}"),
    *("--worker-class", "vivavoce.server.transport.worker.Worker"),
)


STOPPED = (0, -signal.SIGTERM)
"""How a server may end after SIGTERM: uvicorn raises the signal again once all is done."""


SESSIONS = 64
"""Live sessions admitted where a test says nothing: a machine that is busy with other tests
measures few, and a client that left without a word keeps one for its grace."""


class ServerProcess:
    """`settings` are those of `vivavoce.config.Settings`; `folder` takes the data and the log."""

    def __init__(
        self, folder: Path, command: Sequence[str] = UVICORN, **settings: str | int | float
    ) -> None:
        self.port = own_port(self)
        self.data_dir = folder / "data"
        self._folder = folder
        self._command = [part.format(port=self.port) for part in command]
        own = {"data_dir": self.data_dir, "max_sessions": SESSIONS, "log_format": "human"}
        self._settings = {**own, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it has printed."""
        return (self._folder / "log").read_text()

    def start(self) -> None:
        """Returns when the server says that it is ready."""
        self.launch()
        deadline = time.monotonic() + START_LIMIT
        while not self._ready():
            if self._process is None or self._process.poll() is not None:
                raise AssertionError(self.log)
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(self.log)
            time.sleep(0.05)

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_")}
        environment |= {f"VIVAVOCE_{k.upper()}": str(v) for k, v in self._settings.items()}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> int:
        """As a service manager does. Returns the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Until it has ended. Returns the exit status."""
        assert self._process is not None
        return self._process.wait(STOP_LIMIT)

    def kill(self) -> None:
        """As if the machine had lost power."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_LIMIT)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running(server: ServerProcess) -> Iterator[ServerProcess]:
    """It must stop when it is told to, and keep its stack traces to itself."""
    server.start()
    try:
        yield server
    finally:
        status = server.stop()
    assert status in STOPPED
    assert "Traceback" not in server.log, server.log


def own_port(holder: object) -> int:
    """A port for as long as its holder is there, also while nobody listens on it."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.bind(("127.0.0.1", 0))
    port = int(own.getsockname()[1])
    if sys.platform == "linux":  # elsewhere no server could listen on it beside `own`
        weakref.finalize(holder, own.close)
    else:
        own.close()
    return port


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
