"""What the tests of engines that are services share."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from vivavoce.engines.base import Engine
from vivavoce.plugins import create
from vivavoce.server.transport.authority import authority
from vivavoce.testing.process import UVICORN, ServerProcess, free_port
from vivavoce.testing.saboteur import Saboteur, over_http, over_http2

SECRET = "sesame-5f2c91"
"""A key that must be found nowhere."""

SERVICES = ("azure", "aws", "openai", "openai-rest", "wyoming")


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
    """One that speaks HTTP/2, and TLS with a certificate of its own authority (`trusted`), and
    Wyoming: whatever the engines that are services want."""

    def __init__(self, folder: Path, engine: str = "moonshine") -> None:
        self.tls_port, self.wyoming_port = free_port(), free_port()
        command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
        ports = {"tls_port": self.tls_port, "wyoming_port": self.wyoming_port}
        super().__init__(folder, command, engine=engine, finals="tiny", max_sessions=64, **ports)
        self.trusted = authority(self.data_dir / "tls")

    @property
    def secure_url(self) -> str:
        return f"https://localhost:{self.tls_port}"


@contextmanager
def saboteurs(server: Secure) -> Iterator[dict[str, Saboteur]]:
    """A line to the server for each engine."""
    ports = {"aws": server.tls_port, "wyoming": server.wyoming_port}
    with ExitStack() as open_lines:
        lines = {}
        for name in SERVICES:
            shown = server.data_dir / "tls" / "server.pem"
            turn_away = over_http2(shown) if name == "aws" else over_http
            line = Saboteur(ports.get(name, server.port), turn_away)
            lines[name] = open_lines.enter_context(line)
        yield lines


def account(
    server: Secure, lines: Mapping[str, Saboteur], openai: str = "openai"
) -> dict[str, str]:
    """Variables by which engines find their service behind the saboteurs. The two of OpenAI's
    have one address: `openai` says behind which."""
    return {
        "VIVAVOCE_AZURE_ENDPOINT": f"ws://localhost:{lines['azure'].port}/",
        "VIVAVOCE_AZURE_SPEECH_KEY": SECRET,
        "VIVAVOCE_AWS_REGION": "eu-west-1",
        "VIVAVOCE_AWS_ENDPOINT": f"https://localhost:{lines['aws'].port}",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "SSL_CERT_FILE": str(server.trusted),
        "VIVAVOCE_OPENAI_BASE_URL": f"http://localhost:{lines[openai].port}/v1",
        "VIVAVOCE_OPENAI_API_KEY": SECRET,
        "VIVAVOCE_WYOMING_SERVICE": f"tcp://localhost:{lines['wyoming'].port}",
    }
