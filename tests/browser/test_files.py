"""Files dropped on the page or chosen: their progress, their words, their end."""

import base64
import json
import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.scripted import ScriptedServer
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

DROP = """([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    const options = { dataTransfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent(type, options));
  }
}"""

WATCH_PROGRESS = """() => {
  window.seen = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const value = Number(target.getAttribute("aria-valuenow"));
      if (target.closest("#uploads")) window.seen.push(value);
    }
  }).observe(document.body, { subtree: true, attributeFilter: ["aria-valuenow"] });
}"""

NOW = "performance.now()"
SCROLLER = "document.querySelector('#scroller')"
AT_END = f"{SCROLLER}.scrollHeight - {SCROLLER}.scrollTop - {SCROLLER}.clientHeight < 64"


@pytest.fixture
def long_clip(clip: Path, tmp_path: Path) -> Path:
    """The clip forty times over: three and a half minutes."""
    path = tmp_path / "long.wav"
    with wave.open(str(clip)) as source, wave.open(str(path), "wb") as sink:
        sink.setparams(source.getparams())
        sink.writeframes(source.readframes(source.getnframes()) * 40)
    return path


def drop(page: Page, path: Path) -> None:
    page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def test_a_dropped_file_is_read_with_progress(
    page: Page, server: ServerProcess, clip: Path
) -> None:
    page.goto(server.url)
    page.evaluate(WATCH_PROGRESS)

    drop(page, clip)

    expect(page.locator("#sheet-title")).to_have_text("ljspeech_short")
    expect(page.locator("#transcript")).to_contain_text(re.compile("printed book", re.IGNORECASE))
    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#recordings li").first.locator(".meta")).to_contain_text("0:05")
    expect(page.locator("#player")).to_be_visible()
    expect(page.locator("#veil")).to_be_hidden()
    seen = page.evaluate("window.seen")
    assert any(0 < value < 100 for value in seen), seen
    assert seen == sorted(seen)


