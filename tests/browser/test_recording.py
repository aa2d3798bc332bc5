"""Speak into the page and read it, whatever happens to the line."""

import json
import re
import shutil
import wave

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import OF_THE_CLIP
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

HEARD = "document.querySelector('.utterance')?.textContent.trim()"
AUDIO = "document.querySelector('audio')"
SETTLED = ".utterance:not(.open)"
ONLY_FINALS_ARE_SPOKEN = f"""(() => {{
  const settled = [...document.querySelectorAll("{SETTLED}")].map((e) => e.textContent.trim());
  return [...document.querySelectorAll("#spoken p")].every((p) => settled.includes(p.textContent));
}})()"""
HEARD_TO_ITS_END = """() =>
  document.querySelector("#timer").textContent >= "0:06" &&
  document.querySelector(".utterance") && !document.querySelector(".utterance.open")"""
MINUTES_WITHOUT_A_SERVER = """async (minutes) => {
  const { Recording } = await import(new URL("studio/recorder/recorder.js", document.baseURI));
  class Silence extends EventTarget {
    rate = 16000;
    async stop() {}
  }
  const microphone = new Silence();
  const recording = new Recording(document.baseURI, microphone);
  const stopped = new Promise((resolve) => recording.addEventListener("stopped", resolve));
  for (let i = 0; i < minutes; i++) {
    const detail = { pcm: new ArrayBuffer(60 * 2 * 16000), peak: 0 };
    microphone.dispatchEvent(new CustomEvent("block", { detail }));
  }
  const why = (await stopped).detail;
  const waiting = recording.waiting / 60;
  recording.session.cancel();
  return { why, minutes: waiting };
}"""


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def record(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function(f"() => {HEARD}")


def finish(page: Page) -> str:
    """Stop when the clip has been heard to its end, and give the text that settled."""
    page.wait_for_function(HEARD_TO_ITS_END)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")
    return settled(page)


def settled(page: Page) -> str:
    return " ".join(page.locator(SETTLED).all_inner_texts())


def assert_nothing_lost(page: Page, text: str, server: ServerProcess) -> None:
    """All that was captured is kept, and all that it says is on the page.

    Its words are compared with the clip's only in that some are there: see `OF_THE_CLIP`.
    """
    total = assert_all_saved(page)
    expect(page.locator("#player")).to_be_visible()  # it is sealed
    address = f"{server.url}api/v1/recordings/{recording_id(page)}"
    kept = page.request.get(address).json()
    assert kept["duration"] == pytest.approx(total, abs=0.1)
    assert words(text) == words(page.request.get(f"{address}/transcript?format=txt").text())
    assert OF_THE_CLIP.search(text), text


def assert_all_saved(page: Page) -> float:
    """The server has as many seconds as were captured; so many."""
    saved, captured = (
        page.locator("#r-saved").get_attribute(f"data-{name}") for name in ("saved", "captured")
    )
    assert saved == captured
    return float(captured or 0)


def recording_id(page: Page) -> str:
    page.wait_for_function("() => location.hash.startsWith('#/r/')")
    return page.url.rpartition("/")[2]


def test_words_are_read_while_they_are_said_and_kept_afterwards(
    page: Page, server: ServerProcess
) -> None:
    record(page, server.url)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator("#r-delay")).to_have_text(re.compile(r"^[1-9]\d* ms$"))

    text = finish(page)

    assert_nothing_lost(page, text, server)
    expect(page.locator(SETTLED).last).to_have_attribute("data-delay", re.compile(r"^\d+$"))
    row = page.locator(f"#recordings li[data-id='{recording_id(page)}']")
    expect(row).to_have_attribute("data-state", "done")
    expect(row.locator(".preview")).to_contain_text(text[:20])


