"""HAProxy with the configuration of compose.yaml, without the names that Docker gives."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vivavoce.testing.process import STOP_LIMIT

CONFIG: Final = Path(__file__).parents[2] / "deploy" / "haproxy.cfg"
FETCHED: Final = Path(__file__).parents[2] / ".fetched" / "haproxy"
SERVER: Final = "server-template server 8 vivavoce:8000\n"


def program() -> list[str] | None:
    """How it is run; None: it is not here."""
    if found := shutil.which("haproxy"):
        return [found]
    unpacked = FETCHED / "usr" / "sbin" / "haproxy"
    libraries = ":".join(map(str, FETCHED.glob("usr/lib/*-linux-gnu")))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(unpacked)] if unpacked.exists() else None


def told(port: int, servers: Sequence[str], wyoming: int) -> str:
    """Ours, for servers at these addresses with these ports. Wyoming's is `wyoming`."""
    text = CONFIG.read_text()
    assert (text.count(SERVER), text.count("vivavoce:10300")) == (2, 1)
    lines = [f"server s{n} {address} init-addr last" for n, address in enumerate(servers)]
    text = text.replace(SERVER, "\n    ".join(lines) + "\n")
    text = text.replace("check port 8000", "check")
    return published(text, port, wyoming)


def published(text: str, port: int, wyoming: int) -> str:
    assert (text.count("bind :8000\n"), text.count("bind :10300\n")) == (1, 1)
    text = text.replace("bind :8000\n", f"bind 127.0.0.1:{port}\n")
    return text.replace("bind :10300\n", f"bind 127.0.0.1:{wyoming}\n")


@contextmanager
def balancing(haproxy: Sequence[str], folder: Path, text: str, port: int) -> Iterator[None]:
    """While it runs, and serves on this port."""
    folder.mkdir()
    (folder / "haproxy.cfg").write_text(text)
    log = folder / "log"
    command = [*haproxy, "-db", "-f", str(folder / "haproxy.cfg")]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            while not _listens(port):
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(STOP_LIMIT)


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
