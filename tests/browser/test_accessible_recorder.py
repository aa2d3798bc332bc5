"""What axe-core finds wrong with the page while somebody records, chooses or sends: nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import WIDER_THAN_THE_SCREEN, violations
from tests.browser.conftest import watched
from tests.browser.scripted import ScriptedServer
from vivavoce.testing.process import ServerProcess

SCREENS = [(1280, 800), (390, 844)]


def well(page: Page) -> None:
    """Nothing that axe-core finds, and nothing that sticks out."""
    assert violations(page) == []
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []


@pytest.fixture(params=SCREENS, ids=["wide", "phone"])
def screens(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a page in a colour scheme, without motion: nothing is caught half faded."""
    width, height = request.param
    pages: list[Any] = []

    def open_page(scheme: str) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        pages.append(watched(context, None))
        page: Page = pages[-1].__enter__()
        return page

    yield open_page
    for page in pages:
        page.__exit__(None, None, None)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_start_the_options_and_a_recording(
    screens: Callable[[str], Page], server: ServerProcess, scheme: str
) -> None:
    page = screens(scheme)
    scripted = ScriptedServer(page)
    page.goto(server.url)
    expect(page.locator("#r-line")).to_have_text("Ready")
    well(page)

    page.get_by_role("button", name="Options", exact=True).click()
    page.get_by_label("Tell who speaks").check()
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("[data-hearing]")).to_contain_text("Nothing is recorded.")
    page.get_by_text("Engines that are not ready here").click()
    well(page)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#r-line")).to_have_text("Live")
    scripted.say("lagging", behind=160_000)
    expect(page.locator("#trouble")).to_be_visible()
    well(page)
    page.keyboard.press("m")
    expect(page.locator("#label")).to_be_visible()
    well(page)
    page.keyboard.press("Enter")
    page.keyboard.press("p")
    expect(page.locator("#dock")).to_have_attribute("data-state", "paused")
    well(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_files_on_their_way(
    screens: Callable[[str], Page], server: ServerProcess, clip: Path, data: Path, scheme: str
) -> None:
    page = screens(scheme)
    ScriptedServer(page).ends = False
    page.goto(server.url)
    page.locator("#files").set_input_files([data / "text_named.wav", clip, clip])
    expect(page.locator("#uploads .meta").nth(0)).to_contain_text("This is text")
    expect(page.locator("#uploads .meta").nth(1)).to_contain_text("Transcribed")
    well(page)
    page.evaluate("location.hash = '#/'")
    expect(page.locator("#welcome")).to_be_visible()
    well(page)
    page.get_by_role("button", name="Cancel ljspeech_short").last.click()
    page.get_by_role("button", name="Cancel ljspeech_short").click()
