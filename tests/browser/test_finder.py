"""Finding: the search box, the tags, and a place in a recording."""

import json
import urllib.request

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_library import row as row  # a fixture
from vivavoce.testing.process import ServerProcess

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def search(page: Page, row: Locator) -> Locator:
    """The search box, with a recording in the list."""
    expect(row).to_be_visible()
    return page.get_by_role("searchbox", name="Search recordings")


def tagged(server: ServerProcess, id: str | None, *tags: str) -> None:
    body = json.dumps({"tags": tags}).encode()
    headers = {"Content-Type": "application/json"}
    address = f"{server.url}api/v1/recordings/{id}"
    urllib.request.urlopen(urllib.request.Request(address, body, headers, method="PATCH")).close()


def test_what_was_said_is_found_and_opened_where_it_was_said(
    page: Page, search: Locator, row: Locator
) -> None:
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("immediate predec")
    hit = page.locator(f"#hits a[href*='{row.get_attribute('data-id')}']")
    expect(hit.locator("mark").first).to_have_text("immediate")
    expect(row).to_be_visible()

    hit.click()

    expect(page.locator(".utterance").first).to_contain_text("immediate")
    expect(page.locator("#player")).to_be_visible()
    assert page.evaluate("document.querySelector('audio').currentTime") > 1


def test_what_nobody_said_is_not_found(page: Page, search: Locator) -> None:
    search.fill("crocodile")

    expect(page.locator("#hits")).to_contain_text("Nobody said that")
    expect(page.locator("#none")).to_contain_text("No recording has this")
    expect(page.locator("#recordings li")).to_have_count(0)
    search.press("Escape")
    expect(page.locator("#hits")).to_be_hidden()
    expect(page.locator("#recordings li")).not_to_have_count(0)


# Not HOSTILE itself: another test names a recording so.
@pytest.mark.parametrize(
    "words", ['"', "AND OR NOT", "*", "a:b", "<b onclick=alert(2)>", "\U0001f399"]
)
def test_odd_words_are_only_words(page: Page, search: Locator, words: str) -> None:
    search.fill(words)

    expect(page.locator("#none")).to_contain_text("No recording has this")
    expect(page.locator("#hits")).not_to_contain_text("could not")


def test_tags(page: Page, server: ServerProcess, row: Locator) -> None:
    row.get_by_role("button", name="Rename, tag").click()
    page.get_by_role("menuitem", name="Tags").click()
    page.get_by_label("Tags, with commas between them").fill(f" Print , Print, {HOSTILE}")
    page.keyboard.press("Enter")
    expect(row.locator(".tag")).to_have_count(2)
    expect(row.locator(".tag").filter(has_text=HOSTILE)).to_be_visible()

    page.get_by_role("button", name="Tags, the bin").click()
    page.get_by_role("menuitemradio", name=HOSTILE).click()

    expect(page.locator("#chip")).to_have_text(f"Tag: {HOSTILE}")
    expect(page.locator("#recordings li")).to_have_count(1)
    tagged(server, row.get_attribute("data-id"))
    page.get_by_role("button", name="Show all recordings").click()
    expect(row).to_be_visible()


def test_all_transcripts_are_a_table(page: Page, row: Locator) -> None:
    expect(row).to_be_visible()
    page.get_by_role("button", name="Tags, the bin").click()

    with page.expect_download() as download:
        page.get_by_role("menuitem", name="All transcripts (CSV)").click()

    assert download.value.suggested_filename == "transcripts.csv"
