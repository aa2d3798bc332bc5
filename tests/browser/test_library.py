"""The list: rename, download, delete, and what others record."""

import json
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import OF_THE_CLIP
from vivavoce.testing.process import ServerProcess


def upload(server: ServerProcess, path: Path, title: str) -> str:
    """Put a recording into the library over REST. Its id."""
    address = f"{server.url}api/v1/recordings?title={title}&wait=true"
    request = urllib.request.Request(address, path.read_bytes(), {"Content-Type": "audio/wav"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["id"])


@pytest.fixture
def row(page: Page, server: ServerProcess, clip: Path) -> Locator:
    """The row of a fresh recording on an opened page."""
    id = upload(server, clip, "Fresh")
    page.goto(server.url)
    return page.locator(f"#recordings li[data-id='{id}']")


def choose(row: Locator, item: str) -> None:
    row.get_by_role("button", name="Rename, tag, download or delete").click()
    row.page.get_by_role("menuitem", name=item).click()


def test_opening_one_shows_its_words_with_times(page: Page, row: Locator) -> None:
    row.get_by_role("link").click()

    expect(page.locator("#sheet-title")).to_have_text("Fresh")
    expect(page.locator(".stamp").first).to_have_text("0:00")
    expect(page.locator(".utterance").first).to_contain_text("book")
    page.go_back()
    expect(page.locator("#welcome")).to_be_visible()


def test_the_space_key_does_not_record_over_what_is_read(page: Page, row: Locator) -> None:
    row.get_by_role("link").click()
    expect(page.locator(".utterance")).not_to_have_count(0)
    page.locator("#scroller").focus()

    page.keyboard.press("Space")

    assert page.locator("#dock").get_attribute("data-state") == "idle"


def test_what_others_begin_is_listed_before_long(
    page: Page, server: ServerProcess, clip: Path
) -> None:
    page.clock.install()
    page.goto(server.url)
    expect(page.locator("#r-line")).to_have_text("Ready")
    expect(page.locator("#recordings li, #none:not([hidden])")).not_to_have_count(0)
    id = upload(server, clip, "Elsewhere")

    page.clock.fast_forward(10_000)

    expect(page.locator(f"#recordings li[data-id='{id}']")).to_be_visible()


def test_its_address_opens_it_again(page: Page, row: Locator) -> None:
    row.get_by_role("link").click()
    expect(page.locator(".utterance")).not_to_have_count(0)

    page.reload()

    expect(page.locator(".utterance").first).to_contain_text("book")
    expect(page.locator("#player")).to_be_visible()


def test_rename_takes_text_as_text(page: Page, row: Locator) -> None:
    title = "<img src=x onerror=alert(1)> & co"
    choose(row, "Rename")

    page.get_by_role("textbox", name="Title").fill(title)
    page.keyboard.press("Enter")

    expect(row.locator(".title")).to_have_text(title)
    page.reload()
    expect(row.locator(".title")).to_have_text(title)


def test_escape_leaves_the_name(page: Page, row: Locator) -> None:
    choose(row, "Rename")
    page.get_by_role("textbox", name="Title").fill("Other")

    page.keyboard.press("Escape")

    expect(row.locator(".title")).to_have_text("Fresh")


@pytest.mark.parametrize(
    ("item", "ending", "begins"),
    [
        ("Plain text", ".txt", b"Produced"),
        ("Subtitles (SRT)", ".srt", b"1\n00:00:0"),
        ("Subtitles (WebVTT)", ".vtt", b"WEBVTT"),
        ("Table (CSV)", ".csv", b""),
        ("Markdown", ".md", b"# "),
        ("Data (JSON)", ".json", b"{"),
        ("Audio", ".wav", b"RIFF"),
    ],
)
def test_download(page: Page, row: Locator, item: str, ending: str, begins: bytes) -> None:
    with page.expect_download() as download:
        choose(row, item)

    assert download.value.suggested_filename.endswith(ending)
    content = Path(download.value.path()).read_bytes()
    assert content.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf").startswith(begins)
    assert content


def test_what_is_deleted_can_be_had_back(page: Page, row: Locator) -> None:
    choose(row, "Delete")
    expect(row).to_have_count(0)

    page.get_by_role("button", name="Undo").click()

    expect(row).to_be_visible()


def test_the_bin(page: Page, row: Locator) -> None:
    choose(row, "Delete")
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Tags, the bin").click()
    page.get_by_role("menuitemradio", name="The bin").click()
    expect(page.locator("#chip")).to_have_text("In the bin, for 30 days each")
    expect(row).to_be_visible()

    row.get_by_role("button", name="Put back or delete").click()
    page.get_by_role("menuitem", name="Delete for good…").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name="Put back or delete").click()
    page.get_by_role("menuitem", name="Put back").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Show all recordings").click()

    expect(row).to_be_visible()


