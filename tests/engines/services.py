"""What the tests of engines that are services share."""

import os
from pathlib import Path
from unittest.mock import patch

from vivavoce.engines.base import Engine
from vivavoce.plugins import create
from vivavoce.server.authority import authority
from vivavoce.testing.process import UVICORN, ServerProcess, free_port


def loaded(name: str, **settings: str) -> Engine:
    """An engine with these settings."""
    variables = {f"VIVAVOCE_{key.upper()}": value for key, value in settings.items()}
    with patch.dict(os.environ, variables):
        engine = create(name)
        engine.load()
    return engine


def v1(server: ServerProcess) -> str:
    """Where OpenAI's clients find it."""
    return f"{server.url}v1"


class Secure(ServerProcess):
    """One that speaks HTTP/2, and TLS with a certificate of its own authority (`trusted`)."""

    def __init__(self, folder: Path) -> None:
        self.tls_port = free_port()
        command = (*UVICORN, "--http", "vivavoce.server.protocol:Protocol")
        super().__init__(folder, command, finals="tiny", max_sessions=64, tls_port=self.tls_port)
        self.trusted = authority(self.data_dir / "tls")

    @property
    def secure_url(self) -> str:
        return f"https://localhost:{self.tls_port}"
