"""Correcting a transcript where it stands: the words, undoing, finding, and two people at once."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.editing_steps import (
    SAID,
    click_word,
    drag,
    events_of,
    kept_text,
    marked,
    opened,
    said,
    saved,
    uploaded,
    written,
)
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

HOSTILE = '<img src=x onerror="window.hit = 1"> <script>window.hit = 2</script> &amp; "quoted"'
SELECTED = "getSelection().toString()"


@pytest.fixture
def reading(page: Page, server: ServerProcess, clip: Path) -> str:
    """The id of what the real engine made of the clip."""
    return uploaded(page, server, clip.read_bytes())


def test_a_word_is_put_right_and_stays_tied_to_its_sound(
    page: Page, server: ServerProcess, reading: str
) -> None:
    utterances = opened(page, server, reading)
    expect(utterances).to_have_text([SAID])
    before = events_of(page, server, reading, "revised")[-1]["words"]

    click_word(page, "block", clicks=2)
    assert page.evaluate(SELECTED).strip() == "block"
    page.keyboard.type("wood-cut")
    page.keyboard.press("Enter")
    saved(page)

    text = SAID.replace("block", "wood-cut")
    expect(utterances).to_have_text([text])
    assert kept_text(page, server, reading) == text
    (edit,) = events_of(page, server, reading, "edited")
    assert (edit["text"], edit["base_revision"]) == (text, 0)
    assert [word["start"] for word in edit["words"]] == [word["start"] for word in before]
    page.reload()
    expect(utterances).to_have_text([text])


def test_what_is_written_is_saved_after_a_pause_and_when_the_caret_goes_elsewhere(
    page: Page, server: ServerProcess
) -> None:
    id = written(server, said(0, "One two."), said(1, "Three four."))
    utterances = opened(page, server, id)

    click_word(page, "two", at=0.01)
    page.keyboard.type("and ")
    saved(page)
    expect(utterances.first).to_be_focused()
    assert kept_text(page, server, id) == "One and two.\nThree four."
    page.keyboard.type("not ")
    click_word(page, "four", at=0.01)

    expect(utterances.last).to_be_focused()
    saved(page)
    assert kept_text(page, server, id) == "One and not two.\nThree four."


def test_escape_takes_back_what_was_not_saved(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "One two."))
    utterances = opened(page, server, id)
    click_word(page, "two")
    page.keyboard.type("XX")

    page.keyboard.press("Escape")

    expect(utterances).to_have_text(["One two."])
    expect(page.locator("#scroller")).to_be_focused()
    assert events_of(page, server, id, "edited") == []


def test_undo_and_redo_go_across_utterances(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "One."), said(1, "Two."))
    utterances = opened(page, server, id)
    for word in ("One", "Two"):
        click_word(page, word, clicks=2)
        page.keyboard.type(word.upper())
        page.keyboard.press("Enter")
        saved(page)
    expect(utterances).to_have_text(["ONE.", "TWO."])

    page.keyboard.press("Control+z")
    expect(utterances).to_have_text(["ONE.", "Two."])
    page.keyboard.press("Control+z")
    expect(utterances).to_have_text(["One.", "Two."])
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    page.get_by_role("button", name="Do again").click()

    expect(utterances).to_have_text(["ONE.", "TWO."])
    saved(page)
    assert kept_text(page, server, id) == "ONE.\nTWO."


def test_undo_while_the_caret_is_in_the_text(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "One two."))
    utterances = opened(page, server, id)
    click_word(page, "two", clicks=2)
    page.keyboard.type("deux")

    page.keyboard.press("Control+z")

    expect(utterances).to_have_text(["One two."])
    expect(utterances.first).to_be_focused()
    page.keyboard.press("Control+Shift+z")
    expect(utterances).to_have_text(["One deux."])


def test_emptying_strikes_out_and_undo_brings_it_back(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "Well, er."), said(1, "Two."))
    utterances = opened(page, server, id)
    click_word(page, "er")
    page.keyboard.press("Control+a")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")

    expect(utterances).to_have_text(["Two."])
    saved(page)
    assert kept_text(page, server, id) == "Two."
    page.keyboard.press("Control+z")

    expect(utterances).to_have_text(["Well, er.", "Two."])
    saved(page)
    assert kept_text(page, server, id) == "Well, er.\nTwo."


def test_the_keyboard_alone(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "One two."), said(1, "Three four."))
    utterances = opened(page, server, id)
    page.locator("#scroller").focus()

    page.keyboard.press("]")
    page.keyboard.press("]")
    assert marked(page, "word") == ["two."]
    page.keyboard.press("F2")
    expect(utterances.first).to_be_focused()
    expect(utterances.first).to_have_attribute("role", "textbox")
    page.keyboard.type("and ")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(utterances.last).to_be_focused()
    page.keyboard.type("And ")
    page.keyboard.press("Enter")

    expect(utterances).to_have_text(["One and two.", "And Three four."])
    saved(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_hostile_text_is_text_wherever_it_is_shown(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, HOSTILE), said(1, "Harmless."))
    utterances = opened(page, server, id)
    expect(utterances.first).to_have_text(HOSTILE)

    click_word(page, "Harmless", clicks=2)
    page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          clipboardData.setData("text/html", text);
          const options = { clipboardData, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        HOSTILE,
    )
    page.keyboard.press("Enter")
    saved(page)

    expect(utterances.last).to_have_text(f"{HOSTILE}.")
    assert page.locator("#transcript img, #transcript script").count() == 0
    assert page.evaluate("window.hit") is None
    assert kept_text(page, server, id) == f"{HOSTILE}\n{HOSTILE}."


def test_find_counts_steps_and_knows_case_and_whole_words(
    page: Page, server: ServerProcess
) -> None:
    id = written(server, said(0, "The cat, the Cathedral."), said(1, "A cat sat."))
    opened(page, server, id)
    page.locator("#scroller").focus()
    page.keyboard.press("Control+f")
    field = page.get_by_role("textbox", name="Find", exact=True)
    expect(field).to_be_focused()

    field.fill("cat")
    count = page.locator("[data-count]")
    expect(count).to_have_text("1 of 3")
    assert marked(page, "found") == ["cat", "Cat", "cat"]
    field.press("Enter")
    expect(count).to_have_text("2 of 3")
    assert marked(page, "found-now") == ["Cat"]
    field.press("Shift+Enter")
    expect(count).to_have_text("1 of 3")
    page.get_by_role("button", name="Whole words").click()
    expect(count).to_have_text("1 of 2")
    page.get_by_role("button", name="Match case").click()
    field.fill("Cat")
    expect(count).to_have_text("Not found")
    expect(page.get_by_role("button", name="Replace all")).to_be_disabled()

    field.press("Escape")
    expect(page.locator("#find")).to_be_hidden()
    assert marked(page, "found") == []


def test_replace_one_and_all_and_undo_it_as_one(page: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "The cat, the cat."), said(1, "A cat sat."), said(2, "Dogs."))
    utterances = opened(page, server, id)
    page.get_by_role("button", name="Find and replace").click()
    page.get_by_role("textbox", name="Find", exact=True).fill("cat")
    page.get_by_role("textbox", name="Replace with").fill("$& bird")

    page.get_by_role("button", name="Replace", exact=True).click()
    expect(utterances.first).to_have_text("The $& bird, the cat.")
    expect(page.locator("[data-count]")).to_have_text("1 of 2")
    page.get_by_role("textbox", name="Replace with").fill("bird")
    with page.expect_request(lambda request: request.url.endswith("/edits")) as asked:
        page.get_by_role("button", name="Replace all").click()
    assert len((asked.value.post_data_json or {})["edits"]) == 2
    expect(utterances).to_have_text(["The $& bird, the bird.", "A bird sat.", "Dogs."])
    saved(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")

    expect(utterances).to_have_text(["The $& bird, the cat.", "A cat sat.", "Dogs."])
    saved(page)
    assert kept_text(page, server, id) == "The $& bird, the cat.\nA cat sat.\nDogs."


def test_two_people_see_each_others_edits_and_lose_none(
    hardy_page: Page, browser: Browser, server: ServerProcess
) -> None:
    page = hardy_page  # Chromium writes a refusal, here that of an old base, on the console
    id = written(server, said(0, "One two."), said(1, "Three."))
    mine = opened(page, server, id)
    other = browser.new_page()
    theirs = opened(other, server, id)

    click_word(page, "Three", clicks=2)
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(theirs).to_have_text(["One two.", "3."])

    click_word(page, "two", clicks=2)
    page.keyboard.type("II")
    click_word(other, "two", clicks=2)
    other.keyboard.type("2")
    other.keyboard.press("Enter")
    saved(other)
    expect(mine.first).to_have_text("One II.")  # what is written is not overwritten
    page.keyboard.press("Enter")

    conflict = page.get_by_role("group", name="Two readings of this passage")
    expect(conflict).to_contain_text("Somebody else changed this while you did.")
    expect(conflict.locator(".reading p")).to_have_text(["One II.", "One 2."])
    expect(mine.first).to_have_text("One 2.")
    conflict.get_by_role("button", name="Keep mine").click()
    expect(conflict).to_be_hidden()
    expect(theirs.first).to_have_text("One II.")
    saved(page)
    assert kept_text(page, server, id) == "One II.\n3."
    other.close()


def test_their_reading_may_be_taken(hardy_page: Page, server: ServerProcess) -> None:
    page = hardy_page
    id = written(server, said(0, "One."))
    utterances = opened(page, server, id)
    click_word(page, "One", clicks=2)
    page.keyboard.type("I")
    edit = {"utterance": "u0", "text": "1.", "base_revision": 0}
    address = f"{server.url}api/v1/recordings/{id}/edits"
    assert page.request.post(address, data={"edits": [edit]}).ok
    page.keyboard.press("Enter")

    page.get_by_role("button", name="Take theirs").click()

    expect(page.locator(".conflict")).to_have_count(0)
    expect(utterances).to_have_text(["1."])
    assert kept_text(page, server, id) == "1."


def test_changes_are_kept_while_the_server_is_away_and_sent_again(
    hardy_page: Page, server: ServerProcess, relay: Relay
) -> None:
    page = hardy_page
    id = written(server, said(0, "One."), said(1, "Two."))
    page.goto(f"{relay.url}#/r/{id}")
    utterances = page.locator(".utterance")
    expect(utterances).to_have_count(2)
    relay.cut()
    for word in ("One", "Two"):
        click_word(page, word, clicks=2)
        page.keyboard.type(word.upper())
        page.keyboard.press("Enter")

    kept = "2 changes are kept here until the server answers."
    expect(page.locator("#tools [data-saved]")).to_have_text(kept)
    expect(utterances).to_have_text(["ONE.", "TWO."])
    relay.mend()

    saved(page)
    expect(utterances).to_have_text(["ONE.", "TWO."])
    assert kept_text(page, server, id) == "ONE.\nTWO."


def test_a_selection_over_paragraphs_copies_clean_text(
    browser: Browser, server: ServerProcess
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    id = written(
        server, said(0, "One two.", gap=3), said(1, "Three four.", gap=3), said(2, "Five.", gap=3)
    )
    opened(page, server, id)

    drag(page, "two", "Three")
    page.keyboard.press("Control+c")

    assert page.evaluate("navigator.clipboard.readText()") == "two.\n\nThree"
    page.get_by_role("button", name="Copy the text").click()
    expect(page.locator(".toast")).to_contain_text("on the clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == "One two.\nThree four.\nFive."
    context.close()