def test_a_recording_plays(page: Page, server: ServerProcess) -> None:
    record(page, server.url)
    finish(page)
    play = page.locator("#recordings li").first.get_by_role("button", name="Play")
    expect(play).to_be_enabled()

    play.click()

    page.wait_for_function(f"() => {AUDIO}.duration > 5 && {AUDIO}.currentTime > 1")
    expect(page.locator(".utterance.playing")).to_have_count(1)
    page.locator("#player [data-seek]").fill("4.5")
    page.wait_for_function(f"() => {AUDIO}.currentTime >= 4.5")
    page.locator(".stamp").first.click()
    page.wait_for_function(f"() => {AUDIO}.currentTime < 4")


def test_a_cut_line_loses_nothing(hardy_page: Page, server: ServerProcess, relay: Relay) -> None:
    record(hardy_page, relay.url)

    relay.cut()
    kept = re.compile(r"Your audio is kept: ([2-9]|\d\d+)\.")
    expect(hardy_page.locator("#trouble")).to_contain_text(kept)
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
    assert_nothing_lost(hardy_page, settled(hardy_page), server)


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
    page.wait_for_function(f"() => {HEARD}")
    page.keyboard.press("Space")

    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")
    expect(page.locator(SETTLED)).not_to_have_count(0)


def test_finals_are_told_to_screen_readers_and_interims_are_not(
    page: Page, server: ServerProcess
) -> None:
    record(page, server.url)
    assert page.evaluate(ONLY_FINALS_ARE_SPOKEN)
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


def test_audio_goes_on_in_a_new_recording_where_the_server_forgot_the_first(
    hardy_page: Page, server: ServerProcess
) -> None:
    record(hardy_page, server.url)
    first = recording_id(hardy_page)

    server.kill()
    shutil.rmtree(server.data_dir / "live" / first)
    server.start()

    finish(hardy_page)
    assert_all_saved(hardy_page)
    assert recording_id(hardy_page) != first
    # What the first session had is gone with it, and is counted.
    expect(hardy_page.locator("#r-lost")).not_to_have_text("0 samples")


def test_a_full_server_is_said_and_asked_again(hardy_page: Page, server: ServerProcess) -> None:
    full = {"type": "error", "code": "full", "message": "Full.", "retryable": True}
    refused: list[WebSocketRoute] = []

    def refuse_three_times(route: WebSocketRoute) -> None:
        if len(refused) == 3:
            route.connect_to_server()
            return
        refused.append(route)
        route.send(json.dumps(full))
        route.close(code=1013)

    hardy_page.route_web_socket("**/api/v1/live", refuse_three_times)
    hardy_page.route(
        "**/api/v1/live", lambda route: route.fulfill(status=503, json={"error": full})
    )
    hardy_page.goto(server.url)
    hardy_page.get_by_role("button", name="Record", exact=True).click()

    expect(hardy_page.locator("#trouble")).to_contain_text("The server is full. Still trying…")
    expect(hardy_page.locator("#trouble")).to_contain_text("Your audio is kept")
    assert_nothing_lost(hardy_page, finish(hardy_page), server)


def test_audio_that_no_server_takes_can_be_saved(page: Page, server: ServerProcess) -> None:
    error = {"type": "error", "code": "bad_credentials", "message": "No.", "retryable": False}

    def refuse(route: WebSocketRoute) -> None:
        route.send(json.dumps(error))
        route.close(code=4401)

    page.route_web_socket("**/api/v1/live", refuse)
    page.goto(server.url)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("No.")

    with page.expect_download() as download:
        page.get_by_role("button", name="Save it as WAV").click()

    with wave.open(str(download.value.path())) as saved:
        assert saved.getnframes() > 0


def test_half_an_hour_without_a_server_stops_the_recording_in_words(
    hardy_page: Page, relay: Relay
) -> None:
    hardy_page.goto(relay.url)
    relay.cut()

    stopped = hardy_page.evaluate(MINUTES_WITHOUT_A_SERVER, 31)

    assert "Recording stopped" in stopped["why"]
    assert stopped["minutes"] == 31
