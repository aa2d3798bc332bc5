"""While somebody records: pausing, marking, and what is said of how it goes."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OF_THE_CLIP
from tests.browser.scripted import ScriptedServer
from tests.browser.test_recording import recording_id
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

LIMIT = 60_000  # ms
SPENT = "document.querySelector('#timer').textContent"
ALL_SAVED = """() => {
  const { saved, captured } = document.querySelector("#r-saved").dataset;
  return saved === captured;
}"""
LOCKED_SCREEN = "navigator.mediaSession.metadata?.title ?? null"
NEVER_SAID_TWICE = """() => {
  window.said = [];
  const states = document.querySelector("#states");
  new MutationObserver(() => window.said.push(states.textContent))
    .observe(states, { childList: true, characterData: true, subtree: true });
}"""


def begin(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "recording")


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")


def until(page: Page, true: Callable[[], bool]) -> None:
    """Let the page run until it is so."""
    for _ in range(LIMIT // 100):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("It is not so after a minute.")


@pytest.fixture
def scripted(page: Page) -> ScriptedServer:
    return ScriptedServer(page)


def test_a_pause_goes_on_in_the_same_recording(page: Page, server: ServerProcess) -> None:
    begin(page, server.url)
    expect(page.locator("#transcript")).to_contain_text(OF_THE_CLIP)
    session = recording_id(page)

    page.keyboard.press("p")
    expect(page.locator("#dock")).to_have_attribute("data-state", "paused")
    expect(page.locator("#hint")).to_have_text("Paused. Nothing is heard or sent.")
    expect(page.locator("#r-line")).to_have_text("Paused")
    expect(page.locator(".utterance.open")).to_have_count(0)  # what was said is final
    page.wait_for_function(ALL_SAVED)
    before = page.locator("#r-saved").inner_text()
    assert page.title().startswith("❚❚")

    page.get_by_role("button", name="Go on recording").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "recording")
    expect(page.locator("#r-saved")).not_to_have_text(before)
    stop(page)

    assert recording_id(page) == session
    expect(page.locator("#transcript")).to_contain_text(re.compile(r"Paused for \d:\d\d"))
    expect(page.locator("#r-lost")).to_have_text("0 samples")


def test_while_it_is_paused_nothing_new_is_sent_and_the_line_is_shown_to_be_there(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    begin(page, server.url)
    page.wait_for_function(f"() => {SPENT} >= '0:01'")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "paused")
    until(page, lambda: {"type": "flush"} in scripted.heard)
    newest = max(scripted.frames)

    until(page, lambda: scripted.frames.count(newest) > 1)  # a sign of life

    assert max(scripted.frames) == newest
    page.keyboard.press("p")
    until(page, lambda: max(scripted.frames) > newest)
    stop(page)


def test_a_pause_outlives_a_cut_line(hardy_page: Page, server: ServerProcess, relay: Relay) -> None:
    begin(hardy_page, relay.url)
    expect(hardy_page.locator("#transcript")).to_contain_text(OF_THE_CLIP)
    hardy_page.get_by_role("button", name="Pause").click()
    expect(hardy_page.locator("#r-line")).to_have_text("Paused")

    relay.cut()
    expect(hardy_page.locator("#r-line")).to_have_text("Reconnecting")
    relay.mend()
    expect(hardy_page.locator("#r-line")).to_have_text("Paused")

    hardy_page.get_by_role("button", name="Go on recording").click()
    expect(hardy_page.locator("#r-line")).to_have_text("Live")
    stop(hardy_page)
    expect(hardy_page.locator("#r-lost")).to_have_text("0 samples")


def test_a_marker_notes_the_moment_of_the_key_with_the_label_that_follows(
    page: Page, server: ServerProcess
) -> None:
    begin(page, server.url)
    page.wait_for_function(f"() => {SPENT} >= '0:01'")
    page.keyboard.press("m")
    at = page.locator("#label [data-at]").inner_text()
    page.wait_for_function(f"(at) => {SPENT} > at", arg=at)

    page.keyboard.type("To look up & <b>check</b>")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Mark this moment").click()
    page.keyboard.press("Escape")  # none, after all
    page.keyboard.press("m")
    stop(page)  # as it is: without a label

    expect(page.locator("#transcript")).to_contain_text("To look up & <b>check</b>")
    expect(page.locator("#player")).to_be_visible()
    events = page.request.get(f"{server.url}api/v1/recordings/{recording_id(page)}/events").text()
    data = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    markers = [one["event"] for one in data if one["event"]["type"] == "marker"]
    assert [marker["label"] for marker in markers] == ["To look up & <b>check</b>", ""]
    assert f"0:0{markers[0]['at'] // 16_000}" == at


def test_a_marker_that_nobody_names_is_set_by_itself(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    page.clock.install()
    begin(page, server.url)
    page.keyboard.press("m")
    expect(page.locator("#label")).to_be_visible()

    page.clock.fast_forward(10_000)

    expect(page.locator("#label")).to_be_hidden()
    until(page, lambda: any(said["type"] == "mark" for said in scripted.heard))
    stop(page)


def test_marks_of_an_outage_arrive_after_it(
    hardy_page: Page, server: ServerProcess, relay: Relay
) -> None:
    begin(hardy_page, relay.url)
    hardy_page.wait_for_function(ALL_SAVED)
    relay.cut()
    expect(hardy_page.locator("#r-line")).to_have_text("Reconnecting")

    hardy_page.keyboard.press("m")
    hardy_page.keyboard.type("said in the dark")
    hardy_page.keyboard.press("Enter")
    relay.mend()

    expect(hardy_page.locator("#transcript")).to_contain_text("said in the dark")
    stop(hardy_page)


def test_what_is_written_is_no_command(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    begin(page, server.url)
    page.locator("#tune").click()
    page.get_by_role("textbox", name="Title", exact=True).fill("")

    page.keyboard.type("mp p")

    assert page.get_by_role("textbox", name="Title", exact=True).input_value() == "mp p"
    expect(page.locator("#dock")).to_have_attribute("data-state", "recording")
    expect(page.locator("#label")).to_be_hidden()
    stop(page)


def test_words_that_come_late_are_said(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    begin(page, server.url)
    expect(page.locator("#r-line")).to_have_text("Live")

    scripted.say("lagging", behind=7 * 16_000)
    expect(page.locator("#trouble")).to_contain_text("Words come late: 7.0 s")
    expect(page.locator("#states")).to_have_text("Words come late. All that you say is kept.")

    scripted.say("lagging", behind=0)
    expect(page.locator("#trouble")).to_be_hidden()
    stop(page)


def test_another_engine_and_why_is_said(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    begin(page, server.url)
    expect(page.locator("#r-line")).to_have_text("Live")

    scripted.say("engine_switched", at=0, previous="azure", engine="own", reason="It hung up.")

    expect(page.locator(".toast")).to_contain_text(
        "own reads on in the place of azure. It hung up."
    )
    stop(page)


def test_a_warning_is_said_until_words_come_again(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    begin(page, server.url)
    expect(page.locator("#r-line")).to_have_text("Live")

    scripted.say("warning", code="engine", message="<b>No engine</b> can read this.")
    expect(page.locator("#trouble")).to_contain_text("<b>No engine</b> can read this.")

    final = {"id": "u1", "start": 0, "end": 16, "text": "Hm.", "engine": "own", "model": "m"}
    scripted.say("final", **final)
    expect(page.locator("#trouble")).to_be_hidden()
    stop(page)


def test_a_full_disk_is_said_and_the_audio_kept(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    begin(page, server.url)
    expect(page.locator("#r-line")).to_have_text("Live")
    scripted.acknowledges = False

    scripted.break_line(1013, code="disk", message="No space left.")

    expect(page.locator("#trouble")).to_contain_text("The server's disk is full. Still trying…")
    expect(page.locator("#trouble")).to_contain_text("Your audio is kept")
    expect(page.locator("#r-lost")).to_have_text("0 samples")
    scripted.acknowledges = True
    expect(page.locator("#trouble")).to_be_hidden()
    stop(page)


def test_samples_that_are_lost_are_counted(hardy_page: Page, server: ServerProcess) -> None:
    scripted = ScriptedServer(hardy_page)
    begin(hardy_page, server.url)
    hardy_page.wait_for_function(f"() => {SPENT} >= '0:01'")
    expect(hardy_page.locator("#r-lost")).to_have_text("0 samples")

    scripted.say("gap", start=0, end=1600, reason="These are no samples.")
    expect(hardy_page.locator("#r-lost")).to_have_text("1,600 samples")

    scripted.forget()  # all that it has acknowledged
    expect(hardy_page.locator("#r-lost")).to_have_text(re.compile(r"^(1[6-9]|[2-9]\d|\d{3}),\d{3}"))
    stop(hardy_page)


def test_states_are_told_once_and_numbers_never(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    page.goto(server.url)
    page.evaluate(NEVER_SAID_TWICE)
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function(f"() => {SPENT} >= '0:02'")
    page.keyboard.press("p")
    expect(page.locator("#states")).to_have_text("Paused. Nothing is heard or sent.")
    page.keyboard.press("p")
    expect(page.locator("#states")).to_have_text("Recording.")
    stop(page)

    assert page.evaluate("window.said") == [
        "Waiting for the microphone.",
        "Recording.",
        "Paused. Nothing is heard or sent.",
        "Recording.",
        "Recording has stopped. The last words are on their way.",
        "The recording has ended.",
    ]
    assert page.locator("#timer").get_attribute("aria-live") == "off"


def test_a_locked_phone_shows_what_is_recorded(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    page.goto(server.url)
    page.locator("#tune").click()
    page.get_by_role("textbox", name="Title", exact=True).fill("Lecture")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function(f"() => {LOCKED_SCREEN} === 'Recording: Lecture'")

    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"() => {LOCKED_SCREEN} === 'Paused: Lecture'")

    stop(page)
    assert page.evaluate(LOCKED_SCREEN) is None


def test_the_screen_stays_on_also_after_the_page_was_hidden(
    page: Page, server: ServerProcess, scripted: ScriptedServer
) -> None:
    page.add_init_script(
        """window.locks = [];
        navigator.wakeLock.request = async (type) => {
          const lock = { type, released: false, release() { this.released = true; } };
          window.locks.push(lock);
          return lock;
        };"""
    )
    begin(page, server.url)
    page.wait_for_function("() => locks.length === 1")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("() => locks.length === 2")

    stop(page)
    page.wait_for_function("() => locks.at(-1).released")
