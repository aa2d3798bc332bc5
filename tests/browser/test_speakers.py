"""Who said what, and what stands between the words: markers, gaps, translations."""

import re

from playwright.sync_api import Page, expect

from tests.browser.editing_steps import click_word, drag, events_of, opened, said, saved, written
from vivavoce.core.events import EngineSwitched, Gap, Marker, Named, Speaker, Translated
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.testing.process import ServerProcess

TALK = (said(0, "Good morning all."), said(1, "Good morning."), said(2, "Shall we begin?"))
SPOKEN = (
    Speaker(id="u0", speaker="S1"),
    Speaker(id="u1", speaker="S2"),
    Speaker(id="u2", speaker="S1"),
)
EMPTY = "(element) => getComputedStyle(element).color"


def labels(page: Page) -> list[str]:
    return page.locator(".speaker").all_inner_texts()


def paragraphs(page: Page) -> list[str]:
    return page.locator(".said > p:not(.translation)").all_inner_texts()


def pick(page: Page, label: str, item: str, nth: int = 0) -> None:
    page.locator(".speaker", has_text=label).nth(0).click()
    page.get_by_role("menuitem", name=item).nth(nth).click()


def test_speakers_stand_before_their_paragraphs_in_colours_of_their_own(
    page: Page, server: ServerProcess
) -> None:
    id = written(server, *TALK, *SPOKEN, Named(speaker="S2", name="Ada <b>Lovelace</b>"))
    opened(page, server, id)

    expect(page.locator(".speaker")).to_have_text(["S1", "Ada <b>Lovelace</b>", "S1"])
    first, second, third = (element.evaluate(EMPTY) for element in page.locator(".speaker").all())
    assert first == third != second


def test_a_speaker_is_renamed_everywhere_and_it_can_be_undone(
    page: Page, server: ServerProcess
) -> None:
    id = written(server, *TALK, *SPOKEN)
    opened(page, server, id)

    pick(page, "S1", "Rename “S1”")
    field = page.get_by_role("textbox", name="Name of the speaker")
    expect(field).to_be_focused()
    field.fill("Grace Hopper")
    field.press("Enter")

    expect(page.locator(".speaker")).to_have_text(["Grace Hopper", "S2", "Grace Hopper"])
    text = page.request.get(f"{server.url}api/v1/recordings/{id}/transcript?format=json").json()
    assert "Grace Hopper" in str(text)
    page.keyboard.press("Control+z")
    expect(page.locator(".speaker")).to_have_text(["S1", "S2", "S1"])


def test_two_speakers_are_merged_into_one_and_stay_one(page: Page, server: ServerProcess) -> None:
    id = written(server, *TALK, *SPOKEN)
    opened(page, server, id)
    page.locator(".speaker").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_contain_text("All of “S1” is by")

    page.get_by_role("menuitem", name="S2").last.click()
    expect(page.locator(".speaker")).to_have_text(["S2"])
    assert [" ".join(text.split()) for text in paragraphs(page)] == [
        "Good morning all. Good morning. Shall we begin?"
    ]
    page.locator(".speaker").focus()
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="Name of the speaker").fill("Both")
    page.keyboard.press("Enter")

    expect(page.locator(".speaker")).to_have_text(["Both"])


def test_a_paragraph_is_given_to_another_or_to_somebody_new(
    page: Page, server: ServerProcess
) -> None:
    id = written(server, *TALK, *SPOKEN)
    opened(page, server, id)

    page.locator(".speaker").nth(2).click()
    page.get_by_role("menuitem", name="S2").first.click()
    expect(page.locator(".speaker")).to_have_text(["S1", "S2"])
    pick(page, "S1", "Somebody new")
    expect(page.locator(".speaker")).to_have_text(["S3", "S2"])

    assert [(e["id"], e["speaker"]) for e in events_of(page, server, id, "speaker")[-2:]] == [
        ("u2", "S2"),
        ("u0", "S3"),
    ]
    page.keyboard.press("Control+z")
    expect(page.locator(".speaker")).to_have_text(["S1", "S2"])


def test_selected_words_are_given_to_another_and_the_line_is_split(
    page: Page, server: ServerProcess
) -> None:
    id = written(server, said(0, "Are you there? Yes I am."), Speaker(id="u0", speaker="S1"))
    opened(page, server, id)
    drag(page, "Yes", "am")

    page.get_by_role("button", name="Say who speaks here").click()
    expect(page.get_by_role("menu")).to_contain_text("The selected words are by")
    page.get_by_role("menuitem", name="Somebody new").click()

    expect(page.locator(".speaker")).to_have_text(["S1", "S2"])
    assert [text.strip() for text in paragraphs(page)] == ["Are you there?", "Yes I am."]
    # A part of an utterance is corrected as any other, and the rest of it is left alone.
    click_word(page, "am", clicks=2)
    page.keyboard.type("was")
    page.keyboard.press("Enter")
    saved(page)
    expect(page.locator(".utterance")).to_have_text(["Are you there?", "Yes I was."])
    (edit,) = events_of(page, server, id, "edited")
    assert edit["text"] == "Are you there? Yes I was."
    page.reload()
    expect(page.locator(".speaker")).to_have_text(["S1", "S2"])
    expect(page.locator(".utterance")).to_have_text(["Are you there?", "Yes I was."])


def test_a_first_speaker_is_named_by_the_keyboard(page: Page, server: ServerProcess) -> None:
    id = written(server, *TALK)
    opened(page, server, id)
    page.locator("#scroller").focus()
    page.keyboard.press("]")

    page.get_by_role("button", name="Say who speaks here").press("Enter")
    page.get_by_role("menuitem", name="Somebody new").press("Enter")

    expect(page.locator(".speaker")).to_have_text(["S1"])


def test_markers_gaps_and_engines_stand_between_the_words(
    page: Page, server: ServerProcess
) -> None:
    second = SAMPLE_RATE
    id = written(
        server,
        *TALK,
        Marker(at=4 * second, label="Chapter <i>one</i>"),
        EngineSwitched(at=9 * second, previous="vosk", engine="moonshine", reason="It failed."),
        Gap(start=20 * second, end=21 * second, reason="damaged"),
    )
    opened(page, server, id)
    notes = page.locator(".note")

    expect(notes).to_have_text(
        [re.compile("Chapter <i>one</i>"), re.compile("moonshine goes on"), re.compile("damaged")]
    )
    page.locator("#player [data-seek]").fill("12")
    page.locator("#scroller").focus()
    page.keyboard.press("m")

    expect(notes).to_have_count(4)
    assert events_of(page, server, id, "marker")[-1]["at"] == 12 * second


def test_translations_stand_under_the_words_in_the_language_of_choice(
    page: Page, server: ServerProcess
) -> None:
    id = written(
        server,
        *TALK,
        Translated(id="u0", language="de", text="Guten Morgen allerseits."),
        Translated(id="u1", language="de", text="Guten Morgen."),
        Translated(id="u0", language="fr", text="Bonjour à tous."),
    )
    opened(page, server, id)
    choice = page.get_by_role("combobox", name="Translation")
    expect(choice.locator("option")).to_have_text(["No translation", "German", "French"])
    expect(page.locator(".translation")).to_have_count(0)

    choice.select_option("de")
    expect(page.locator(".translation")).to_have_text(["Guten Morgen allerseits. Guten Morgen."])
    expect(page.locator(".translation")).to_have_attribute("lang", "de")
    page.reload()
    expect(page.locator(".translation")).to_have_text(["Guten Morgen allerseits. Guten Morgen."])
    choice.select_option("")

    expect(page.locator(".translation")).to_have_count(0)
