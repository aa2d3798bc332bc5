"""The editor for everybody: accessibility, light and dark, a telephone, hours of words."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import WIDER_THAN_THE_SCREEN, violations
from tests.browser.editing_steps import click_word, opened, said, saved, written
from vivavoce.core.events import Marker, Named, Speaker, Translated
from vivavoce.testing.process import ServerProcess

COLOURS = 8


@pytest.fixture(scope="module")
def talk(server: ServerProcess) -> str:
    """A recording with all that a sheet can show: every colour of speakers, notes, translations."""
    finals = [said(number, f"This is what speaker {number} says.") for number in range(COLOURS)]
    speakers = [Speaker(id=f"u{number}", speaker=f"S{number + 1}") for number in range(COLOURS)]
    german = [Translated(id=f"u{n}", language="de", text="Das sagt er.") for n in range(COLOURS)]
    named = Named(speaker="S2", name="Ada Lovelace")
    return written(server, *finals, *speakers, *german, named, Marker(at=0, label="Here"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_the_sheet(
    browser: Browser, server: ServerProcess, talk: str, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 844})
    page = context.new_page()
    opened(page, server, talk)
    expect(page.locator(".track.drawn")).to_be_visible()
    page.get_by_role("combobox", name="Translation").select_option("de")
    assert violations(page) == []

    page.get_by_role("button", name="Find and replace").click()
    page.get_by_role("textbox", name="Find", exact=True).fill("speaker")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(".speaker").first.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#scroller").press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#scroller").focus()
    page.keyboard.press("]")
    page.keyboard.press("Enter")
    expect(page.locator(".utterance.edited")).to_be_focused()
    assert violations(page) == []
    context.close()


def test_a_telephone(browser: Browser, server: ServerProcess, talk: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    utterances = opened(page, server, talk)
    expect(page.locator(".track.drawn")).to_be_visible()
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []

    first = utterances.first
    first.tap()  # hears it
    page.wait_for_function("() => !document.querySelector('audio').paused")
    expect(page.locator(".utterance.edited")).to_have_count(0)
    first.tap()  # writes in it
    expect(first).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" Indeed.")
    page.keyboard.press("Enter")
    saved(page)
    expect(first).to_have_text("This is what speaker 0 says. Indeed.")
    page.get_by_role("button", name="Find and replace").tap()
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(first).to_have_text("This is what speaker 0 says.")
    context.close()


def test_hours_of_words_are_all_there_and_can_be_put_right(
    page: Page, server: ServerProcess
) -> None:
    """How fast that is is measured by benchmarks/page.py."""
    count = 1200
    finals = (said(number, f"This is number {number} of many.", gap=0.2) for number in range(count))
    id = written(server, *finals)
    utterances = opened(page, server, id)
    expect(utterances).to_have_count(count)
    expect(page.locator("#transcript.long")).to_have_count(1)

    page.locator("#scroller").evaluate("(scroller) => scroller.scrollTo(0, scroller.scrollHeight)")
    expect(utterances.last).to_be_in_viewport()
    page.locator("#scroller").focus()
    page.keyboard.press("Control+f")
    page.get_by_role("textbox", name="Find", exact=True).fill("number 600 ")
    expect(page.locator("[data-count]")).to_have_text("1 of 1")
    page.keyboard.press("Escape")
    expect(utterances.nth(600)).to_be_in_viewport()
    click_word(page, "600", clicks=2)
    page.keyboard.type("six hundred")
    page.keyboard.press("Enter")

    saved(page)
    expect(utterances.nth(600)).to_have_text("This is number six hundred of many.")
    expect(utterances.nth(600)).to_be_in_viewport()
