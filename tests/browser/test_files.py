"""Files dropped on the page or chosen: their progress, their words, their end."""

import base64
import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

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
    page: Page, server: ServerProcess, data: Path
) -> None:
    page.goto(server.url)

    page.locator("#files").set_input_files(data / "text_named.wav")

    expect(page.locator("#hint")).to_contain_text("not audio that can be read")
    expect(page.locator("#recordings li").first).to_have_attribute("data-state", "failed")


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
