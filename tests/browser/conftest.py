"""The page in a real Chromium, in front of a real server with the real engine.

Between the two stands a relay, so that a test can cut the line.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from vivavoce.testing.process import UVICORN, ServerProcess
from vivavoce.testing.relay import Relay

DEBIANS = Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/bin/chromium")
"""The first one has no windows, which take most of the time of a page that a test opens."""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP insecure.test 127.0.0.1",
]
SAID = "produced the block books which were the immediate predecessors of the true printed book"
"""What the clip says."""

OF_THE_CLIP = re.compile(rf"\b({SAID.replace(' ', '|')})\b", re.IGNORECASE)
"""Any of its words. More is not asked of the microphone: Chromium's drops what a busy machine does
not fetch in time, without a trace, as no real one does. Exact words are asked of files."""

OF_A_CUT_LINE = re.compile(r"WebSocket connection to|Failed to load resource|net::ERR_")
"""What Chromium itself says on the console when a server does not answer."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For one module: while it is there its event loop keeps asynchronous tests from theirs."""
    expect.set_options(timeout=90_000)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def launch(playwright: Playwright) -> Callable[..., Browser]:
    """Start a Chromium with further flags."""
    own = Path(playwright.chromium.executable_path)
    path = next((path for path in (*DEBIANS, own) if path.exists()), None)
    if path is None:
        pytest.skip("there is no Chromium here (scripts/install-browser gets one)")

    def launch(*flags: str) -> Browser:
        return playwright.chromium.launch(
            executable_path=path, args=[*QUIET, *flags], timeout=180_000
        )

    return launch


@pytest.fixture(scope="session")
def clip(data: Path) -> Path:
    """LJ001-0004 of LJSpeech (public domain): 5.14 s."""
    return data / "ljspeech_short.wav"


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser], clip: Path) -> Iterator[Browser]:
    """A Chromium whose microphone hears the clip once, from the moment it is opened."""
    browser = launch(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={clip}%noloop",
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
    names = {"trusted_hosts": "insecure.test"}
    server = ServerProcess(tmp_path_factory.mktemp("server"), command, finals="tiny", **names)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def relay(server: ServerProcess) -> Iterator[Relay]:
    with Relay(server.port) as relay:
        yield relay


@contextmanager
def watched(context: BrowserContext, allowed: re.Pattern[str] | None) -> Iterator[Page]:
    """A page that must not complain on the console."""
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert [c for c in complaints if allowed is None or not allowed.search(c)] == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen, not opened yet. Any error on its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    with watched(context, None) as page:
        yield page


@pytest.fixture
def hardy_page(browser: Browser) -> Iterator[Page]:
    """The same for tests that cut the line, which Chromium itself writes on the console."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with watched(context, OF_A_CUT_LINE) as page:
        yield page


def node() -> str | None:
    """A Node.js that reads ES modules by their content (20.19 and newer), or None."""
    path = shutil.which("node")
    if path is None:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    parts = tuple(int(part) for part in version.stdout.strip().lstrip("v").split(".")[:2])
    return path if parts >= (20, 19) else None


# The modules are tested by themselves only where there is a Node.js: the page is tested whole
# in Chromium anyway, so this is left out rather than skipped.
collect_ignore = [] if node() else ["test_modules.py"]


def pytest_report_header() -> str | None:
    missing = "node (20.19 or newer) is not here: the page's modules are tested in Chromium only"
    return missing if collect_ignore and "PYTEST_XDIST_WORKER" not in os.environ else None
