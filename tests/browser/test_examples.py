"""The examples for browsers, with the libraries that npm installed for the other tests."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OF_THE_CLIP
from vivavoce.testing.process import ServerProcess, free_port

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / "tests" / "vendors" / "node_modules"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Not on the tests' own output."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The examples, beside what they want installed."""
    if not (INSTALLED / ".installed").exists():
        pytest.skip("the JavaScript clients are not installed (scripts/install-clients)")
    folder = tmp_path_factory.mktemp("site")
    for example in (ROOT / "examples").glob("*.html"):
        shutil.copy(example, folder)
    (folder / "node_modules").symlink_to(INSTALLED)
    (folder / "favicon.ico").touch()
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", free_port()), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[ServerProcess]:
    """One that pages of the site may use."""
    process = ServerProcess(tmp_path_factory.mktemp("open"), finals="tiny", origins=site)
    process.start()
    yield process
    process.stop()


@pytest.mark.parametrize("name", ["browser_socketio", "browser_openai"])
def test_a_microphone(name: str, site: str, open_server: ServerProcess, page: Page) -> None:
    page.goto(f"{site}/{name}.html?server={open_server.url.rstrip('/')}")
    page.get_by_role("button", name="Start").click()
    transcript = page.locator("#transcript")
    expect(transcript).to_contain_text(OF_THE_CLIP)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    expect(transcript).to_contain_text(OF_THE_CLIP)
