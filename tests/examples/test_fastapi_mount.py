"""Vivavoce in somebody's own application."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from vivavoce.testing.process import ServerProcess
from vivavoce.testing.words import word_errors

EXAMPLES = Path(__file__).parents[2] / "examples"
SAID = "Produced the block books, which were the immediate predecessors of the true printed book."


class Application(ServerProcess):
    """It is ready when its part is."""

    def _ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}speech/ready", trust_env=False).is_success
        except httpx2.TransportError:
            return False


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    arguments = ("fastapi_mount:app", "--port", "{port}", "--app-dir", str(EXAMPLES))
    command = ("-m", "uvicorn", *arguments)
    process = Application(tmp_path_factory.mktemp("mounted"), command, finals="tiny")
    process.start()
    yield process
    process.stop()


def test_what_is_beside_it_answers(application: ServerProcess) -> None:
    with httpx2.Client(base_url=application.url, trust_env=False) as http:
        assert http.get("/").json()["speech"] == "/speech/"


def test_its_page_and_what_the_page_needs(application: ServerProcess) -> None:
    with httpx2.Client(base_url=f"{application.url}speech/", trust_env=False) as http:
        page = http.get("")
        assert "Vivavoce" in page.text
        assert http.get("api/v1/info").json()["engine"]


def test_a_file_is_transcribed_live(run: Any, application: ServerProcess, clip: Path) -> None:
    server = application.url.replace("http:", "ws:") + "speech"
    assert word_errors(SAID, run("raw_websocket.py", str(clip), server)) <= 1
