"""A server process of a test's own."""

import socket
import sys
from pathlib import Path

import pytest

from vivavoce.testing.process import ServerProcess


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a server listen beside it")
def test_nobody_gets_its_port_while_it_does_not_run(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", server.port))
