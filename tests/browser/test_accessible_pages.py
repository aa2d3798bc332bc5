"""What axe-core finds wrong with the pages beside the studio: nothing."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import violations
from tests.browser.conftest import OF_A_CUT_LINE, watched
from tests.browser.editing_steps import said, written
from tests.browser.sharing import call
from tests.browser.test_accessible_recorder import SCREENS
from vivavoce.core.events import Marker, Named, Speaker, Translated
from vivavoce.testing.process import ServerProcess

PAGES = {
    "s/{token}": "#text .paragraph",
    "captions/{token}": "#captions span",
    "s/no-link": "main",
    "dictate": "vivavoce-dictate",
    "connect": "main h2",
    "list-audio": "main audio",
    "docs": "main h1",
}
"""Where they are, and what is there when they are complete."""


@pytest.fixture(scope="module")
def token(server: ServerProcess) -> str:
    """Of a link to a recording with all that a reader may see."""
    recording = written(
        server,
        *(said(number, f"This is what speaker {number} says.") for number in range(4)),
        *(Speaker(id=f"u{number}", speaker=f"S{number}") for number in range(4)),
        *(Translated(id=f"u{number}", language="de", text="Das sagt er.") for number in range(4)),
        Named(speaker="S1", name="Ada Lovelace"),
        Marker(at=0, label="Here"),
    )
    made = call(server, f"recordings/{recording}/shares", {"audio": True})
    return str(made["token"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SCREENS, ids=["wide", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(
    browser: Browser,
    server: ServerProcess,
    token: str,
    path: str,
    width: int,
    height: int,
    scheme: Any,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    allowed = OF_A_CUT_LINE if "no-link" in path else None  # Chromium tells of the 404
    with watched(context, allowed) as page:
        page.goto(server.url + path.format(token=token))
        expect(page.locator(PAGES[path]).first).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_would_find_it(page: Page) -> None:
    page.set_content("<html lang=en><title>A page</title><main><img src='x'></main>")
    assert any("image-alt: <img" in found for found in violations(page))
