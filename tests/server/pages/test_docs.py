"""The page about the REST interface."""

import re
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI

from vivavoce.library.export import FORMATS
from vivavoce.server.pages.docs import page
from vivavoce.server.rest import health, recordings


class Reader(HTMLParser):
    """What a page loads from elsewhere, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = FastAPI(title="A <b>title</b>", summary="What it is.")
    app.include_router(recordings.router, prefix="/api/v1")
    app.include_router(health.router)
    return app


@pytest.fixture(scope="module")
def read(app: FastAPI) -> Reader:
    reader = Reader()
    reader.feed(page(app.openapi(), "http://here:8000"))
    return reader


def test_every_route_is_on_it(app: FastAPI, read: Reader) -> None:
    paths = app.openapi()["paths"]
    assert len(paths) > 5
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert re.search(rf"{method.upper()}\s+{re.escape(path)}", read.text)
            said = operation["description"].split("\n\n")[0].replace("`", "")
            assert said in read.text


def test_every_form_of_an_answer_is_on_it(app: FastAPI, read: Reader) -> None:
    for name, schema in app.openapi()["components"]["schemas"].items():
        assert name in read.text
        assert all(field in read.text for field in schema["properties"])


def test_it_loads_nothing_from_elsewhere(read: Reader) -> None:
    assert read.loaded == ["studio/favicon.svg", "studio/style/docs.css", "openapi.json"]


def test_what_is_said_is_text(read: Reader) -> None:
    assert "A <b>title</b>" in read.text


def test_it_shows_how_to_ask(read: Reader) -> None:
    assert "curl -X POST -F file=@talk.mp3 'http://here:8000/api/v1/recordings'" in read.text
    assert f"One of {', '.join(FORMATS)}. Default: json." in read.text
