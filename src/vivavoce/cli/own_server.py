"""A server of a command's own: a real process, with an empty library in a folder that goes."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx2

from vivavoce.config import PREFIX
from vivavoce.core.errors import OurError

START_LIMIT = 180.0  # seconds; a quiet machine takes two
LOOK = 0.1  # seconds between two looks at whether it is ready


class OwnServer:
    """On a free port of this machine, the same at every start. No setting of the user's holds."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.data_dir = folder / "data"
        self._folder = folder
        self._settings = {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran last."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Return when it is ready. Raises `OurError`."""
        self.launch()
        assert self._process is not None
        async with (
            httpx2.AsyncClient(base_url=self.url, trust_env=False) as http,
            asyncio.timeout(START_LIMIT),
        ):
            while self._process.poll() is None:
                try:
                    if (await http.get("/ready")).is_success:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(LOOK)
        raise OurError(f"The demo's server did not start: {self._last_line()}")

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        others = {k: v for k, v in os.environ.items() if not k.upper().startswith(PREFIX)}
        command = [sys.executable, "-m", "vivavoce", "serve", "--port", str(self.port)]
        command += ["--host", "127.0.0.1", "--auth", "none"]  # whatever vivavoce.toml says
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self.data_dir), "--log-level", "warning"],
                cwd=self._folder,
                env={**others, **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def kill(self) -> None:
        """SIGKILL: nothing of it can be tidied up."""
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait)

    async def stop(self) -> None:
        """As a person does, if it was started."""
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait)

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _last_line(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