def test_several_chosen_files_are_read_one_after_the_other(
    page: Page, server: ServerProcess, clip: Path, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{name}.wav" for name in ("first", "second")]
    for path in paths:
        path.write_bytes(clip.read_bytes())
    page.goto(server.url)

    page.locator("#files").set_input_files(paths)

    expect(page.locator("#uploads li")).to_have_count(0)
    titles = page.locator("#recordings .title")
    expect(titles.nth(0)).to_have_text("second")
    expect(titles.nth(1)).to_have_text("first")


def test_words_of_a_long_file_come_before_its_end_and_a_cancel_deletes_it(
    page: Page, server: ServerProcess, long_clip: Path
) -> None:
    page.goto(server.url)
    page.locator("#files").set_input_files(long_clip)
    expect(page.locator(".utterance").first).to_contain_text(re.compile("book", re.IGNORECASE))
    expect(page.locator("#uploads .meta")).to_have_text(re.compile("Transcribed .* of 3:25"))

    page.get_by_role("button", name="Cancel long").click()

    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#recordings .title").get_by_text("long", exact=True)).to_have_count(0)


def test_a_file_outlives_a_cut_line(
    hardy_page: Page, server: ServerProcess, relay: Relay, long_clip: Path
) -> None:
    hardy_page.goto(relay.url)
    hardy_page.locator("#files").set_input_files(long_clip)
    expect(hardy_page.locator(".utterance")).not_to_have_count(0)

    relay.cut()
    expect(hardy_page.locator("#uploads .meta")).to_contain_text("Reconnecting…")
    relay.mend()

    expect(hardy_page.locator("#uploads li")).to_have_count(0, timeout=120_000)
    text = hardy_page.locator("#transcript").inner_text().lower()
    assert text.count("printed book") == 40


def test_a_file_that_is_no_audio_is_refused_in_words(
    page: Page, server: ServerProcess, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.wav"
    noise.write_bytes(bytes(range(256)) * 16)
    page.goto(server.url)

    page.locator("#files").set_input_files(noise)

    expect(page.locator("#hint")).to_contain_text("not audio that can be read")
    expect(page.locator("#recordings li").first).to_have_attribute("data-state", "failed")
    expect(page.locator("#uploads .meta")).to_contain_text("not audio that can be read")


def test_what_is_plainly_no_audio_is_not_sent(
    page: Page, server: ServerProcess, data: Path
) -> None:
    scripted = ScriptedServer(page)
    page.goto(server.url)

    page.locator("#files").set_input_files(data / "text_named.wav")

    expect(page.locator("#uploads .meta")).to_have_text("This is text, not audio or video.")
    expect(page.locator(".toast")).to_contain_text("was not sent")
    assert scripted.heard == []
    page.get_by_role("button", name="Dismiss text_named").click()
    expect(page.locator("#uploads li")).to_have_count(0)


def test_a_file_over_the_limit_is_not_sent(page: Page, server: ServerProcess, clip: Path) -> None:
    scripted = ScriptedServer(page)
    known = page.request.get(f"{server.url}api/v1/info").json()
    known["limits"]["max_upload_mb"] = 0.1
    page.route("**/api/v1/info", lambda route: route.fulfill(json=known))
    page.goto(server.url)
    expect(page.locator("#r-engine")).to_have_text("moonshine-tiny-en")

    page.locator("#files").set_input_files(clip)

    expect(page.locator("#uploads .meta")).to_have_text(
        re.compile(r"The file has .* KB; this server takes 102 KB at most\.")
    )
    assert scripted.heard == []


def test_what_failed_is_tried_again(page: Page, server: ServerProcess, clip: Path) -> None:
    error = {"type": "error", "code": "engine", "message": "It is away.", "retryable": False}
    refused: list[WebSocketRoute] = []

    def refuse_once(route: WebSocketRoute) -> None:
        if refused:
            route.connect_to_server()
            return
        refused.append(route)
        route.send(json.dumps(error))
        route.close(code=1008)

    page.route_web_socket("**/api/v1/live", refuse_once)
    page.goto(server.url)
    page.locator("#files").set_input_files(clip)
    expect(page.locator("#uploads .meta")).to_have_text("It is away.")

    page.get_by_role("button", name="Try ljspeech_short again").click()

    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#transcript")).to_contain_text(re.compile("printed book", re.IGNORECASE))


def test_one_that_waits_for_its_turn_can_be_cancelled(
    page: Page, server: ServerProcess, clip: Path, long_clip: Path, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{name}.wav" for name in ("unwanted", "wanted")]
    for path in paths:
        path.write_bytes(clip.read_bytes())
    page.goto(server.url)
    page.locator("#files").set_input_files([long_clip, *paths])
    expect(page.locator("#uploads .meta").nth(1)).to_have_text("Waiting for its turn")

    page.get_by_role("button", name="Cancel unwanted").click()
    page.get_by_role("button", name="Cancel long").click()

    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#recordings .title").first).to_have_text("wanted")
    expect(page.locator("#recordings .title").get_by_text("unwanted", exact=True)).to_have_count(0)


def test_the_time_that_is_left_is_told(page: Page, server: ServerProcess, long_clip: Path) -> None:
    scripted = ScriptedServer(page)
    scripted.ends = False
    page.goto(server.url)
    page.locator("#files").set_input_files(long_clip)
    expect(page.locator("#uploads .meta")).to_have_text(re.compile("Transcribed 0:00 of 3:25"))

    scripted.say("speech", state="started", at=16_000)
    page.wait_for_function("(begun) => performance.now() > begun + 3000", arg=page.evaluate(NOW))
    scripted.say("speech", state="ended", at=160_000)

    expect(page.locator("#uploads .meta")).to_have_text(
        re.compile(r"Transcribed 0:10 of 3:25, about .* left")
    )
    page.get_by_role("button", name="Cancel long").click()


def test_the_page_follows_the_newest_words_unless_the_reader_looks_back(
    page: Page, server: ServerProcess, long_clip: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto(server.url)
    page.locator("#files").set_input_files(long_clip)
    page.wait_for_function(f"() => {SCROLLER}.scrollTop > 50 && {AT_END}")
    expect(page.locator("#jump")).to_be_hidden()

    page.evaluate(f"{SCROLLER}.scrollTop = 0")
    expect(page.locator("#jump")).to_be_visible()
    assert page.evaluate(f"{SCROLLER}.scrollTop") == 0
    page.locator("#jump").click()

    page.wait_for_function(f"() => {AT_END}")
    expect(page.locator("#jump")).to_be_hidden()
    page.get_by_role("button", name="Cancel long").click()
    expect(page.locator("#uploads li")).to_have_count(0)
