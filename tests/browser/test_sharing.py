"""Shared links in a real browser: people who read along, and captions over a video."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import OF_A_CUT_LINE, watched
from tests.browser.sharing import Speaker, call
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

STYLE = "(at) => { const [q, p] = at; return getComputedStyle(document.querySelector(q))[p]; }"
LAST = re.compile("true|printed")
"""Words of the clip's end. A pause in what is sent may cost the words beside it."""
SCROLLS = """() => document.documentElement.scrollHeight > innerHeight ||
  document.documentElement.scrollWidth > innerWidth"""
NOTE_LINES = """() => {
  const captions = document.querySelector("#captions");
  const line = (span) => [span.textContent, span.getBoundingClientRect().x];
  window.seen = [];
  new MutationObserver(() => window.seen.push([...captions.querySelectorAll("span")].map(line)))
    .observe(captions, { subtree: true, childList: true, characterData: true });
}"""
SCRIPTED = "<img src=x onerror=\"document.title='caught'\">"


@pytest.fixture
def speaker(server: ServerProcess, clip: Path) -> Iterator[Speaker]:
    speaker = Speaker(server, clip, title="A talk")
    yield speaker
    call(server, f"recordings/{speaker.recording}", method="DELETE")


@pytest.fixture
def page(browser: Browser, speaker: Speaker) -> Iterator[Page]:
    """One that is closed before what it shows is deleted: else Chromium tells of the 404."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    with watched(context, None) as page:
        yield page


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """A reader, whose browser may say that a link does not answer any more."""
    context = browser.new_context(viewport={"width": 900, "height": 700}, color_scheme="light")
    with watched(context, OF_A_CUT_LINE) as page:
        yield page


def style(page: Page, query: str, name: str) -> str:
    return str(page.evaluate(STYLE, [query, name]))


def test_a_reader_follows_live_and_a_late_one_catches_up(
    page: Page, reader: Page, speaker: Speaker
) -> None:
    url = speaker.share()["url"]
    page.goto(url)
    expect(page.locator("#state")).to_have_text("Live")
    expect(page.locator("#title")).to_have_text("A talk")
    expect(page.locator("#hint")).to_contain_text("Waiting")

    speaker.say(3.0)
    speaker.say(0.5)
    expect(page.locator("#text .paragraph p")).to_contain_text(re.compile(r"\w+"))
    reader.goto(url)
    expect(reader.locator("#text .paragraph p")).to_contain_text(re.compile(r"\w+"))
    speaker.say()
    speaker.say(1.5)

    for each in (page, reader):
        expect(each.locator("#text")).to_contain_text(LAST)
    expect(page.locator("#spoken")).to_contain_text(LAST)
    speaker.finish()
    for each in (page, reader):
        expect(each.locator("#state")).to_have_text("Ended")
        expect(each.locator("#audio")).to_be_hidden()


def test_each_reader_chooses_how_it_reads_and_finds_it_so_again(
    page: Page, speaker: Speaker
) -> None:
    page.goto(speaker.share()["url"])
    speaker.say()
    speaker.say(1.5)
    expect(page.locator("#text .paragraph").first).to_be_visible()
    assert style(page, ".paragraph", "fontSize") == "20px"

    page.get_by_text("How it reads").click()
    page.get_by_label("Text size").select_option("Very large")
    page.get_by_label("Colours").select_option("High contrast")
    page.get_by_label("Spacing").select_option("Wide")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Text size")).to_be_hidden()
    for _ in range(2):
        expect(page.locator("#text .paragraph").first).to_be_visible()
        assert style(page, ".paragraph", "fontSize") == "40px"
        assert style(page, "body", "backgroundColor") == "rgb(0, 0, 0)"
        assert style(page, ".paragraph", "letterSpacing") == "2.4px"
        page.reload()


def test_a_reader_chooses_the_language_where_there_are_translations(
    page: Page, speaker: Speaker
) -> None:
    final = {"type": "final", "start": 0, "end": 16000, "engine": "e", "model": "m"}
    events = [
        {**final, "id": "u1", "text": "Good morning."},
        {"type": "translated", "id": "u1", "language": "de", "text": "Guten Morgen."},
        {**final, "id": "u2", "start": 20000, "end": 30000, "text": "One moment."},
        {"type": "speaker", "id": "u1", "speaker": "S1"},
        {"type": "named", "speaker": "S1", "name": "Ann"},
    ]
    told = "".join(
        f"id: {n}\ndata: {json.dumps({'n': n, 'epoch': 1, 'event': event})}\n\n"
        for n, event in enumerate(events, 1)
    )

    def answer(route: Route) -> None:
        route.fulfill(body=told, headers={"Content-Type": "text/event-stream"})

    page.route("**/events?*", answer)
    page.goto(speaker.share()["url"])
    expect(page.locator("#text")).to_contain_text("Good morning.")
    expect(page.locator("#text b")).to_have_text("Ann")

    page.get_by_text("How it reads").click()
    page.get_by_label("Language").select_option("German")

    expect(page.locator("#text")).to_contain_text("Guten Morgen.")
    expect(page.locator("#text")).not_to_contain_text("Good morning.")
    expect(page.locator("#text .untranslated")).to_contain_text("One moment.")
    expect(page.locator("#text [lang=de]")).to_have_count(1)


def test_a_withdrawn_link_says_so_to_who_reads(
    reader: Page, server: ServerProcess, speaker: Speaker
) -> None:
    made = speaker.share()
    reader.goto(made["url"])
    expect(reader.locator("#state")).to_have_text("Live")

    call(server, f"shares/{made['id']}", method="DELETE")

    expect(reader.locator("#state")).to_have_text("Not shared any more")
    expect(reader.locator("#hint")).to_contain_text("withdrawn")
    reader.reload()
    expect(reader.get_by_role("heading")).to_contain_text("does not open anything")


def test_a_reader_whose_line_is_cut_misses_nothing(
    reader: Page, speaker: Speaker, relay: Relay
) -> None:
    token = speaker.share()["token"]
    reader.goto(f"{relay.url}s/{token}")
    expect(reader.locator("#state")).to_have_text("Live")
    relay.cut()
    speaker.say()
    speaker.say(1.5)
    relay.mend()
    expect(reader.locator("#text")).to_contain_text("predecessors")


def test_what_people_write_is_shown_as_text(
    page: Page, server: ServerProcess, speaker: Speaker
) -> None:
    speaker.say()
    speaker.say(1.5)
    speaker.finish()
    page.goto(speaker.share(audio=True)["url"])
    expect(page.locator("#state")).to_have_text("Ended")
    expect(page.locator("#audio")).to_be_visible()

    call(server, f"recordings/{speaker.recording}", {"title": SCRIPTED}, method="PATCH")
    utterance = {"utterance": "u1", "text": SCRIPTED, "base_revision": 0}
    call(server, f"recordings/{speaker.recording}/edits", {"edits": [utterance]})

    expect(page.locator("#text")).to_contain_text(SCRIPTED)
    page.reload()
    expect(page.locator("#title")).to_have_text(SCRIPTED)
    expect(page).to_have_title(f"{SCRIPTED} · Vivavoce")


def test_captions_lie_over_a_video(page: Page, speaker: Speaker) -> None:
    url = speaker.share()["captions_url"]
    page.set_viewport_size({"width": 800, "height": 450})
    page.goto(f"{url}?size=30&lines=2&colour=ffee00&outline=none&position=top")
    speaker.say()
    speaker.say(1.5)

    expect(page.locator("#captions p")).to_have_count(2)
    expect(page.locator("#captions")).to_contain_text("book")
    assert style(page, "#captions", "fontSize") == "30px"
    assert style(page, "#captions", "color") == "rgb(255, 238, 0)"
    for query in ("html", "body", "#captions", "#captions span"):
        assert style(page, query, "backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.evaluate(SCROLLS) is False
    box = page.locator("#captions").bounding_box()
    assert box is not None
    assert box["y"] < 100


def test_captions_go_when_nobody_speaks_and_come_back(page: Page, speaker: Speaker) -> None:
    page.clock.install()
    page.goto(speaker.share()["captions_url"])
    speaker.say()
    speaker.say(1.5)
    expect(page.locator("#captions")).to_contain_text("book")
    expect(page.locator("#captions")).to_be_visible()

    page.clock.run_for(11_000)
    expect(page.locator("#captions.away")).to_have_count(1)
    speaker.say(0.5)
    speaker._sent = 0  # the same again
    speaker.say()
    speaker.say(1.5)

    page.wait_for_function("() => !document.querySelector('#captions').matches('.away')")


def test_words_of_captions_do_not_jump(page: Page, speaker: Speaker) -> None:
    """What stands in a line is still its beginning when more is said."""
    page.goto(speaker.share()["captions_url"] + "?size=40&lines=3")
    page.evaluate(NOTE_LINES)
    for _ in range(5):
        speaker.say(1.0)
    speaker.say(1.5)
    expect(page.locator("#captions")).to_contain_text("book")
    seen = page.evaluate("() => window.seen")
    places = {round(x) for lines in seen for text, x in lines if text}
    assert len(places) == 1, "every line begins at the same place"
