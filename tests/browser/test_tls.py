"""Speak into the page from another machine, over TLS."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page

from tests.browser.conftest import watched
from tests.browser.test_recording import assert_nothing_lost, finish, record
from vivavoce.server.transport.authority import authority, server_certificate
from vivavoce.testing.process import UVICORN, ServerProcess, free_port, running

NAME = "secure.test"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """The certificate that the server shows, of its own authority."""
    authority(tmp_path / "data" / "tls", [NAME])
    return server_certificate(tmp_path / "data" / "tls")


@pytest.fixture
def server(tmp_path: Path, port: int, shown: Path) -> Iterator[ServerProcess]:
    with running(ServerProcess(tmp_path, UVICORN, finals="tiny", tls_port=port)) as server:
        yield server


@pytest.fixture
def page(launch: Callable[..., Browser], clip: Path, shown: Path) -> Iterator[Page]:
    """One to which the server is another machine, whose certificate is trusted."""
    key = x509.load_pem_x509_certificate(shown.read_bytes()).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    browser = launch(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={clip}%noloop",
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={base64.b64encode(digest.digest()).decode()}",
    )
    with watched(browser.new_context(viewport={"width": 1280, "height": 800}), None) as page:
        yield page
    browser.close()


def test_another_machine_records(page: Page, server: ServerProcess, port: int) -> None:
    record(page, f"https://{NAME}:{port}/")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    assert_nothing_lost(page, finish(page), server)
