"""Summaries, answers and translations in their panels, by a language model that is a real server,
and without one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.editing_steps import saved, uploaded
from tests.browser.panel_steps import MARKUP, SAID, Studio, opened, studio, talk, turned
from tests.browser.sharing import call
from vivavoce.testing import language_model
from vivavoce.testing.process import ServerProcess

TITLE = f"Minutes {MARKUP}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("panels")) as found:
        yield found


@pytest.fixture(scope="module")
def server(made: Studio) -> ServerProcess:
    return made.server


@pytest.fixture
def recording(server: ServerProcess) -> str:
    return talk(server)


@pytest.fixture
def bare(page: Page) -> Page:
    """A page that is told of no language model."""

    def nothing(route) -> None:  # type: ignore[no-untyped-def]
        route.fulfill(json=route.fetch().json() | {"language_model": None})

    page.route("**/api/v1/info", nothing)
    return page


def test_a_summary_is_read_as_it_is_written_and_leads_to_where_it_was_said(
    page: Page, made: Studio, recording: str
) -> None:
    made.model.gate.clear()
    panel = opened(page, made.server, recording)
    with made.model.being("slow"):
        panel.get_by_role("button", name="Summarise").click()
        expect(panel.locator(".draft .written")).to_have_text("Somebod")
        expect(panel.get_by_role("button", name="Stop")).to_be_visible()
        made.model.gate.set()
        expect(panel.locator("details.made")).to_have_count(1)

    expect(panel.locator(".draft")).to_be_hidden()
    expect(panel.locator("details.made .meta")).to_contain_text("tale")
    links = panel.get_by_role("link")
    expect(links).to_have_count(2)
    links.last.click()
    expect(page).to_have_url(re.compile(rf"#/r/{recording}@13\.5$"))
    expect(page.locator(".time")).to_have_text(re.compile("^0:13"))
    expect(page.locator("#scroller")).to_be_focused()
    links.last.click()  # there once more
    expect(page.locator("#panel")).to_be_visible()


def test_what_was_stopped_leaves_nothing(page: Page, made: Studio, recording: str) -> None:
    made.model.gate.clear()
    panel = opened(page, made.server, recording)
    with made.model.being("slow"):
        panel.get_by_role("button", name="Summarise").click()
        expect(panel.locator(".draft .written")).to_be_visible()
        panel.get_by_role("button", name="Stop").click()
        expect(panel.get_by_role("button", name="Summarise")).to_be_visible()
    made.model.gate.set()
    expect(panel.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)
    assert call(made.server, f"recordings/{recording}/summaries") == {"items": []}


def test_words_of_a_model_and_of_speakers_are_text(page: Page, made: Studio) -> None:
    id = talk(made.server, [SAID[2]])
    panel = opened(page, made.server, id)
    panel.get_by_role("button", name="Summarise").click()

    expect(panel.locator("details.made .written")).to_contain_text(MARKUP)
    expect(panel.locator("img")).to_have_count(0)


def test_a_summary_of_words_that_were_corrected_says_so_and_is_made_anew(
    page: Page, made: Studio, recording: str
) -> None:
    panel = opened(page, made.server, recording)
    panel.get_by_role("button", name="Summarise").click()
    expect(panel.locator("details.made")).to_have_count(1)
    expect(panel.get_by_text("The transcript has changed since.")).to_have_count(1)
    expect(panel.get_by_text("The transcript has changed since.")).to_be_hidden()

    page.locator(".utterance").first.dblclick()
    page.keyboard.press("End")
    page.keyboard.type(" Indeed.")
    page.keyboard.press("Enter")
    saved(page)

    expect(panel.get_by_text("The transcript has changed since.")).to_be_visible()
    panel.get_by_role("button", name="Make it anew").click()
    expect(panel.locator("details.made")).to_have_count(2)
    expect(panel.locator("details.made").first).to_contain_text("Indeed")
    panel.get_by_role("button", name="Remove the summary").first.click()
    expect(panel.locator("details.made")).to_have_count(1)
    page.reload()
    page.locator("#panel-openers button").first.click()
    expect(panel.locator("details.made")).to_have_count(1)
    expect(panel.get_by_text("The transcript has changed since.")).to_be_visible()


def test_a_failing_model_is_said_and_a_summary_can_be_copied(
    page: Page, made: Studio, recording: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = opened(page, made.server, recording)
    with made.model.being("error"):
        panel.get_by_role("button", name="Summarise").click()
        expect(panel.get_by_role("alert").filter(has_text="language model")).to_be_visible()
    panel.get_by_role("button", name="Summarise").click()
    panel.get_by_role("button", name="Copy the summary").click()

    expect(page.locator("#panel-said")).to_have_text("It is on the clipboard.")
    assert "Somebody said: Good morning" in page.evaluate("navigator.clipboard.readText()")


def test_an_extract_is_called_one_and_a_model_is_a_page_of_settings_away(
    bare: Page, made: Studio, recording: str
) -> None:
    panel = opened(bare, made.server, recording)
    expect(panel.get_by_text("There is no language model here")).to_be_visible()
    panel.get_by_text("How to have a language model").click()
    expect(panel.locator("pre")).to_contain_text("VIVAVOCE_LLM_MODEL")
    call(made.server, f"recordings/{recording}/summaries?stream=false", {"extract": True})

    turned(bare, "Ask")
    turned(bare, "Summary")

    expect(panel.locator("details.made .badge")).to_have_text("Extract")
    expect(panel.locator("details.made a.sentence")).not_to_have_count(0)


def test_sections_have_headings_and_chapters_lead_to_their_beginning(
    page: Page, made: Studio, recording: str
) -> None:
    made.model.says = lambda _: "## The crane [2]\n- It is paid. [2]\n- [1] [3]\nThey agreed. [1,2]"
    try:
        panel = opened(page, made.server, recording)
        panel.get_by_role("combobox", name="Template", exact=True).select_option("Chapters")
        panel.get_by_role("button", name="Summarise").click()
        expect(panel.locator("details.made h4")).to_have_text("The crane 0:04")
    finally:
        made.model.says = language_model.said
    expect(panel.locator("details.made h4 a")).to_have_attribute("href", f"#/r/{recording}@4.5")
    expect(panel.locator("li a")).to_have_text(["It is paid."])
    expect(panel.locator("details.made .written p a")).to_have_text(["They agreed.", "0:04"])


def test_templates_are_changed_added_used_and_as_they_came(
    page: Page, made: Studio, recording: str
) -> None:
    panel = opened(page, made.server, recording)
    template = panel.get_by_role("combobox", name="Template", exact=True)
    panel.get_by_role("button", name="Change the templates").click()
    panel.get_by_role("button", name="A new one").click()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert").filter(has_text="A template has a title")).to_be_visible()
    panel.get_by_label("Title").fill(TITLE)
    panel.get_by_label("What to write").fill("Write it as a sea shanty.")
    panel.get_by_role("button", name="Save").click()
    expect(template.locator("option:checked")).to_have_text(TITLE)
    panel.get_by_role("button", name="Summarise").click()
    expect(panel.locator("details.made h3")).to_have_text(TITLE)
    assert "Write it as a sea shanty." in made.model.prompts[-1]

    panel.get_by_role("button", name="Change the templates").click()
    panel.get_by_role("button", name="Delete", exact=True).click()
    expect(template.locator("option")).to_have_count(3)
    template.select_option("Chapters")
    panel.get_by_role("button", name="Change the templates").click()
    panel.get_by_label("Title").fill("Parts")
    panel.get_by_role("button", name="Save").click()
    expect(template.locator("option:checked")).to_have_text("Parts")
    panel.get_by_role("button", name="Change the templates").click()
    panel.get_by_role("button", name="As it came").click()
    expect(template.locator("option:checked")).to_have_text("Chapters")


def test_a_question_is_answered_as_it_is_written_and_the_last_stay(
    page: Page, made: Studio, recording: str
) -> None:
    made.model.gate.clear()
    panel = opened(page, made.server, recording, "Ask")
    with made.model.being("slow"):
        panel.get_by_role("textbox", name="Question").fill(f"Who is {MARKUP}?")
        page.keyboard.press("Enter")
        expect(panel.locator("article .written")).to_have_text("Somebod")
        made.model.gate.set()
        expect(panel.get_by_role("link")).to_have_count(2)
    panel.get_by_role("textbox", name="Question").fill("And who else?")
    panel.get_by_role("button", name="Ask").click()

    expect(panel.locator("article h3")).to_have_text(["And who else?", f"Who is {MARKUP}?"])
    expect(panel.get_by_role("link").first).to_have_attribute("href", f"#/r/{recording}@0")
    turned(page, "Summary")
    turned(page, "Ask")
    expect(panel.locator("article h3")).to_have_count(2)


def test_a_question_that_fails_stays_to_be_asked_again(
    page: Page, made: Studio, recording: str
) -> None:
    panel = opened(page, made.server, recording, "Ask")
    panel.get_by_role("button", name="Ask", exact=True).click()
    expect(panel.get_by_role("alert").filter(has_text="Write what you want")).to_be_visible()
    with made.model.being("html"):
        panel.get_by_role("textbox", name="Question").fill("Who?")
        page.keyboard.press("Enter")
        expect(panel.get_by_role("alert").filter(has_text="language model")).to_be_visible()

    expect(panel.locator("article")).to_have_count(0)
    expect(panel.get_by_role("textbox", name="Question")).to_have_value("Who?")


def test_without_a_model_the_passages_are_called_passages(
    page: Page, made: Studio, recording: str
) -> None:
    def extract(route) -> None:  # type: ignore[no-untyped-def]
        sentence = {"text": SAID[1], "sources": [{"utterance": "u1", "start": 4.5, "end": 8.5}]}
        answer: dict[str, Any] = {"text": f"- {SAID[1]}", "sentences": [sentence], "sections": []}
        answer |= {"extract": True, "model": "extract", "truncated": False}
        body = f"event: answer\ndata: {json.dumps(answer)}\n\n"
        route.fulfill(body=body, content_type="text/event-stream")

    page.route("**/questions", extract)
    panel = opened(page, made.server, recording, "Ask")
    panel.get_by_role("textbox", name="Question").fill("crane?")
    page.keyboard.press("Enter")

    expect(panel.locator("article .badge")).to_have_text("Passages")
    expect(panel.get_by_text("nobody has answered it")).to_be_visible()
    expect(panel.get_by_role("link")).to_have_text([SAID[1]])


def test_a_file_is_translated_and_shown_under_its_words(
    page: Page, made: Studio, clip: Path
) -> None:
    id = uploaded(page, made.server, clip.read_bytes())
    panel = opened(page, made.server, id, "Translate")
    panel.get_by_role("combobox", name="Language", exact=True).select_option("German")
    panel.get_by_role("button", name="Translate", exact=True).click()

    expect(page.locator("#transcript .translation")).to_contain_text("(de)")
    expect(panel.locator("li[data-language=de]")).to_contain_text("All of it")
    page.get_by_role("combobox", name="Translation").select_option("")
    expect(page.locator("#transcript .translation")).to_have_count(0)
    panel.get_by_role("button", name="Show German").click()
    expect(page.locator("#transcript .translation")).to_have_count(1)


def test_a_translation_that_fails_says_why_and_is_tried_again(
    page: Page, made: Studio, recording: str
) -> None:
    panel = opened(page, made.server, recording, "Translate")
    panel.get_by_role("combobox", name="Language", exact=True).select_option("French")
    with made.model.being(401):
        panel.get_by_role("button", name="Translate", exact=True).click()
        expect(panel.locator("li[data-language=fr] .wrong")).to_contain_text("language model")
    panel.get_by_role("button", name="Try again").click()

    expect(page.locator("#transcript .translation").first).to_contain_text("(fr)")
    expect(panel.locator("li[data-language=fr] .wrong")).to_have_count(0)


def test_without_a_model_nothing_is_translated(bare: Page, made: Studio, recording: str) -> None:
    panel = opened(bare, made.server, recording, "Translate")

    expect(panel.get_by_text("There is no language model here")).to_be_visible()
    expect(panel.get_by_role("button", name="Translate", exact=True)).to_be_hidden()


def test_a_list_that_was_asked_for_before_loses_nothing_made_since(
    page: Page, made: Studio, recording: str
) -> None:
    late: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET" and not late:
            late.append(route)
        else:
            route.continue_()

    page.route("**/summaries", hold)
    panel = opened(page, made.server, recording)
    panel.get_by_role("button", name="Summarise").click()
    expect(panel.locator("details.made")).to_have_count(1)
    with page.expect_request("**/summaries"):  # it is asked for once more
        late[0].fulfill(json={"items": []})

    expect(panel.locator("details.made")).to_have_count(1)
