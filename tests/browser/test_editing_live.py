"""Correcting while the recording goes on."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.editing_steps import click_word, kept_text, saved
from tests.browser.scripted import ScriptedServer
from vivavoce.testing.process import ServerProcess

SETTLED = ".utterance:not(.open)"
OF_A_LINE = {"id": "u1", "start": 0, "end": 16000, "engine": "fake", "model": "fake"}


def test_words_are_put_right_while_somebody_speaks(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator(SETTLED).first).to_be_visible()
    page.wait_for_function("() => location.hash.startsWith('#/r/')")
    id = page.url.rpartition("/")[2]

    page.locator("#scroller").focus()
    page.keyboard.press("]")
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("Put right meanwhile.")
    page.keyboard.press("Enter")
    saved(page)
    expect(page.locator("#dock")).to_have_attribute("data-state", "recording")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")

    expect(page.locator("#player")).to_be_visible()
    assert kept_text(page, server, id).startswith("Put right meanwhile.")
    expect(page.locator(SETTLED).first).to_have_text("Put right meanwhile.")
    click_word(page, "meanwhile", clicks=2)  # after the end it goes on in the library
    page.keyboard.type("afterwards")
    page.keyboard.press("Enter")
    saved(page)
    assert kept_text(page, server, id).startswith("Put right afterwards.")


def test_what_is_written_neither_jumps_nor_is_overwritten(
    hardy_page: Page, server: ServerProcess
) -> None:
    """A machine's later reading comes while the caret is in the text; a person's goes before."""
    page = hardy_page
    scripted = ScriptedServer(page)
    edits: list[dict[str, object]] = []

    def answer(route: Route) -> None:
        asked = (route.request.post_data_json or {})["edits"][0]
        edits.append(asked)
        if asked["base_revision"] == 0:
            current = {**OF_A_LINE, "text": "One too.", "revision": 1}
            error = {"code": "conflict", "message": "Changed.", "retryable": False}
            body = {"error": {**error, "conflicts": [current]}}
            route.fulfill(status=409, json=body)
            return
        event = {"type": "edited", "id": "u1", "actor": "local", **asked}
        del event["utterance"]
        scripted.say(**event)
        said = [{"n": 9, "epoch": 1, "event": event}]
        route.fulfill(json={"events": said, "conflicts": []})

    page.route("**/edits", answer)
    page.goto(server.url)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#r-line")).to_have_text(re.compile("Live"))
    scripted.say("final", text="One to.", **OF_A_LINE)
    utterance = page.locator(SETTLED)
    expect(utterance).to_have_text("One to.")
    click_word(page, "to", clicks=2)
    page.keyboard.type("two")
    top = utterance.bounding_box()

    scripted.say("revised", id="u1", text="One too.", engine="fake", model="better", words=[])
    later = {**OF_A_LINE, "id": "u2", "start": 20000, "end": 40000}
    scripted.say("final", text="Three four.", **later)
    expect(page.locator(SETTLED)).to_have_count(2)

    expect(utterance.first).to_be_focused()
    expect(utterance.first).to_have_text("One two.")
    assert utterance.first.bounding_box() == top
    page.keyboard.press("Enter")
    saved(page)

    expect(utterance.first).to_have_text("One two.")
    expect(page.locator(".conflict")).to_have_count(0)
    assert [edit["base_revision"] for edit in edits] == [0, 1]
    page.get_by_role("button", name="Stop").click()
