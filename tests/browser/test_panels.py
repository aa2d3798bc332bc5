"""The frame of the panels: how they are opened and left, and what they say of nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OF_A_CUT_LINE, watched
from tests.browser.editing_steps import written
from tests.browser.panel_steps import Studio, opened, studio, talk, turned
from tests.browser.sharing import call
from tests.browser.test_accessible_recorder import well
from vivavoce.testing.process import ServerProcess

TABS = ("Summary", "Ask", "Translate", "Speakers", "Share", "E-mail")
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("panels")) as found:
        yield found


@pytest.fixture(scope="module")
def server(made: Studio) -> ServerProcess:
    return made.server


@pytest.fixture(scope="module")
def recording(server: ServerProcess) -> str:
    return talk(server, speakers=2)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_a_column_is_opened_turned_and_left_by_the_keyboard(
    page: Page, server: ServerProcess, recording: str
) -> None:
    page.goto(f"{server.url}#/r/{recording}")
    openers = page.get_by_role("group", name="What can be made of it").get_by_role("button")
    expect(openers).to_have_count(6)
    openers.nth(4).press("Enter")
    panel = page.get_by_role("dialog", name="Share")
    expect(panel).to_be_visible()
    assert focused(page) == "Share"
    assert page.locator("#scroller").bounding_box()["width"] > 400  # type: ignore[index]

    page.keyboard.press("ArrowRight")
    assert focused(page) == "E-mail"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Summary"
    expect(page.get_by_role("tabpanel", name="Summary")).to_be_visible()

    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(openers.first).to_be_focused()


def test_the_words_are_read_and_played_beside_an_open_column(
    page: Page, server: ServerProcess, recording: str
) -> None:
    opened(page, server, recording)
    expect(page.locator(".utterance").first).to_be_visible()
    page.locator("#scroller").focus()
    page.keyboard.press("]")
    page.keyboard.press("Enter")

    expect(page.locator(".utterance.edited")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_visible()


def test_a_phone_has_a_sheet_that_holds_the_focus_and_goes_where_a_link_leads(
    page: Page, server: ServerProcess, recording: str
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    opened(page, server, recording)
    assert page.evaluate("document.querySelector('#panel').matches(':modal')")
    page.get_by_role("button", name="Summarise").click()
    page.locator("#panel a.moment").last.click()

    expect(page.locator("#panel")).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"#/r/{recording}@13\.5$"))
    expect(page.locator(".time")).to_have_text(re.compile("^0:13"))
    page.get_by_role("button", name="Summary, questions, sharing").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Summary, questions, sharing")).to_be_focused()
    page.get_by_role("button", name="Summary, questions, sharing").click()
    page.mouse.click(195, 20)
    expect(page.locator("#panel")).to_be_hidden()


def test_a_column_becomes_a_sheet_where_there_is_no_room(
    page: Page, server: ServerProcess, recording: str
) -> None:
    opened(page, server, recording, "Ask")
    page.get_by_role("textbox", name="Question").fill("Who?")

    page.set_viewport_size({"width": 1000, "height": 700})

    page.wait_for_function("document.querySelector('#panel').matches(':modal')")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Who?")


def test_of_nothing_nothing_is_made(page: Page, server: ServerProcess) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    opened(page, server, written(server, seconds=2))
    sentences = {
        "Summary": "There is nothing to summarise: nobody was heard to speak.",
        "Ask": "There is nothing to ask about: nobody was heard to speak.",
        "Translate": "There is nothing to translate: nobody was heard to speak.",
        "Speakers": "There is nothing to tell apart: nobody was heard to speak.",
        "Share": "There is nothing to share: nobody was heard to speak.",
        "E-mail": "There is nothing to send: nobody was heard to speak.",
    }
    for tab, sentence in sentences.items():
        turned(page, tab)
        body = page.get_by_role("tabpanel", name=tab)
        expect(body.locator("#panel-none")).to_have_text(sentence)
        expect(body.locator("button:visible")).to_have_count(0)
    assert [one for one in asked if not one.startswith("GET ")] == []


def test_it_follows_to_another_recording_and_closes_with_the_last(
    page: Page, server: ServerProcess, recording: str
) -> None:
    opened(page, server, recording, "Ask")
    page.get_by_role("textbox", name="Question").fill("Who calls the insurance?")
    page.keyboard.press("Enter")
    expect(page.locator("#panel article h3")).to_have_text("Who calls the insurance?")
    expect(page.get_by_role("button", name="Copy the answer")).to_be_visible()  # it is whole
    other = talk(server)

    page.evaluate("(id) => (location.hash = `#/r/${id}`)", other)
    expect(page.locator("#panel article")).to_have_count(0)
    page.evaluate("(id) => (location.hash = `#/r/${id}`)", recording)
    expect(page.locator("#panel article")).to_have_count(1)

    page.get_by_role("link", name="Vivavoce, start").click()
    expect(page.locator("#panel")).to_be_hidden()


def test_what_was_deleted_elsewhere_says_so_where_it_is_asked_for(
    browser: Browser, server: ServerProcess
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with watched(context, OF_A_CUT_LINE) as page:
        id = talk(server)
        opened(page, server, id)
        call(server, f"recordings/{id}", method="DELETE")
        gone = "This is not here any more: somebody has deleted it."
        page.get_by_role("button", name="Summarise").click()
        expect(page.get_by_role("alert").filter(has_text=gone)).to_be_visible()
        turned(page, "Share")
        page.get_by_role("button", name="Make a link").click()
        expect(page.get_by_role("alert").filter(has_text=gone)).to_be_visible()


def test_a_server_that_is_away_is_said_at_the_place(
    hardy_page: Page, server: ServerProcess, recording: str
) -> None:
    opened(hardy_page, server, recording)
    expect(hardy_page.locator("select[name=template] option")).to_have_count(3)
    hardy_page.route("**/summaries", lambda route: route.abort())

    hardy_page.get_by_role("button", name="Summarise").click()

    expect(hardy_page.get_by_role("alert")).to_have_text(["The server does not answer."])
    expect(hardy_page.get_by_role("button", name="Summarise")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_for_axe_to_find(
    browser: Browser, server: ServerProcess, recording: str, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    with watched(context, None) as page:
        opened(page, server, recording)
        page.get_by_role("button", name="Summarise").click()
        expect(page.locator("#panel details.made").first).to_be_visible()
        page.get_by_role("button", name="Change the templates").click()
        well(page)
        turned(page, "Ask")
        page.get_by_role("textbox", name="Question").fill("Who calls the insurance?")
        page.keyboard.press("Enter")
        expect(page.locator("#panel article .row")).to_be_visible()
        well(page)
        turned(page, "Translate")
        expect(page.get_by_role("button", name="Translate", exact=True)).to_be_visible()
        well(page)
        turned(page, "Speakers")
        expect(page.locator("#panel .voices li")).to_have_count(2)
        well(page)
        turned(page, "Share")
        page.get_by_role("button", name="Make a link").click()
        page.get_by_text("Captions over a video").first.click()
        well(page)
        turned(page, "E-mail")
        expect(page.locator("#panel .chips label").first).to_be_visible()
        well(page)


def test_nothing_for_axe_to_find_where_nothing_is_set_up(
    page: Page, server: ServerProcess, recording: str
) -> None:
    def nothing(route) -> None:  # type: ignore[no-untyped-def]
        info = route.fetch().json() | {"language_model": None, "email": False}
        route.fulfill(json=info)

    page.route("**/api/v1/info", nothing)
    opened(page, server, recording)
    for tab in ("Summary", "Ask", "Translate", "E-mail"):
        body = turned(page, tab)
        body.locator("details.set-up:visible summary").click()
        expect(body.locator("details[open] pre:visible")).to_contain_text("VIVAVOCE_")
        well(page)
