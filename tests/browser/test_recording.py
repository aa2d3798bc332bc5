"""Speak into the page and read it, whatever happens to the line."""

import re

import pytest
from playwright.sync_api import Page, expect

from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

CLIP = 5.14  # seconds that the fake microphone speaks
SAID = "produced the block books which were the immediate predecessors of the true printed book"
PROMISE = 2000  # ms after the last word in which its final text is there

OPEN = "document.querySelector('.utterance.open')?.textContent.trim()"
SETTLED = ".utterance:not(.open)"


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def captured(page: Page) -> float:
    """The seconds that the page has taken from the microphone."""
    saved = page.locator("#r-saved").inner_text()
    match = re.search(r"of ([\d.]+) s", saved)
    assert match, saved
    return float(match[1])


def record(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function(f"() => {OPEN}")


def finish(page: Page) -> str:
    """Stop when the clip has been heard to its end, and give the text that settled."""
    expect(page.locator(SETTLED).last).to_contain_text(re.compile("book", re.I))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")
    return " ".join(page.locator(SETTLED).all_inner_texts())


def assert_nothing_lost(page: Page, text: str, server: ServerProcess) -> None:
    assert len(words(text) & words(SAID)) >= 0.8 * len(words(SAID)), text
    saved, total = re.findall(r"[\d.]+", page.locator("#r-saved").inner_text())
    assert saved == total
    kept = page.request.get(f"{server.url}api/v1/recordings/{recording_id(page)}").json()
    assert kept["duration"] == pytest.approx(float(total), abs=0.1)


def recording_id(page: Page) -> str:
    page.wait_for_function("() => location.hash.startsWith('#/r/')")
    return page.url.rpartition("/")[2]


def test_words_are_read_while_they_are_said_and_kept_afterwards(
    page: Page, server: ServerProcess
) -> None:
    record(page, server.url)
    assert captured(page) < CLIP, "the first words were not there before the last was said"
    expect(page.locator("#r-delay")).to_have_text(re.compile(r"^[1-9]\d* ms$"))

    text = finish(page)

    assert_nothing_lost(page, text, server)
    delay = page.locator(SETTLED).last.get_attribute("data-delay")
    assert delay is not None
    assert int(delay) <= PROMISE
    row = page.locator(f"#recordings li[data-id='{recording_id(page)}']")
    expect(row).to_have_attribute("data-state", "done")
    expect(row.locator(".preview")).to_contain_text(text[:20])


def test_a_recording_plays(page: Page, server: ServerProcess) -> None:
    record(page, server.url)
    finish(page)
    play = page.locator("#recordings li").first.get_by_role("button", name="Play")
    expect(play).to_be_enabled()

    play.click()

    page.wait_for_function(
        "() => { const a = document.querySelector('audio'); return a.duration > 5 && a.currentTime > 1 }"
    )
    expect(page.locator(".utterance.playing")).to_have_count(1)
    page.locator("#player [data-seek]").fill("4.5")
    page.wait_for_function("() => document.querySelector('audio').currentTime >= 4.5")
    page.locator(".stamp").first.click()
    page.wait_for_function("() => document.querySelector('audio').currentTime < 4")


def test_a_cut_line_loses_nothing(hardy_page: Page, server: ServerProcess, relay: Relay) -> None:
    record(hardy_page, relay.url)

    relay.cut()
    expect(hardy_page.locator("#trouble")).to_contain_text("Your audio is kept: 2.", timeout=9000)
    relay.mend()

    assert_nothing_lost(hardy_page, finish(hardy_page), server)
    expect(hardy_page.locator("#trouble")).to_be_hidden()


def test_a_line_cut_again_and_again_loses_nothing(
    hardy_page: Page, server: ServerProcess, relay: Relay
) -> None:
    record(hardy_page, relay.url)

    for _ in range(3):
        relay.cut()
        expect(hardy_page.locator("#r-line")).to_have_text("Reconnecting")
        relay.mend()
        expect(hardy_page.locator("#r-line")).to_have_text("Live")

    assert_nothing_lost(hardy_page, finish(hardy_page), server)


def test_stopped_while_the_line_is_cut(
    hardy_page: Page, server: ServerProcess, relay: Relay
) -> None:
    record(hardy_page, relay.url)
    relay.cut()
    hardy_page.wait_for_function("() => document.querySelector('#timer').textContent >= '0:06'")
    hardy_page.get_by_role("button", name="Stop").click()
    expect(hardy_page.get_by_role("button", name="Finishing…")).to_be_visible()

    relay.mend()

    expect(hardy_page.locator("#dock")).to_have_attribute("data-state", "idle")
    text = " ".join(hardy_page.locator(SETTLED).all_inner_texts())
    assert_nothing_lost(hardy_page, text, server)


def test_a_killed_server_loses_nothing(hardy_page: Page, server: ServerProcess) -> None:
    record(hardy_page, server.url)

    server.kill()
    expect(hardy_page.locator("#trouble")).to_contain_text("Your audio is kept")
    server.start()

    assert_nothing_lost(hardy_page, finish(hardy_page), server)


def test_where_websockets_do_not_come_through(
    hardy_page: Page, server: ServerProcess, relay: Relay
) -> None:
    relay.websockets = False

    record(hardy_page, relay.url)

    expect(hardy_page.locator("#r-line")).to_have_text("Live (HTTP)")
    assert_nothing_lost(hardy_page, finish(hardy_page), server)


def test_the_space_key_records_and_stops(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)

    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_function(f"() => {OPEN}")
    page.keyboard.press("Space")

    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")
    expect(page.locator(SETTLED)).not_to_have_count(0)


def test_finals_are_told_to_screen_readers_and_interims_are_not(
    page: Page, server: ServerProcess
) -> None:
    record(page, server.url)
    assert page.locator("#spoken").inner_text() == ""
    assert page.locator("#transcript").get_attribute("aria-live") is None

    text = finish(page)

    expect(page.locator("#spoken")).to_have_attribute("aria-live", "polite")
    assert page.locator("#spoken p").last.inner_text() in text


def test_leaving_while_recording_is_asked_about(page: Page, server: ServerProcess) -> None:
    record(page, server.url)
    asked: list[str] = []

    def stay(dialog) -> None:  # type: ignore[no-untyped-def]
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    page.reload()

    assert asked == ["beforeunload"]
