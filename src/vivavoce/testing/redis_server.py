"""A Redis for tests: a real one, of their own, that keeps nothing on a disk."""

import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

from vivavoce.testing.process import own_port

LIMIT: Final = 60.0  # seconds; only for what hangs


def program() -> str | None:
    """None: it is not installed."""
    return shutil.which("redis-server")


class RedisServer:
    """Listens on a port of this machine's own, the same one whenever it is started."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = own_port(self)
        self.password = secrets.token_hex(8)
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns when it answers. What was in it is forgotten."""
        where = "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)
        what = "--requirepass", self.password, "--save", "", "--appendonly", "no"
        with (self._folder / "log").open("ab") as log:
            command = [self._program, *where, *what]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + LIMIT
        while b"Ready to accept connections" not in (self._folder / "log").read_bytes():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def stop(self) -> None:
        """As if its machine were gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(LIMIT)
        (self._folder / "log").unlink()