def test_deleting_for_good(page: Page, row: Locator) -> None:
    choose(row, "Delete")
    page.get_by_role("button", name="Tags, the bin").click()
    page.get_by_role("menuitemradio", name="The bin").click()
    row.get_by_role("button", name="Put back or delete").click()
    page.get_by_role("menuitem", name="Delete for good…").click()

    page.get_by_role("button", name="Delete", exact=True).click()

    expect(row).to_have_count(0)
    page.reload()
    expect(page.locator("#recordings li, #none:not([hidden])")).not_to_have_count(0)
    expect(row).to_have_count(0)


def test_deleting_the_one_that_is_open_goes_back_to_the_start(page: Page, row: Locator) -> None:
    row.get_by_role("link").click()

    choose(row, "Delete")

    expect(page.locator("#welcome")).to_be_visible()


def test_one_that_is_not_there_says_so(hardy_page: Page, server: ServerProcess) -> None:
    hardy_page.goto(f"{server.url}#/r/{'0' * 26}")

    expect(hardy_page.locator("#hint")).to_contain_text("not here")


def test_older_ones_are_a_button_away(page: Page, server: ServerProcess) -> None:
    first = [recording(i) for i in range(30, 60)]
    rest = [recording(i) for i in range(30)]
    pages = {"": {"items": first[::-1], "next": "c"}, "c": {"items": rest[::-1], "next": None}}

    def answer(route) -> None:  # type: ignore[no-untyped-def]
        cursor = "c" if "cursor=c" in route.request.url else ""
        route.fulfill(json=pages[cursor])

    page.route("**/api/v1/recordings?*", answer)
    page.goto(server.url)
    expect(page.locator("#recordings li")).to_have_count(30)

    page.get_by_role("button", name="Show older").click()

    expect(page.locator("#recordings li")).to_have_count(60)
    expect(page.locator("#recordings .title").last).to_have_text("Number 0")
    expect(page.get_by_role("button", name="Show older")).to_be_hidden()


def recording(i: int) -> dict[str, object]:
    return {
        "id": f"{i:026}",
        "title": f"Number {i}",
        "created_at": f"2026-01-01T00:{i:02}:00Z",
        "state": "done",
        "duration": 1.0,
        "preview": "",
        "tags": [],
        "speakers": [],
        "bytes": 32_044,
    }


def test_what_another_page_records_is_read_along(
    page: Page, browser: Browser, server: ServerProcess
) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function("() => location.hash.startsWith('#/r/')")
    other = browser.new_page()

    other.goto(page.url)

    expect(other.locator("#transcript")).to_contain_text(OF_THE_CLIP)
    expect(page.locator("#dock")).to_have_attribute("data-state", "recording")
    page.get_by_role("button", name="Stop").click()
    expect(other.locator("#player")).to_be_visible()
    other.close()


def test_coming_back_to_a_running_recording_finds_its_words(
    page: Page, server: ServerProcess
) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#transcript")).to_contain_text(OF_THE_CLIP)
    title = page.locator("#sheet-title").inner_text()

    page.get_by_role("link", name="Vivavoce, start").click()
    expect(page.locator("#welcome")).to_be_visible()
    page.locator("#recordings li").first.get_by_role("link").click()

    expect(page.locator("#sheet-title")).to_have_text(title)
    expect(page.locator("#transcript")).to_contain_text(OF_THE_CLIP)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#player")).to_be_visible()
